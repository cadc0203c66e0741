"""A boundary before and after in, calls out: giving one restricts, taking it waits."""

from __future__ import annotations

import pytest

from reconciler.kinds.facets.boundary import BoundaryFacet
from reconciler.kinds.plan_context import PlanContext
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import Phase
from tests.support.strategies import ACCOUNT, policy_arn

EMPTY = State(ACCOUNT, "aws", {})
BOUNDARIES: dict[str, tuple[str | None, str | None, list[tuple[str, Phase]]]] = {
    "none": (None, None, []),
    "the same": ("x", "x", []),
    "a new one restricts": (None, policy_arn("p"), [("PutUserPermissionsBoundary", Phase.WIDEN)]),
    "another one restricts": (policy_arn("q"), policy_arn("p"), [("PutUserPermissionsBoundary", Phase.WIDEN)]),
    "one that goes waits": (policy_arn("q"), None, [("DeleteUserPermissionsBoundary", Phase.NARROW)]),
}


@pytest.mark.parametrize(("before", "after", "expected"), BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_boundaries(before: str | None, after: str | None, expected: list[tuple[str, Phase]]) -> None:
    steps = BoundaryFacet("User").plan_changes(Address("user", "u"), before, after, PlanContext(EMPTY, EMPTY))
    assert [(step.call.operation, step.phase) for step in steps] == expected
