"""An instance profile holds one role: the calls that exchange it."""

from __future__ import annotations

import pytest

from reconciler.kinds.instance_profile import InstanceProfileKind
from reconciler.kinds.plan_context import PlanContext
from reconciler.model.address import Address
from reconciler.model.entity import InstanceProfile
from reconciler.model.live import State
from tests.support.steps import in_order
from tests.support.strategies import ACCOUNT

EMPTY = State(ACCOUNT, "aws", {})
A, B = Address("role", "a"), Address("role", "b")
SWAPS: dict[str, tuple[Address | None, Address | None, list[str]]] = {
    "the same": (A, A, []),
    "a role comes": (None, A, ["AddRoleToInstanceProfile"]),
    "a role goes": (A, None, ["RemoveRoleFromInstanceProfile"]),
    "one for another": (A, B, ["RemoveRoleFromInstanceProfile", "AddRoleToInstanceProfile"]),
}


@pytest.mark.parametrize(("before", "after", "expected"), SWAPS.values(), ids=SWAPS.keys())
def test_an_instance_profile_holds_one_role(before: Address | None, after: Address | None, expected: list[str]) -> None:
    kind = InstanceProfileKind()
    steps = kind.update(InstanceProfile("i", role=before), InstanceProfile("i", role=after), PlanContext(EMPTY, EMPTY))
    assert [step.call.operation for step in in_order(steps)] == expected
    assert bool(steps and steps[0].forced_by) == (len(expected) == 2)
