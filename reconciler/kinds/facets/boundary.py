"""Plan the permissions boundary of a user or role (Put…PermissionsBoundary, Delete…PermissionsBoundary).

A boundary only takes permissions away. So a put has the phase WIDEN, like a new Deny, and a removal waits until the
permissions that the boundary held back are gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.steps import boundary_removal_of, make_step, presence_of
from reconciler.model.address import Address
from reconciler.model.effects import SetBoundary
from reconciler.model.plan import Fact, Phase, Step


@dataclass(frozen=True, slots=True)
class BoundaryFacet:
    """The boundary of one kind of entity. kind: as in the operations: User or Role."""

    kind: str

    def plan_changes(self, holder: Address, before: str | None, after: str | None, context: PlanContext) -> list[Step]:
        if before == after:
            return []
        target: dict[str, object] = {f"{self.kind}Name": holder.name}
        makes = (boundary_removal_of(holder, before),) if before else ()
        put, delete = f"Put{self.kind}PermissionsBoundary", f"Delete{self.kind}PermissionsBoundary"
        effect = SetBoundary(holder, put if after else delete, put if before else delete, before, after)
        if after is None:
            return [make_step(holder, Phase.NARROW, effect, target, makes=makes)]
        needs = (presence_of(holder), *needs_of_boundary(after, context))
        return [make_step(holder, Phase.WIDEN, effect, {**target, "PermissionsBoundary": after}, needs, makes)]


def needs_of_boundary(arn: str | None, context: PlanContext) -> tuple[Fact, ...]:
    """Return the fact that a boundary needs: its policy exists. None for a policy of AWS or another account."""
    policy = context.address_of(arn) if arn else None
    return (presence_of(policy),) if policy else ()
