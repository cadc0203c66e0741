"""No moment of an apply is worse than both ends: every prefix of random plans, judged by the policy evaluator.

Nothing is excused but what the plan itself says: from a step with a note on, what it broke may be broken, and so may
what shows only later of the user or role that the step is about (a boundary held it back until then). Users that the
plan creates are left out: nobody has their credentials yet.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from reconciler.model.address import Address
from reconciler.model.plan import Step
from reconciler.model.state import Desired, State
from reconciler.plan.build import build
from reconciler.plan.options import Allowed
from reconciler.plan.renames import renames_of
from reconciler.policy.evaluator import Context, Decision, Principal, evaluate, principals_of
from tests.support.fake_iam import FakeIam
from tests.support.strategies import worlds

ALLOWED = Allowed(deletes=True, foreign_detach=True, take_over=True, lockout=True)
ASKED = [
    ("a:One", "*"),
    ("a:Two", "arn:aws:s3:::any"),
    ("a:Three", "arn:aws:s3:::b"),
    ("d:One", "*"),
    ("d:Two", "*"),
]
CONTEXTS = [Context.of({"a:k": "true"}), Context.of({"a:k": "false"})]

Answers = dict[tuple[str, int], Decision]
NOTHING: Answers = {(action, index): Decision.DENY for action, _ in ASKED for index, _ in enumerate(CONTEXTS)}

thorough = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def answers(principal: Principal) -> Answers:
    return {
        (action, index): evaluate(principal, action, resource, context).decision
        for action, resource in ASKED
        for index, context in enumerate(CONTEXTS)
    }


def moments(desired: Desired, live: State) -> list[tuple[Step | None, dict[Address, Answers]]]:
    """What everybody may do before the plan, and after each of its calls, by the names that they will have."""
    iam = FakeIam.of(live)
    plan = build(desired, iam.state(), ALLOWED)
    assume(plan.safe)
    names = {old: new for new, old in renames_of(desired, live).items()}

    def now() -> dict[Address, Answers]:
        found = principals_of(iam.state())
        return {names.get(address, address): answers(principal) for address, principal in found.items()}

    told: list[tuple[Step | None, dict[Address, Answers]]] = [(None, now())]
    for step in plan.steps:
        iam.run(step.call)
        told.append((step, now() if touches(step) else told[-1][1]))
    return told


def touches(step: Step) -> bool:
    return not step.call.operation.startswith(("Tag", "Untag", "DeletePolicyVersion"))


def lacks(first: Decision, now: Decision, last: Decision) -> bool:
    """It may do so before and after, and not now."""
    return first is last is Decision.ALLOW and now is not Decision.ALLOW


def exceeds(first: Decision, now: Decision, last: Decision) -> bool:
    """It may do so now, and neither before nor after."""
    return now is Decision.ALLOW and Decision.ALLOW not in (first, last)


def slips(first: Decision, now: Decision, last: Decision) -> bool:
    """It is denied before and after, and not now."""
    return first is last is Decision.DENY and now is not Decision.DENY


@thorough
@given(worlds())
@pytest.mark.parametrize("worse", [lacks, exceeds, slips])
def test_no_moment_is_worse_than_both_ends_but_for_what_a_note_says(
    worse: Callable[[Decision, Decision, Decision], bool], pair: tuple[Desired, State]
) -> None:
    told = moments(*pair)
    first, last = told[0][1], told[-1][1]
    excused: set[tuple[Address, tuple[str, int]]] = set()
    noted: set[Address] = set()
    for step, now in told[1:]:
        assert step is not None
        noted |= {step.address} if step.note else set()
        for address, decided in now.items():
            if address not in first and address.kind == "user":
                continue
            before, after = first.get(address, NOTHING), last.get(address, NOTHING)
            broken = {(address, key) for key in decided if worse(before[key], decided[key], after[key])} - excused
            event(f"{worse.__name__}: {'a note' if broken else 'never'}")
            assert step.note or address in noted or not broken, f"{broken} with {step.call}"
            excused |= broken
