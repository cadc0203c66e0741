"""No moment of an apply is worse than both ends: every prefix of random plans, judged by the policy evaluator.

Left out are plans that edit a policy or group and change who is linked to it at once: between the two calls the
linked may have the old content or the new one, whichever call comes first. And for what is denied, plans with an
edit in place that takes an Allow away and adds a Deny: it waits for what replaces the Allow.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, assume, given, settings

from reconciler.model.address import Address
from reconciler.model.plan import Phase, Step
from reconciler.model.state import Desired, State
from reconciler.plan.build import build
from reconciler.plan.options import Allowed
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

TWOFOLD = (Phase.SWAP, Phase.GUARDED, Phase.UNGUARDED)

thorough = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def answers(principal: Principal) -> Answers:
    return {
        (action, index): evaluate(principal, action, resource, context).decision
        for action, resource in ASKED
        for index, context in enumerate(CONTEXTS)
    }


def moments(desired: Desired, live: State) -> list[tuple[Step | None, State]]:
    """The account before the plan, and after each of its calls."""
    iam = FakeIam.of(live)
    plan = build(desired, iam.state(), ALLOWED)
    assume(plan.safe and not edited(plan.steps) & linked(plan.steps))
    found: list[tuple[Step | None, State]] = [(None, iam.state())]
    for step in plan.steps:
        iam.run(step.call)
        found.append((step, iam.state()))
    return found


def edited(steps: Sequence[Step]) -> set[str]:
    """The policies and groups whose content the plan changes, by name."""
    content = ("CreatePolicyVersion", "PutGroupPolicy", "DeleteGroupPolicy", "AttachGroupPolicy", "DetachGroupPolicy")
    return {str(step.address) for step in steps if step.call.operation in content}


def linked(steps: Sequence[Step]) -> set[str]:
    """The policies and groups that the plan attaches, detaches, joins or leaves, by name."""
    found = set()
    for step in steps:
        if step.call.operation.startswith(("Attach", "Detach")):
            found.add(f"policy/{str(step.call.parameters['PolicyArn']).rpartition('/')[2]}")
        if step.call.operation in ("AddUserToGroup", "RemoveUserFromGroup"):
            found.add(f"group/{step.call.parameters['GroupName']}")
    return found


def denies_late(steps: Sequence[Step]) -> bool:
    """True where a document that denies is written after new Allows were given."""
    return any(
        step.phase >= Phase.SWAP and '"Effect":"Deny"' in str(step.call.parameters.get("PolicyDocument", ""))
        for step in steps
    )


def steady(first: Answers, last: Answers, decision: Decision) -> set[tuple[str, int]]:
    """What is decided so at both ends."""
    return {key for key in first if first[key] is decision and last[key] is decision}


@thorough
@given(worlds())
@pytest.mark.parametrize("decision", [Decision.ALLOW, Decision.DENY], ids=["what is kept", "what is denied"])
def test_what_is_decided_alike_at_both_ends_is_so_at_every_moment(
    decision: Decision, pair: tuple[Desired, State]
) -> None:
    """Excused are steps with a note, calls that do two things at once (SWAP, GUARDED, UNGUARDED), and boundaries."""
    told = moments(*pair)
    assume(decision is Decision.ALLOW or not denies_late([step for step, _ in told if step is not None]))
    first, last = principals_of(told[0][1]), principals_of(told[-1][1])
    owed: dict[Address, set[tuple[str, int]]] = {
        address: steady(answers(first[address]), answers(last[address]), decision)
        for address in first
        if address in last
    }
    for step, state in told[1:]:
        assert step is not None
        now = principals_of(state)
        for address, keys in owed.items():
            given_now = answers(now[address])
            broken = {key for key in keys if given_now[key] is not decision}
            if broken and (step.note or step.phase in TWOFOLD or "Boundary" in step.call.operation):
                keys -= broken
            assert not broken & keys, f"{address}: {broken} with {step.call}"
