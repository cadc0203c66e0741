"""Give a kind the account before and after a plan, for its steps: entities, statements, and holders of policies.

It is pure, and built once for each plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from reconciler.model.address import Address
from reconciler.model.arns import address_of, arn_of
from reconciler.model.document import Statement
from reconciler.model.effects import NO_STATEMENTS, Statements
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.held_policies import EntityLookup, Hold, list_held_policies, managed_arns_of
from reconciler.model.live import State
from reconciler.model.quotas import Quota
from reconciler.policy.permission_delta import statements_of
from reconciler.policy.trust import find_trusted_entities


@dataclass(frozen=True)
class PlanContext:
    """Hold both sides of one plan.

    baseline: the live account, with renamed entities under their new names. desired: only the declared entities.
    deletions: the entities that the plan deletes.
    cyclic_roles: the roles to create whose trust policies name each other or themselves.
    renames: new address → old address.
    staged_documents: the documents to write in stages, because one call would come too early or too late. Each is a
    holder and the name of an inline policy, "" for the one document of a policy or role.
    """

    baseline: State
    desired: State
    deletions: frozenset[Address] = frozenset()
    cyclic_roles: frozenset[Address] = frozenset()
    renames: Mapping[Address, Address] = field(default_factory=dict)
    staged_documents: frozenset[tuple[Address, str]] = frozenset()

    def arn_of(self, address: Address) -> str:
        """Return the ARN that the entity has after the plan."""
        entity = self.entity_after(address)
        path, named = (entity.path, entity.address) if entity else ("/", address)
        return arn_of(named, path, self.baseline.account, self.baseline.partition)

    def address_of(self, arn: str) -> Address | None:
        return address_of(arn, self.baseline.account)

    def filter_own_policies(self, *groups: Iterable[str | None]) -> frozenset[Address]:
        """Return the policies of this account among ARNs, without those of AWS and other accounts."""
        addresses = (self.address_of(arn) for arns in groups for arn in arns if arn)
        return frozenset(address for address in addresses if address)

    def limit_of(self, quota: Quota) -> int:
        """Return the quota that GetAccountSummary shows for the account; AWS's default if it shows none."""
        return (self.baseline.details.quotas or {}).get(quota.summary_key, quota.default)

    def is_planned(self, address: Address) -> bool:
        """Return whether the plan itself handles the entity: the file declares it, or the plan deletes it."""
        return address in self.desired.entities or address in self.deletions

    def entity_before(self, address: Address) -> Entity | None:
        """Return the live entity; None if there is none."""
        return self.baseline.entities.get(address)

    def entity_after(self, address: Address) -> Entity | None:
        """Return the entity after the plan: as declared, else as it is live."""
        return self.desired.entities.get(address) or self.baseline.entities.get(address)

    def statements_of_policy(self, arn: str, lookup: EntityLookup) -> Statements:
        """Return the statements of a policy on one side of the plan.

        For a policy of AWS or of another account, return an Allow that equals no other.
        """
        address = self.address_of(arn)
        entity = lookup(address) if address else None
        return entity.document.statements if isinstance(entity, Policy) else frozenset([_make_opaque_statement(arn)])

    def statements_of_group(self, address: Address, lookup: EntityLookup) -> Statements:
        """Return all statements that a membership brings on one side."""
        group = lookup(address)
        if not isinstance(group, Group):
            return NO_STATEMENTS
        policies = list(list_held_policies(group))
        attached = (self.statements_of_policy(arn, lookup) for arn in managed_arns_of(policies))
        return statements_of(policy.document for policy in policies if policy.document is not None).union(*attached)

    @cached_property
    def policy_holders(self) -> Mapping[str, tuple[Address, ...]]:
        """Return policy ARN → the live entities that it is attached to."""
        return self._index_policies(Hold.ATTACHED)

    @cached_property
    def boundary_holders(self) -> Mapping[str, tuple[Address, ...]]:
        """Return policy ARN → the live users and roles whose permissions boundary it is."""
        return self._index_policies(Hold.BOUNDARY)

    def _index_policies(self, hold: Hold) -> Mapping[str, tuple[Address, ...]]:
        return _invert_pairs(
            (policy.name, address)
            for address, entity in self.baseline.all_entities.items()
            for policy in list_held_policies(entity)
            if policy.hold is hold
        )

    @cached_property
    def members(self) -> Mapping[Address, tuple[Address, ...]]:
        """Return group → its live members."""
        return _invert_pairs(
            (group, address)
            for address, entity in self.baseline.all_entities.items()
            if isinstance(entity, User)
            for group in entity.groups
        )

    @cached_property
    def trusting_roles(self) -> Mapping[Address, tuple[Address, ...]]:
        """Map each user, role or provider to the live roles whose trust names it."""
        return _invert_pairs(
            (principal, address)
            for address, entity in self.baseline.all_entities.items()
            if isinstance(entity, Role)
            for principal in find_trusted_entities(entity.trust_policy, self.baseline.account)
        )

    @cached_property
    def instance_profiles(self) -> Mapping[Address, tuple[Address, ...]]:
        """Return role → the live instance profiles that hold it."""
        return _invert_pairs(
            (entity.role, address)
            for address, entity in self.baseline.all_entities.items()
            if isinstance(entity, InstanceProfile) and entity.role
        )


_K = TypeVar("_K")


def _make_opaque_statement(arn: str) -> Statement:
    """Return a statement for a policy whose document is not read. It counts as a grant, and equals only itself."""
    return Statement("Allow", sid=arn, actions=frozenset([arn]))


def _invert_pairs(pairs: Iterable[tuple[_K, Address]]) -> Mapping[_K, tuple[Address, ...]]:
    addresses_by_key: defaultdict[_K, list[Address]] = defaultdict(list)
    for key, address in pairs:
        addresses_by_key[key].append(address)
    return {key: tuple(sorted(addresses)) for key, addresses in addresses_by_key.items()}
