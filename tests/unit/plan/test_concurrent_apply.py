"""Another apply shows by what is neither as it was before nor as it was to be; what takes its time does not."""

from __future__ import annotations

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Settings
from reconciler.model.plan import Action, Change, Field, Plan
from reconciler.model.problem import Level, Problem
from reconciler.plan.concurrent_apply import has_concurrent_apply

ANN, BOB = Address("user", "ann"), Address("user", "bob")


def plan(*changes: tuple[Address, str, object, object], safe: bool = True) -> Plan:
    made = tuple(Change(address, Action.UPDATE, (Field(path, was, to),)) for address, path, was, to in changes)
    findings = () if safe else (Problem(Level.ERROR, "lockout", "no"),)
    return Plan("1" * 12, "aws", "me", Settings(), changes=made, findings=findings)


GOAL = plan((ANN, "tags.team", "c", "a"), (BOB, "tags.team", "c", "a"), (BOB, "policies", frozenset("p"), None))

CASES: dict[str, tuple[Plan, bool]] = {
    "nothing is left": (plan(), False),
    "a third value": (plan((ANN, "tags.team", "b", "a")), True),
    "still as before": (plan((ANN, "tags.team", "c", "a")), False),
    "gone altogether": (plan((ANN, "tags.team", None, "a")), True),
    "a third value, and one as before": (plan((ANN, "tags.team", "b", "a"), (BOB, "tags.team", "c", "a")), True),
    "something that was not a part of it": (plan((ANN, "tags.team", "b", "a"), (ANN, "path", "/x/", "/")), False),
    "another goal by now": (plan((ANN, "tags.team", "b", "z")), False),
    "less of what goes": (plan((BOB, "policies", frozenset(), None)), False),
    "refused by now": (plan((ANN, "tags.team", "b", "a"), safe=False), False),
}


@pytest.mark.parametrize(("left", "expected"), CASES.values(), ids=CASES.keys())
def test_only_a_third_thing_in_place_of_our_own_tells_of_another(left: Plan, expected: bool) -> None:
    assert has_concurrent_apply(GOAL, left) is expected
