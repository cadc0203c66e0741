"""The access delta asks few pairs, and says what asking all of them would say, over random accounts and plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from unittest.mock import patch

from hypothesis import event, given

from reconciler.access import (
    NOTHING_KNOWN,
    WITHOUT_MFA,
    Context,
    Decision,
    Power,
    Principal,
    Target,
    alike,
    asked_by_callers,
    asked_by_trusts,
    can_assume,
    powers,
    powers_of,
    principals_of,
    seen_by_callers,
    seen_by_trusts,
    targets_of,
    with_mfa,
)
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, Action
from reconciler.plan import build as planning
from reconciler.plan.access import access_delta, terms_of
from reconciler.plan.diff import Difference
from reconciler.plan.options import Allowed
from reconciler.plan.renames import renamed
from tests.support.access_worlds import accounts, plans
from tests.support.examples import examples
from tests.support.plain_access import plain_delta, terms
from tests.support.strategies import worlds

thorough = examples(100)

Plans = tuple[State, State, dict[Address, Address]]


def differences(live: State, planned: State, renames: Mapping[Address, Address]) -> list[Difference]:
    base = renamed(live, renames).entities
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
    made = access_delta(live, planned, differences(live, planned, renames), renames)
    event(f"says something: {made != AccessDelta()}")
    assert (made, terms(made)) == plain_delta(live, planned, renames)


@thorough
@given(worlds())
def test_a_whole_plan_says_what_asking_every_pair_gives(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    asked: list[tuple[State, State, Mapping[Address, Address]]] = []

    def noted(live: State, planned: State, listed: list[Difference], renames: Mapping[Address, Address]) -> AccessDelta:
        asked.append((live, planned, renames))
        return access_delta(live, planned, listed, renames)

    with patch.object(planning, "access_delta", noted):
        made = planning.build(desired, live, Allowed(deletes=True, foreign_detach=True, take_over=True)).access
    (arguments,) = asked
    assert (made, terms(made)) == plain_delta(*arguments)


@thorough
@given(accounts())
def test_pairs_that_are_put_together_get_the_same_answer_and_the_others_none(state: State) -> None:
    principals, targets = principals_of(state), targets_of(state)
    for context in (NOTHING_KNOWN, WITHOUT_MFA, with_mfa()):
        found = [
            ((principal.arn, role.arn), answer_of(one.principals[0], one.roles[0], context))
            for one in alike(principals.values(), targets.values())
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
@given(accounts())
def test_principals_that_are_asked_once_for_all_have_the_same_powers(state: State) -> None:
    def told(powers: Iterable[Power]) -> set[tuple[str, Decision]]:
        return {(power.name, power.verdict.decision) for power in powers}

    found = [(principal, told(powers)) for principal, powers in powers_of(principals_of(state).values())]
    with patch("reconciler.access.covers._spoken_of", return_value=True):
        assert found == [(principal, told(powers(principal))) for principal in principals_of(state).values()]


@thorough
@given(plans())
def test_who_looks_the_same_to_every_other_gets_the_same_answers(plan: Plans) -> None:
    live, planned, _ = plan
    callers, targets = principals_of(live), targets_of(live)
    keys = asked_by_trusts(targets.values(), [*callers.values(), *principals_of(planned).values()])
    for address, other in principals_of(planned).items():
        one = callers.get(address)
        if one is not None and seen_by_trusts(one, keys) == seen_by_trusts(other, keys):
            for role in targets.values():
                assert answer_of(one, role, NOTHING_KNOWN) == answer_of(other, role, NOTHING_KNOWN)
    keys = asked_by_callers(callers.values())
    for address, role in targets_of(planned).items():
        was = targets.get(address)
        if was is not None and seen_by_callers(was, keys) == seen_by_callers(role, keys):
            for one in callers.values():
                assert answer_of(one, was, NOTHING_KNOWN) == answer_of(one, role, NOTHING_KNOWN)
