"""Undo brings back what was, over random pairs of states, after any prefix of an apply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import Phase, assume, event, given, settings
from hypothesis import strategies as st

from reconciler.kinds.comparison import diff_entities
from reconciler.kinds.facets.tags import PROTECT
from reconciler.model.desired import Desired
from reconciler.model.entity import Role, User
from reconciler.model.live import State
from reconciler.model.plan import Plan, Step
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.journal import ApplyRun, read_runs
from reconciler.plan.saved.saved_plan import to_saved_section
from reconciler.plan.saved.undo import build_undo_plan, merge_runs, reverse_run
from reconciler.policy.trust import unique_ids_of
from reconciler.render.plan_json import plan_to_dict
from tests.support.examples import examples
from tests.support.fake_iam import FakeIam
from tests.support.strategies import moving_worlds, worlds

ALLOWED = PlanOptions(allow_deletes=True, allow_foreign_detach=True, take_over=True, allow_lockout=True)

thorough = settings(examples(40), phases=[Phase.generate])


def record_steps(plan: Plan, steps: Sequence[Step]) -> list[str]:
    """The lines that an apply leaves which made these steps."""
    document = plan_to_dict(plan) | {"saved": to_saved_section(plan)}
    lines = [json.dumps({"event": "plan", "time": "12:00", "journal_version": 1, "plan": document})]
    for seq, step in enumerate(steps, 1):
        lines.append(json.dumps({"event": "starts", "seq": seq, "address": str(step.address)}))
        lines.append(json.dumps({"event": "ends", "ending": "done"}))
    return lines


def different(before: State, after: State) -> list[str]:
    """What two accounts do not share. Passwords are left out: what an apply took of them does not come back."""
    found = [str(address) for address in before.entities.keys() ^ after.entities.keys()]
    for address in before.entities.keys() & after.entities.keys():
        pair = (before.entities[address], after.entities[address])
        was, now = (replace(one, console=None) if isinstance(one, User) else one for one in pair)
        found += [f"{address}: {field}" for field in diff_entities(was, now)]
    return found


def drop_protection(pair: tuple[Desired, State]) -> tuple[Desired, State]:
    """Return the same world, whose file protects nothing: what an apply protects stays, whatever an undo does."""
    desired, live = pair
    for entity in desired.state.entities.values():
        getattr(entity, "tags", {}).pop(PROTECT, None)
    declarations = {address: replace(one, protect=None) for address, one in desired.declarations.items()}
    return replace(desired, declarations=declarations), live


WORLDS = worlds().map(drop_protection)
MOVING_WORLDS = moving_worlds().map(drop_protection)


def dangles(state: State) -> bool:
    """Return whether a trust names a principal that is gone, which nobody can write again.

    A role outside the file may trust one that the plan deletes: a plan says so, and so does its undo.
    """
    return any(unique_ids_of(role.trust_policy) for role in state.entities.values() if isinstance(role, Role))


def undo_run(run: ApplyRun, iam: FakeIam) -> Plan:
    plan = build_undo_plan(reverse_run(run, iam.read_state()), iam.read_state(), ALLOWED)
    assume(plan.is_safe)
    for step in plan.steps:
        iam.run_call(step.call)
    return plan


@thorough
@given(st.one_of(WORLDS, MOVING_WORLDS), st.data())
def test_what_an_apply_did_is_undone_from_wherever_it_stopped(pair: tuple[Desired, State], data: st.DataObject) -> None:
    desired, live = pair
    iam = FakeIam.of(live)
    before = iam.read_state()
    assume(not dangles(before))
    plan = build_plan(desired, iam.read_state(), ALLOWED)
    made = plan.steps[: data.draw(st.integers(0, len(plan.steps)))]
    assume(plan.is_safe)
    event(f"broke off: {len(made) < len(plan.steps)}")
    for step in made:
        iam.run_call(step.call)
    assume(not dangles(iam.read_state()))
    run = merge_runs(read_runs(record_steps(plan, made)))
    assert run is not None
    undo_run(run, iam)
    assert different(before, iam.read_state()) == []
    again = build_undo_plan(reverse_run(run, iam.read_state()), iam.read_state(), ALLOWED)
    assert (again.steps, again.changes) == ((), ())


@thorough
@given(WORLDS, st.data())
def test_an_apply_that_broke_off_and_the_one_that_finished_it_are_undone_as_one(
    pair: tuple[Desired, State], data: st.DataObject
) -> None:
    """Runs that rename are undone one by one."""
    desired, live = pair
    iam = FakeIam.of(live)
    before = iam.read_state()
    assume(not dangles(before))
    lines: list[str] = []
    for last in (False, True):
        plan = build_plan(desired, iam.read_state(), ALLOWED)
        assume(plan.is_safe)
        made = plan.steps if last else plan.steps[: data.draw(st.integers(0, len(plan.steps)))]
        for step in made:
            iam.run_call(step.call)
        lines += record_steps(plan, made)
    assume(not dangles(iam.read_state()))
    run = merge_runs(read_runs(lines))
    assume(run is not None)
    assert run is not None
    undo_run(run, iam)
    assert different(before, iam.read_state()) == []
