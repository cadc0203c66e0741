"""The policies that decide for a user, group or role: the one walk from a principal over its groups to its boundary.

Every question about rights begins with it: the evaluator, what a plan reads, what a refusal asks for. A group that the
given side does not have is left out.
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
"""An account before or after a plan, to be asked for one entity."""


class Hold(Enum):
    """How a policy is held. A boundary grants nothing; it limits what the others grant."""

    ATTACHED = "attached"
    INLINE = "inline"
    BOUNDARY = "boundary"


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """One policy of `holder`, which is the principal itself or a group of it.

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
    """Yield what an entity holds itself: attached policies, inline policies, and the boundary last; each in order."""
    if not isinstance(entity, Holder):
        return
    yield from _list_grants(entity)
    yield from _list_boundary(entity)


def walk_held_policies(entity: Entity | None, lookup: EntityLookup) -> Iterator[HeldPolicy]:
    """Yield what decides for an entity on one side: its own policies, those of its groups, and its boundary last."""
    if not isinstance(entity, Holder):
        return
    for holder in (entity, *list_groups(entity, lookup)):
        yield from _list_grants(holder)
    yield from _list_boundary(entity)


def list_groups(entity: Entity | None, lookup: EntityLookup) -> list[Group]:
    """Return the groups of a user that are there, in order; none for another entity."""
    held = (lookup(address) for address in sorted(entity.groups)) if isinstance(entity, User) else ()
    return [group for group in held if isinstance(group, Group)]


def boundary_of(entity: Entity | None) -> str | None:
    """Return the ARN of the permissions boundary; None if the entity has none."""
    return next((policy.name for policy in list_held_policies(entity) if policy.hold is Hold.BOUNDARY), None)


def managed_arns_of(held: Iterable[HeldPolicy]) -> set[str]:
    """Return the ARNs of the managed policies, boundaries included."""
    return {policy.arn for policy in held if policy.arn is not None}


def own_policies_of(held: Iterable[HeldPolicy], account: str) -> set[Address]:
    """Return the managed policies of the account itself, boundaries included; AWS's are left out."""
    return {address for arn in managed_arns_of(held) if (address := address_of(arn, account))}


def _list_grants(holder: Holder) -> Iterator[HeldPolicy]:
    for arn in sorted(holder.policies):
        yield HeldPolicy(holder.address, Hold.ATTACHED, arn)
    for name, document in sorted(holder.inline_policies.items()):
        yield HeldPolicy(holder.address, Hold.INLINE, name, document)


def _list_boundary(holder: Holder) -> Iterator[HeldPolicy]:
    if not isinstance(holder, Group) and holder.permissions_boundary:
        yield HeldPolicy(holder.address, Hold.BOUNDARY, holder.permissions_boundary)
