"""The use cases of `reconcile access`: put a question to each side of a source."""

from __future__ import annotations

from reconciler.model.access_answers import AccessSource, RoleEntrants
from reconciler.plan.access.role_entrants import find_role_entrants


def list_role_entrants(source: AccessSource) -> tuple[tuple[RoleEntrants, ...], ...]:
    """Return, for each side, who may assume each role."""
    return tuple(map(find_role_entrants, source.sides))
