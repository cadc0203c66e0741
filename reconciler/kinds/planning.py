"""What a kind may ask while it writes its steps: both sides, and who holds what. Pure, built once per plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from reconciler.model.address import Address
from reconciler.model.arns import address_of, arn_of
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import State
from reconciler.model.quotas import Quota
from reconciler.policy.grants import NOTHING, Statements, statements_of
from reconciler.policy.trust import trusted

Side = Callable[[Address], Entity | None]
"""An account before or after a plan, to be asked for one entity."""


@dataclass(frozen=True)
class Planning:
    """`desired` holds only what the file declares; `doomed` what the plan deletes; `circular` the roles to
    create whose trust names each other (or themselves); `renamed`, new → old, what `live` shows by its new name;
    `staged` the documents that one call cannot change in time, each by its holder and, where inline, its name."""

    live: State
    desired: State
    doomed: frozenset[Address] = frozenset()
    circular: frozenset[Address] = frozenset()
    renamed: Mapping[Address, Address] = field(default_factory=dict)
    staged: frozenset[tuple[Address, str]] = frozenset()

    def arn(self, address: Address) -> str:
        """The ARN that the entity has when the plan is done."""
        entity = self.then(address)
        path = entity.path if entity else "/"
        name = entity.name if entity else address.name
        return arn_of(Address(address.kind, name), path, self.live.account, self.live.partition)

    def address(self, arn: str) -> Address | None:
        return address_of(arn, self.live.account)

    def own_policies(self, *groups: Iterable[str | None]) -> frozenset[Address]:
        """The policies of this account among ARNs; AWS's and other accounts' are left out."""
        found = (self.address(arn) for arns in groups for arn in arns if arn)
        return frozenset(address for address in found if address)

    def quota(self, quota: Quota) -> int:
        """Return what the account has, as GetAccountSummary says; AWS's default if it does not say."""
        return (self.live.facts.quotas or {}).get(quota.summary, quota.default)

    def settled(self, address: Address) -> bool:
        """True where the plan itself deals with the entity: it is declared, or goes."""
        return address in self.desired.entities or address in self.doomed

    def now(self, address: Address) -> Entity | None:
        """As it is live."""
        return self.live.entities.get(address)

    def then(self, address: Address) -> Entity | None:
        """As it is when the plan is done: what the file does not have, or a saved plan does not touch, is as it was."""
        return self.desired.entities.get(address) or self.live.entities.get(address)

    def policy_statements(self, arn: str, side: Side) -> Statements:
        """What a policy says on one side; for one of AWS or of another account, an Allow that is like no other."""
        address = self.address(arn)
        entity = side(address) if address else None
        return entity.document.statements if isinstance(entity, Policy) else frozenset([_unread(arn)])

    def group_statements(self, address: Address, side: Side) -> Statements:
        """All that a membership brings on one side."""
        group = side(address)
        if not isinstance(group, Group):
            return NOTHING
        attached = (self.policy_statements(arn, side) for arn in group.policies)
        return statements_of(group.inline_policies.values()).union(*attached)

    @cached_property
    def holders(self) -> Mapping[str, tuple[Address, ...]]:
        """Policy ARN → the live entities that it is attached to."""
        return _inverted(
            (arn, address)
            for address, entity in self.live.everything.items()
            if isinstance(entity, User | Group | Role)
            for arn in entity.policies
        )

    @cached_property
    def bounded(self) -> Mapping[str, tuple[Address, ...]]:
        """Policy ARN → the live users and roles whose permissions boundary it is."""
        return _inverted(
            (entity.permissions_boundary, address)
            for address, entity in self.live.everything.items()
            if isinstance(entity, User | Role) and entity.permissions_boundary
        )

    def users_of(self, address: Address) -> tuple[Address, ...]:
        """The live entities that must let go of one before it can be deleted; boundaries are apart."""
        if address.kind == "policy":
            return self.holders.get(self.arn(address), ())
        if address.kind == "group":
            return self.members.get(address, ())
        if address.kind == "instance-profile":
            profile = self.live.entities.get(address)
            return (profile.role,) if isinstance(profile, InstanceProfile) and profile.role else ()
        return self.profiles.get(address, ()) if address.kind == "role" else ()

    @cached_property
    def members(self) -> Mapping[Address, tuple[Address, ...]]:
        """Group → its live members."""
        return _inverted(
            (group, address)
            for address, entity in self.live.everything.items()
            if isinstance(entity, User)
            for group in entity.groups
        )

    @cached_property
    def trusting(self) -> Mapping[Address, tuple[Address, ...]]:
        """User, role or provider → the live roles whose trust names it."""
        return _inverted(
            (named, address)
            for address, entity in self.live.everything.items()
            if isinstance(entity, Role)
            for named in trusted(entity.trust_policy, self.live.account)
        )

    @cached_property
    def profiles(self) -> Mapping[Address, tuple[Address, ...]]:
        """Role → the live instance profiles that hold it."""
        return _inverted(
            (entity.role, address)
            for address, entity in self.live.everything.items()
            if isinstance(entity, InstanceProfile) and entity.role
        )


_K = TypeVar("_K")


def _unread(arn: str) -> Statement:
    """Stands for the content of a policy that is not read; it counts as a grant, equal only to itself."""
    return Statement("Allow", sid=arn, actions=frozenset([arn]))


def _inverted(pairs: Iterable[tuple[_K, Address]]) -> Mapping[_K, tuple[Address, ...]]:
    found: defaultdict[_K, list[Address]] = defaultdict(list)
    for key, address in pairs:
        found[key].append(address)
    return {key: tuple(sorted(addresses)) for key, addresses in found.items()}
