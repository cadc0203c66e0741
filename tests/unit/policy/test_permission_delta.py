"""Which phase a change of documents belongs in: what gives comes before what takes, what denies before what gives."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.effects import NO_STATEMENTS, Statements
from reconciler.model.plan import Phase
from reconciler.policy.canonical import canonical
from reconciler.policy.permission_delta import diff_statements, phase_of_delta, statements_of


def some(*statements: dict[str, Any]) -> Statements:
    return canonical({"Version": "2012-10-17", "Statement": list(statements)}).statements


def allow(*actions: str, resource: Any = "*", **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **rest}


def deny(*actions: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"}


MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
NOT = {"Effect": "Allow", "NotAction": ["a:One"], "Resource": "*"}
TO = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ["1" * 12]}}
TO_MORE = {**TO, "Principal": {"AWS": ["1" * 12, "2" * 12]}}

PHASES: dict[str, tuple[Statements, Statements, Phase]] = {
    "nothing to nothing": (NO_STATEMENTS, NO_STATEMENTS, Phase.WIDEN),
    "a new Allow": (NO_STATEMENTS, some(allow("a:One")), Phase.WIDEN),
    "a new Deny": (NO_STATEMENTS, some(deny("a:One")), Phase.WIDEN),
    "a new Deny beside a new Allow": (NO_STATEMENTS, some(deny("a:One"), allow("a:Two")), Phase.WIDEN),
    "an Allow that goes": (some(allow("a:One")), NO_STATEMENTS, Phase.NARROW),
    "a Deny that goes": (some(deny("a:One")), NO_STATEMENTS, Phase.NARROW),
    "a Deny and an Allow that go": (some(deny("a:One"), allow("a:Two")), NO_STATEMENTS, Phase.NARROW),
    "one Allow for another": (some(allow("a:One")), some(allow("a:Two")), Phase.SWAP),
    "one more action": (some(allow("a:One")), some(allow("a:One", "a:Two")), Phase.WIDEN),
    "one action less": (some(allow("a:One", "a:Two")), some(allow("a:One")), Phase.NARROW),
    "one more resource": (
        some(allow("a:One", resource=["x"])),
        some(allow("a:One", resource=["x", "y"])),
        Phase.WIDEN,
    ),
    "one resource less": (
        some(allow("a:One", resource=["x", "y"])),
        some(allow("a:One", resource=["x"])),
        Phase.NARROW,
    ),
    "a condition more": (some(allow("a:One")), some(allow("a:One", **MFA)), Phase.NARROW),
    "a condition less": (some(allow("a:One", **MFA)), some(allow("a:One")), Phase.WIDEN),
    "one more principal": (some(TO), some(TO_MORE), Phase.WIDEN),
    "one principal less": (some(TO_MORE), some(TO), Phase.NARROW),
    "an Allow kept, one added": (some(allow("a:One")), some(allow("a:One"), allow("b:Two")), Phase.WIDEN),
    "an Allow kept, one gone": (some(allow("a:One"), allow("b:Two")), some(allow("a:One")), Phase.NARROW),
    "an Allow gone that another still covers": (
        some(allow("a:One"), allow("a:One", "a:Two")),
        some(allow("a:One", "a:Two")),
        Phase.WIDEN,
    ),
    "a Deny for an Allow": (some(allow("a:One")), some(deny("a:One")), Phase.NARROW),
    "an Allow for a Deny": (some(deny("a:One")), some(allow("a:One")), Phase.SWAP),
    "a Deny added to an Allow that stays": (
        some(allow("a:One")),
        some(allow("a:One"), deny("a:Two")),
        Phase.WIDEN,
    ),
    "a Deny added while an Allow goes": (
        some(allow("a:One"), allow("b:Two")),
        some(allow("a:One"), deny("b:Two")),
        Phase.NARROW,
    ),
    "a new Sid alone": (some(allow("a:One")), some(allow("a:One", Sid="New")), Phase.WIDEN),
    "a NotAction is never taken to cover": (some(NOT), some({**NOT, "NotAction": ["a:Two"]}), Phase.SWAP),
    "nor to be covered": (some(allow("a:Two")), some(NOT), Phase.SWAP),
}


@pytest.mark.parametrize(("before", "after", "phase"), PHASES.values(), ids=PHASES.keys())
def test_a_change_lands_in_the_phase_that_its_content_calls_for(
    before: Statements, after: Statements, phase: Phase
) -> None:
    assert phase_of_delta(diff_statements(before, after)) is phase


def test_phases_stand_in_the_order_of_make_before_break() -> None:
    assert list(Phase) == sorted(Phase)
    names = "CREATE WIDEN SWAP NARROW DELETE ACCOUNT"
    assert [phase.name for phase in Phase] == names.split()


def test_statements_of_several_documents_are_one_set() -> None:
    one = canonical({"Statement": [allow("a:One"), deny("a:Two")]})
    other = canonical({"Statement": allow("a:One")})
    assert statements_of([one, other]) == one.statements
    assert statements_of([]) == NO_STATEMENTS
