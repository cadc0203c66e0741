"""Promises of every plan, over random pairs of states and a small fake of IAM (architecture.md, "Order")."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from unittest.mock import patch

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import State
from reconciler.model.plan import Call, Phase, Plan, Step
from reconciler.plan.build import build_plan
from reconciler.plan.compare.renames import find_renames, find_replacements
from reconciler.plan.options import PlanOptions
from reconciler.plan.order.effects import PlanEffects
from reconciler.plan.order.hazards import Hazard, HazardFinder
from tests.support.examples import examples
from tests.support.fake_iam import FakeIam
from tests.support.strategies import moving_worlds, worlds

ALLOWED = PlanOptions(allow_deletes=True, allow_foreign_detach=True, take_over=True)

thorough = examples(80)


def make_plan(desired: Desired, live: State) -> Plan:
    """A safe plan; what a guard refuses is not an example."""
    plan = build_plan(desired, live, ALLOWED)
    assume(plan.is_safe)
    event(f"steps: {min(len(plan.steps) // 10 * 10, 50)}+")
    event(f"renames: {bool(find_renames(desired, live))}, replaces: {bool(find_replacements(desired, live))}")
    return plan


def leftovers(desired: Desired, iam: FakeIam) -> list[str]:
    """What a second plan would still do; what it would refuse counts too."""
    plan = build_plan(desired, iam.read_state(), ALLOWED)
    assert plan.is_safe, plan.findings
    return [f"{step.address} {step.call}" for step in plan.steps] + [str(change) for change in plan.changes]


@thorough
@given(worlds())
def test_every_plan_converges_in_one_apply(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    iam = FakeIam.of(live)
    for step in make_plan(desired, iam.read_state()).steps:
        iam.run_call(step.call)
    assert leftovers(desired, iam) == []


@thorough
@given(worlds(), st.data())
def test_an_apply_that_broke_off_anywhere_is_finished_by_the_next_one(
    pair: tuple[Desired, State], data: st.DataObject
) -> None:
    desired, live = pair
    iam = FakeIam.of(live)
    steps = make_plan(desired, iam.read_state()).steps
    for step in steps[: data.draw(st.integers(0, len(steps)))]:
        iam.run_call(step.call)
    again = build_plan(desired, iam.read_state(), ALLOWED)
    assert again.is_safe, again.findings
    for step in again.steps:
        iam.run_call(step.call)
    assert leftovers(desired, iam) == []


def shuffle_steps(steps: Sequence[Step], choose: Callable[[int], int]) -> list[Step]:
    """An order that respects needs and nothing else."""
    left, done = list(steps), []
    while left:
        pending = {fact for step in left for fact in step.makes}
        free = [step for step in left if not (step.needs - step.makes) & pending]
        assert free, "steps wait for each other"
        step = free[choose(len(free))]
        left.remove(step)
        done.append(step)
    return done


@thorough
@given(worlds(), st.randoms(use_true_random=False))
def test_needs_alone_are_enough_whatever_the_order(pair: tuple[Desired, State], random: object) -> None:
    desired, live = pair
    iam = FakeIam.of(live)
    for step in shuffle_steps(make_plan(desired, iam.read_state()).steps, random.randrange):  # type: ignore[attr-defined]
        iam.run_call(step.call)
    assert leftovers(desired, iam) == []


@thorough
@given(worlds())
def test_a_need_crosses_a_phase_only_if_a_note_says_so(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    steps = make_plan(desired, FakeIam.of(live).read_state()).steps
    for step in steps:
        for other in steps:
            if other.phase > step.phase and step.needs & other.makes:
                assert step.forced_by or other.forced_by, f"{step.call} waits for {other.call}"


@thorough
@given(worlds())
def test_steps_run_phase_by_phase_but_for_what_a_note_says(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    steps = make_plan(desired, FakeIam.of(live).read_state()).steps
    noted = {step.address for step in steps if step.forced_by}
    phases = [step.phase for step in steps if step.address not in noted]
    assert phases == sorted(phases)


Grant = Statement | str
"""An Allow statement; or the ARN of a policy of AWS, whose content is not known."""


def grants_of(entity: Entity, entities: Mapping[Address, Entity]) -> set[Grant]:
    """All that a user, group or role is allowed by its policies, inline policies and groups."""
    found: set[Grant] = set()
    holders = [entity, *(entities[group] for group in getattr(entity, "groups", ()))]
    for holder in holders:
        assert isinstance(holder, User | Group | Role)
        documents = list(holder.inline_policies.values())
        for arn in holder.policies:
            policy = entities.get(Address("policy", arn.rpartition("/")[2]))
            if "::aws:" in arn:
                found.add(arn)
            elif isinstance(policy, Policy):
                documents.append(policy.document)
        found |= {item for one in documents for item in one.statements if item.effect == "Allow"}
    return found


def gives(held: Grant, wanted: Grant) -> bool:
    """True where the one grants at least what the other does (plain Action and Resource lists only)."""
    if isinstance(held, str) or isinstance(wanted, str):
        return held == wanted
    return (
        held.actions >= wanted.actions
        and (held.resources or frozenset()) >= (wanted.resources or frozenset())
        and held.conditions <= wanted.conditions
    )


def find_kept_grants(before: set[Grant], after: set[Grant]) -> set[Grant]:
    """What is granted on both sides, and so must be granted all the time."""
    return {grant for grant in before if any(gives(other, grant) for other in after)}


@thorough
@given(worlds())
def test_what_replaces_a_grant_is_given_before_the_old_one_is_taken(pair: tuple[Desired, State]) -> None:
    """Only a step with a note may break this. Of groups, it is who is in them that counts."""
    desired, live = pair
    iam = FakeIam.of(live)
    plan = make_plan(desired, iam.read_state())
    steps, causes = plan.steps, {exposure.cause for exposure in plan.exposures}
    first = iam.read_state().entities
    last = final(live, steps)
    names = {old: new for new, old in find_renames(desired, live).items()}
    held = {
        address: find_kept_grants(grants_of(entity, first), grants_of(last[names.get(address, address)], last))
        for address, entity in first.items()
        if isinstance(entity, User | Role) and names.get(address, address) in last
    }
    for index, step in enumerate(steps):
        iam.run_call(step.call)
        now = iam.read_state().entities
        for address, wanted in held.items():
            granted = grants_of(now.get(address) or now[names[address]], now)
            lost = {grant for grant in wanted if not any(gives(other, grant) for other in granted)}
            if lost and (step.forced_by or index in causes):
                event(f"excused: {step.phase.name} {step.call.operation}")
                wanted -= lost
            else:
                assert not lost, f"{address} loses {lost} with {step.call}"


def final(live: State, steps: Sequence[Step]) -> Mapping[Address, Entity]:
    iam = FakeIam.of(live)
    for step in steps:
        iam.run_call(step.call)
    return iam.read_state().entities


@thorough
@given(moving_worlds())
def test_what_is_renamed_keeps_its_id_and_what_is_replaced_goes_last(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    iam = FakeIam.of(live)
    plan = make_plan(desired, iam.read_state())
    renames, replaced = find_renames(desired, live), find_replacements(desired, live)
    ids = {new: iam.records[old.key].id for new, old in renames.items()}
    deleted = set(replaced.values())
    for step in plan.steps:
        iam.run_call(step.call)
        gone = {old for old in deleted if old.key not in iam.records}
        assert not gone or step.phase is Phase.DELETE
        deleted -= gone
    assert deleted == set()
    assert {new: iam.records[new.key].id for new in renames} == ids
    assert not {old for old in renames.values() if old.key in iam.records}


@thorough
@given(worlds())
def test_planning_twice_gives_the_same_plan(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    assert make_plan(desired, live) == build_plan(desired, live, ALLOWED)


@thorough
@given(worlds())
def test_hazards_that_a_finder_knows_are_those_that_a_new_one_finds(pair: tuple[Desired, State]) -> None:
    find, rounds = HazardFinder.find_hazards, 0

    def find_twice(finder: HazardFinder, effects: PlanEffects) -> Iterator[Hazard]:
        nonlocal rounds
        rounds += 1
        found = list(find(finder, effects))
        assert found == list(find(HazardFinder(), effects))
        return iter(found)

    with patch.object(HazardFinder, "find_hazards", find_twice):
        build_plan(*pair, ALLOWED)
    event(f"steps are made again: {rounds > 1}")


@thorough
@given(worlds())
def test_a_plan_without_changes_makes_no_calls(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    plan = build_plan(desired, live, ALLOWED)
    assert {step.address for step in plan.steps} <= {change.address for change in plan.changes}
    assert sum(len(change.steps) for change in plan.changes) == len(plan.steps)


def test_the_fake_refuses_what_iam_refuses() -> None:
    """The properties above are worth as much as the fake is strict."""
    from tests.support.fake_iam import FakeIamError

    iam = FakeIam("123456789012")
    closed = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}'
    )
    iam.run_call(Call("CreateUser", {"UserName": "a"}))
    iam.run_call(Call("CreateGroup", {"GroupName": "g"}))
    iam.run_call(Call("AddUserToGroup", {"GroupName": "g", "UserName": "a"}))
    refused = {
        "EntityAlreadyExists": Call("CreateUser", {"UserName": "A"}),
        "NoSuchEntity": Call("DeleteUser", {"UserName": "b"}),
        "DeleteConflict": Call("DeleteUser", {"UserName": "a"}),
        "MalformedPolicyDocument": Call(
            "CreateRole",
            {"RoleName": "r", "AssumeRolePolicyDocument": closed % "arn:aws:iam::123456789012:user/gone"},
        ),
        "LimitExceeded": Call(
            "PutUserPolicy", {"UserName": "a", "PolicyName": "p", "PolicyDocument": '{"Id":"%s"}' % ("x" * 2048)}
        ),
    }
    for code, call in refused.items():
        with pytest.raises(FakeIamError, match=code):
            iam.run_call(call)
