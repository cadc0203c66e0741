"""The policies that decide for a user, group or role: its own, those of its groups, and its boundary.

All code that asks about permissions uses this walk: the evaluator, the reads of a plan, the explanation of a refusal.
A group that the given side does not have is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Role, User

Holder = User | Group | Role
"""The kinds that have policies."""

EntityLookup = Callable[[Address], Entity | None]
"""A function that finds an entity in the account, before or after a plan."""


class Hold(Enum):
    """The way in which an entity holds a policy. A boundary grants nothing; it limits the grants of the others."""

    ATTACHED = "attached"
    INLINE = "inline"
    BOUNDARY = "boundary"


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """One policy of a principal. holder: the principal itself, or one of its groups.

    name: the ARN of a managed policy, or the name of an inline one. document: that of an inline policy; None for a
    managed one, which is an entity of its own or belongs to AWS.
    """

    holder: Address
    hold: Hold
    name: str
    document: Document | None = None

    @property
    def arn(self) -> str | None:
        """The ARN of a managed policy; None for an inline one."""
        return None if self.hold is Hold.INLINE else self.name


def list_held_policies(entity: Entity | None) -> Iterator[HeldPolicy]:
    """Yield the policies that an entity holds itself: attached ones, inline ones, and the boundary; each in order."""
    if not isinstance(entity, Holder):
        return
    yield from _list_grants(entity)
    yield from _list_boundary(entity)


def walk_held_policies(entity: Entity | None, lookup: EntityLookup) -> Iterator[HeldPolicy]:
    """Yield the policies that decide for an entity: its own, those of its groups, and its boundary last.

    lookup: the side of the plan that has the groups.
    """
    if not isinstance(entity, Holder):
        return
    for holder in (entity, *list_groups(entity, lookup)):
        yield from _list_grants(holder)
    yield from _list_boundary(entity)


def list_groups(entity: Entity | None, lookup: EntityLookup) -> list[Group]:
    """Return the groups of a user that exist on the given side, in order; none for another entity."""
    groups = (lookup(address) for address in sorted(entity.groups)) if isinstance(entity, User) else ()
    return [group for group in groups if isinstance(group, Group)]


def boundary_of(entity: Entity | None) -> str | None:
    """Return the ARN of the permissions boundary; None if the entity has none."""
    return entity.permissions_boundary or None if isinstance(entity, User | Role) else None


def managed_arns_of(policies: Iterable[HeldPolicy]) -> set[str]:
    """Return the ARNs of the managed policies, boundaries included."""
    return {policy.arn for policy in policies if policy.arn is not None}


def held_arns_of(entity: Entity | None) -> frozenset[str]:
    """Return the ARNs of the managed policies that an entity holds itself, its boundary included."""
    if not isinstance(entity, Holder):
        return frozenset()
    boundary = boundary_of(entity)
    return entity.policies | {boundary} if boundary else entity.policies


def own_policies_of(policies: Iterable[HeldPolicy], account: str) -> set[Address]:
    """Return the managed policies of the account itself, boundaries included; AWS's are left out."""
    return {address for arn in managed_arns_of(policies) if (address := address_of(arn, account))}


def _list_grants(holder: Holder) -> Iterator[HeldPolicy]:
    for arn in sorted(holder.policies):
        yield HeldPolicy(holder.address, Hold.ATTACHED, arn)
    for name, document in sorted(holder.inline_policies.items()):
        yield HeldPolicy(holder.address, Hold.INLINE, name, document)


def _list_boundary(holder: Holder) -> Iterator[HeldPolicy]:
    if not isinstance(holder, Group) and holder.permissions_boundary:
        yield HeldPolicy(holder.address, Hold.BOUNDARY, holder.permissions_boundary)
