"""The access delta asks few pairs, and says what asking all of them would say, over random accounts and plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from unittest.mock import patch

from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.access import (
    NOTHING_KNOWN,
    WITHOUT_MFA,
    Context,
    Decision,
    Power,
    Principal,
    Target,
    can_assume,
    collect_caller_keys,
    collect_trust_keys,
    find_powers,
    find_powers_of_all,
    group_equivalent_pairs,
    make_mfa_context,
    principal_key_of,
    principals_of,
    role_key_of,
    targets_of,
)
from reconciler.model.access_answers import AccessSide
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.guardrails import Guardrails
from reconciler.model.live import State
from reconciler.model.permissions import NO_PERMISSIONS
from reconciler.model.plan import AccessDelta, Action
from reconciler.plan import build as planning
from reconciler.plan.access.admin_ways import find_admin_ways
from reconciler.plan.access.delta import compare_access, terms_of
from reconciler.plan.compare.diff import Difference
from reconciler.plan.compare.renames import apply_renames
from reconciler.plan.options import PlanOptions
from tests.support.access_worlds import accounts, guarded_accounts, guardrails, plans, pools
from tests.support.examples import examples
from tests.support.plain_access import compute_plain_delta, compute_plain_ways, terms_of_delta
from tests.support.plain_powers import (
    PlainSide,
    every_path_evaluated,
    find_plain_ways,
    list_new_ways,
    ways_of_groups,
    ways_of_rows,
)
from tests.support.strategies import worlds

thorough = examples(100)

Plans = tuple[State, State, dict[Address, Address]]


def differences(live: State, planned: State, renames: Mapping[Address, Address]) -> list[Difference]:
    base = apply_renames(live, renames).entities
    return [
        Difference(address, Action.UPDATE, base.get(address), planned.entities.get(address), ())
        for address in {*base, *planned.entities}
        if address in renames or base.get(address) != planned.entities.get(address)
    ]


@thorough
@given(plans())
def test_the_delta_is_what_asking_every_pair_on_both_sides_gives(
    plan: Plans,
) -> None:
    live, planned, renames = plan
    made = compare_access(live, planned, differences(live, planned, renames), renames)
    event(f"says something: {made != AccessDelta()}")
    assert_is_plain(made, live, planned, renames)


def assert_is_plain(made: AccessDelta, live: State, planned: State, renames: Mapping[Address, Address]) -> None:
    bare = replace(made, powers_gained=(), powers_lost=(), permissions=NO_PERMISSIONS)
    assert (bare, terms_of_delta(made)) == compute_plain_delta(live, planned, renames)
    event(f"tells of ways: {bool(made.powers_gained or made.powers_lost)}")
    event(f"tells of chains: {any(len(row.targets) > 1 for row in (*made.powers_gained, *made.powers_lost))}")
    told = ways_of_rows(made.powers_gained), ways_of_rows(made.powers_lost)
    assert told == compute_plain_ways(live, planned, renames)


@thorough
@given(accounts())
def test_the_ways_of_an_account_are_those_that_following_every_step_gives(state: State) -> None:
    found = find_admin_ways(AccessSide("file", state))
    told = ways_of_groups(group for group in found.list_groups() if group.principals[0].startswith(("user/", "role/")))
    event(f"has ways: {bool(told)}")
    if all(principal.known_part is principal for principal in principals_of(state).values()):
        assert told == list_new_ways(find_plain_ways(state, {}), PlainSide())


@thorough
@given(worlds())
def test_a_whole_plan_says_what_asking_every_pair_gives(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    asked: list[tuple[State, State, Mapping[Address, Address]]] = []

    def note_comparison(
        live: State, planned: State, listed: list[Difference], renames: Mapping[Address, Address], *others: None
    ) -> AccessDelta:
        asked.append((live, planned, renames))
        return compare_access(live, planned, listed, renames)

    with patch.object(planning, "compare_access", note_comparison):
        made = planning.build_plan(
            desired, live, PlanOptions(allow_deletes=True, allow_foreign_detach=True, take_over=True)
        ).access
    (arguments,) = asked
    assert_is_plain(made, *arguments)


@thorough
@given(guarded_accounts())
def test_pairs_that_are_put_together_get_the_same_answer_and_the_others_none(state: State) -> None:
    principals, targets = principals_of(state), targets_of(state)
    for context in (NOTHING_KNOWN, WITHOUT_MFA, make_mfa_context()):
        found = [
            ((principal.arn, role.arn), answer_of(one.principals[0], one.roles[0], context))
            for one in group_equivalent_pairs(principals.values(), targets.values())
            for principal in one.principals
            for role in one.roles
        ]
        assert len(found) == len(dict(found)), "each pair once"
        for principal in principals.values():
            for role in targets.values():
                assert dict(found).get((principal.arn, role.arn), DENIED) == answer_of(principal, role, context)


DENIED = (Decision.DENY, frozenset[str](), frozenset[str]())


def answer_of(principal: Principal, role: Target, context: Context) -> tuple[Decision, frozenset[str], frozenset[str]]:
    verdict = can_assume(principal, role, context)
    return DENIED if verdict.denied else (verdict.decision, verdict.keys, terms_of(verdict))


@thorough
@given(guarded_accounts())
def test_principals_that_are_asked_once_for_all_have_the_same_powers(state: State) -> None:
    def list_decisions(powers: Iterable[Power]) -> set[tuple[str, Decision]]:
        return {(power.name, power.verdict.decision) for power in powers}

    found = [
        (principal, list_decisions(powers)) for principal, powers in find_powers_of_all(principals_of(state).values())
    ]
    with every_path_evaluated():
        assert found == [
            (principal, list_decisions(find_powers(principal))) for principal in principals_of(state).values()
        ]


@thorough
@given(plans(), pools().flatmap(guardrails) | st.none())
def test_the_guardrails_of_a_file_hide_nothing_that_its_plan_gives(plan: Plans, over: Guardrails | None) -> None:
    """With guardrails the delta has the same pairs and powers, and each that is marked is surely denied."""
    live, planned, renames = plan
    listed = differences(live, planned, renames)
    plain, marked = (compare_access(live, planned, listed, renames, None, one) for one in (None, over))
    assert {(one.principal, one.role) for one in plain.gained} == {(one.principal, one.role) for one in marked.gained}
    assert plain.powers_gained == tuple(replace(power, stopped_by=()) for power in marked.powers_gained)
    bound = replace(planned, guardrails=over)
    principals = {str(address): one for address, one in principals_of(bound).items()}
    targets = {str(address): one for address, one in targets_of(bound).items()}
    for pair in marked.gained:
        if pair.principal in principals:
            is_denied = can_assume(principals[pair.principal], targets[pair.role]).denied
            event(f"stopped: {is_denied}")
            assert bool(pair.stopped_by) is is_denied


@thorough
@given(plans(), pools().flatmap(guardrails) | st.none())
def test_who_looks_the_same_to_every_other_gets_the_same_answers(plan: Plans, over: Guardrails | None) -> None:
    live, planned = (replace(state, guardrails=over) for state in plan[:2])
    callers, targets = principals_of(live), targets_of(live)
    keys = collect_trust_keys(targets.values(), [*callers.values(), *principals_of(planned).values()])
    for address, other in principals_of(planned).items():
        one = callers.get(address)
        if one is not None and principal_key_of(one, keys) == principal_key_of(other, keys):
            for role in targets.values():
                assert answer_of(one, role, NOTHING_KNOWN) == answer_of(other, role, NOTHING_KNOWN)
    keys = collect_caller_keys(callers.values())
    for address, role in targets_of(planned).items():
        was = targets.get(address)
        if was is not None and role_key_of(was, keys) == role_key_of(role, keys):
            for one in callers.values():
                assert answer_of(one, was, NOTHING_KNOWN) == answer_of(one, role, NOTHING_KNOWN)
