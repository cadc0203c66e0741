"""Compare a file with the live account, once: reads, steps, guards and undo use the same result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Group, Role, User
from reconciler.model.live import State
from reconciler.model.plan import Action
from reconciler.plan.compare.arn_changes import find_arn_changes, follow_arn_changes
from reconciler.plan.compare.break_glass import add_marked_principals
from reconciler.plan.compare.diff import Difference, find_differences, resolve_entities
from reconciler.plan.compare.renames import Renames, apply_renames, find_renames, find_replacements


@dataclass(frozen=True)
class Comparison:
    """A file beside the live account, with their differences.

    entities: the entities of the file; fields that it leaves alone have their live values. live: the account as it is.
    baseline: the account after the plan's renames; the differences start from it. renames: new → old address of the
    users and groups that the plan renames. replaced: new → old address of the roles and policies that it replaces.
    """

    desired: Desired
    entities: Mapping[Address, Entity]
    live: State
    baseline: State
    renames: Renames
    replaced: Mapping[Address, Address]
    differences: tuple[Difference, ...]

    @cached_property
    def after(self) -> State:
        """The account after the plan. Trust policies follow users whose ARN changes, as IAM's do."""
        return _build_planned_state(self.baseline, self.differences)

    @property
    def predecessors(self) -> Mapping[Address, Address]:
        """New → old address of the entities that the plan renames or replaces."""
        return {**self.replaced, **self.renames}

    def old_address_of(self, address: Address) -> Address:
        """Return the address that an entity has before the plan."""
        return self.renames.get(address, address)

    def differences_of(self, action: Action) -> list[Difference]:
        return [difference for difference in self.differences if difference.action is action]

    def select(self, differences: Iterable[Difference]) -> Comparison:
        """Return the comparison with only some of its differences, and the renames that belong to them."""
        chosen = tuple(differences)
        addresses = {difference.address for difference in chosen}
        renames = {new: old for new, old in self.renames.items() if new in addresses}
        baseline = self.baseline if len(renames) == len(self.renames) else apply_renames(self.live, renames)
        return replace(self, differences=chosen, renames=renames, baseline=baseline)


def compare(desired: Desired, live: State, *, allow_lockout: bool = False) -> Comparison:
    """Compare a file with the live account.

    allow_lockout: do not add the break-glass principals that only live IAM remembers to those of the file.
    """
    renames, replaced = find_renames(desired, live), find_replacements(desired, live)
    baseline = apply_renames(live, renames)
    if not allow_lockout:
        desired = add_marked_principals(desired, baseline, replaced)
    entities = resolve_entities(desired, baseline)
    differences = find_differences(desired, entities, baseline, renames)
    return Comparison(desired, entities, live, baseline, renames, replaced, tuple(differences))


def _build_planned_state(baseline: State, differences: Iterable[Difference]) -> State:
    listed = list(differences)
    planned_entities = {difference.address: difference.after for difference in listed if difference.after is not None}
    changed = {difference.address for difference in listed}
    moves = find_arn_changes(planned_entities, baseline)
    deleted = {address for address in changed if address not in planned_entities}
    unchanged = {
        address: _drop_deleted_links(follow_arn_changes(entity, moves), deleted, baseline)
        for address, entity in baseline.entities.items()
        if address not in changed
    }
    return replace(
        baseline, entities={address: entity for address, entity in (unchanged | planned_entities).items() if entity}
    )


def _drop_deleted_links(entity: Entity | None, deleted: set[Address], baseline: State) -> Entity | None:
    """Return an entity that the plan leaves alone, without the policies and groups that it deletes."""
    if not deleted or not isinstance(entity, User | Group | Role):
        return entity
    policies = frozenset(arn for arn in entity.policies if address_of(arn, baseline.account) not in deleted)
    if isinstance(entity, User):
        return replace(entity, policies=policies, groups=entity.groups - deleted)
    return replace(entity, policies=policies) if policies != entity.policies else entity
