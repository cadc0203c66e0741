"""Permissions boundary of a user or role (Put…PermissionsBoundary, Delete…PermissionsBoundary).

A boundary only takes away, so putting one restricts, and removing one waits until what it held back is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.kinds.facts import present, step, unbounded
from reconciler.kinds.planning import Planning
from reconciler.model.address import Address
from reconciler.model.plan import Fact, Phase, Step


@dataclass(frozen=True, slots=True)
class Boundary:
    """`kind` as it stands in the operations: User or Role."""

    kind: str

    def steps(self, holder: Address, before: str | None, after: str | None, planning: Planning) -> list[Step]:
        if before == after:
            return []
        target: dict[str, object] = {f"{self.kind}Name": holder.name}
        makes = (unbounded(holder, before),) if before else ()
        if after is None:
            return [step(holder, Phase.RELEASE, f"Delete{self.kind}PermissionsBoundary", target, makes=makes)]
        return [
            step(
                holder,
                Phase.RESTRICT,
                f"Put{self.kind}PermissionsBoundary",
                {**target, "PermissionsBoundary": after},
                (present(holder), *boundary_needs(after, planning)),
                makes,
            )
        ]


def boundary_needs(arn: str | None, planning: Planning) -> tuple[Fact, ...]:
    """The policy of this account that must exist before it can be a boundary."""
    policy = planning.address(arn) if arn else None
    return (present(policy),) if policy else ()
