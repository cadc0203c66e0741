"""No moment of an apply is worse than both ends: every prefix of random plans, judged by the policy evaluator.

Nothing is excused but what the plan itself says: who can have too much or too little, what, and from which call until
which. Users that the plan creates are left out: nobody has their credentials yet. So are roles while their trust lets
nobody in.
"""

from __future__ import annotations

from itertools import product

from hypothesis import assume, event, given

from reconciler.access import Context, Decision, Principal, evaluate, principals_of
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Role
from reconciler.model.exposure import Exposure, Severity
from reconciler.model.live import State
from reconciler.model.plan import Step
from reconciler.plan.build import build_plan
from reconciler.plan.compare.renames import find_renames
from reconciler.plan.options import PlanOptions
from reconciler.policy.overlap import statements_overlap
from reconciler.policy.trust import CLOSED_DOCUMENT
from tests.support.examples import examples
from tests.support.fake_iam import FakeIam
from tests.support.strategies import worlds

ALLOWED = PlanOptions(allow_deletes=True, allow_foreign_detach=True, take_over=True, allow_lockout=True)
ASKED = [
    ("a:One", "*"),
    ("a:Two", "arn:aws:s3:::any"),
    ("a:Three", "arn:aws:s3:::b"),
    ("d:One", "*"),
    ("d:Two", "*"),
]
CONTEXTS = [Context.of({"a:k": "true"}), Context.of({"a:k": "false"})]

Answers = dict[tuple[str, int], Decision]
Moment = tuple[Step | None, dict[Address, Answers]]
NOTHING: Answers = {(action, index): Decision.DENY for action, _ in ASKED for index, _ in enumerate(CONTEXTS)}

thorough = examples(60)


def answers(principal: Principal) -> Answers:
    return {
        (action, index): evaluate(principal, action, resource, context).decision
        for action, resource in ASKED
        for index, context in enumerate(CONTEXTS)
    }


def moments(desired: Desired, live: State) -> tuple[list[Moment], list[Exposure]]:
    """What everybody may do before the plan, and after each of its calls, by the names that they will have; and what
    the plan says of it."""
    iam = FakeIam.of(live)
    first = iam.read_state()
    plan = build_plan(desired, first, ALLOWED)
    assume(plan.is_safe)
    renames = find_renames(desired, live)
    names = {old: new for new, old in renames.items()}

    def now() -> dict[Address, Answers]:
        state = iam.read_state()
        closed = {address for address, entity in state.entities.items() if is_closed(entity)}
        found = {address: one for address, one in principals_of(state).items() if address not in closed}
        return {names.get(address, address): answers(principal) for address, principal in found.items()}

    told: list[Moment] = [(None, now())]
    for step in plan.steps:
        iam.run_call(step.call)
        told.append((step, now() if touches(step) else told[-1][1]))
    return told, list(plan.exposures)


def touches(step: Step) -> bool:
    return not step.call.operation.startswith(("Tag", "Untag", "DeletePolicyVersion"))


def is_closed(entity: Entity) -> bool:
    """Nobody can be a role whose trust lets nobody in."""
    return isinstance(entity, Role) and entity.trust_policy == CLOSED_DOCUMENT


def lacks(first: Decision, now: Decision, last: Decision) -> bool:
    """It may do so before and after, and not now."""
    return first is last is Decision.ALLOW and now is not Decision.ALLOW


def exceeds(first: Decision, now: Decision, last: Decision) -> bool:
    """It may do so now, and neither before nor after."""
    return now is Decision.ALLOW and Decision.ALLOW not in (first, last)


def slips(first: Decision, now: Decision, last: Decision) -> bool:
    """It is denied before and after, and not now."""
    return first is last is Decision.DENY and now is not Decision.DENY


def says(window: Exposure, index: int, who: Address, action: str, resource: str, kind: Severity) -> bool:
    """Whether a window is about this, after the call with this index."""
    asked = Statement("Allow", actions=frozenset([action.lower()]), resources=frozenset([resource]))
    return (
        window.principal == who
        and window.start <= index < window.end
        and (window.severity is kind or bool(window.unread_policies))
        and statements_overlap(frozenset([asked]), window.statements)
    )


WORSE = [(lacks, Severity.GAP), (exceeds, Severity.EXCESS), (slips, Severity.EXCESS)]
"""How a moment can be worse than both ends, and what the plan must then say."""


@thorough
@given(worlds())
def test_no_moment_is_worse_than_both_ends_but_for_what_the_plan_says(pair: tuple[Desired, State]) -> None:
    told, windows = moments(*pair)
    first, last = told[0][1], told[-1][1]
    for index, (step, now) in enumerate(told[1:]):
        assert step is not None
        for address, decided in now.items():
            if address not in first and address.kind == "user":
                continue
            before, after = first.get(address, NOTHING), last.get(address, NOTHING)
            for key, (worse, kind) in product(decided, WORSE):
                if worse(before[key], decided[key], after[key]):
                    event(worse.__name__)
                    action, resource = key[0], dict(ASKED)[key[0]]
                    about = [one for one in windows if says(one, index, address, action, resource, kind)]
                    assert about, f"{address} {worse.__name__}: {key} with call {index + 1}, {step.call}"
