"""Find the differences between the file and the live account, entity by entity, by equality of canonical forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.kinds.comparison import diff_entities, fill_absent_fields, inherit_live_values
from reconciler.kinds.facets.tags import OWNER
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import Action, Field
from reconciler.plan.compare.arn_changes import find_arn_changes, follow_arn_changes
from reconciler.plan.compare.break_glass import mark_break_glass
from reconciler.plan.compare.ownership import AddressPatterns, find_surplus, owner_of
from reconciler.plan.compare.renames import Renames, find_replacements


@dataclass(frozen=True, slots=True)
class Difference:
    """One entity that must change.

    before: None if it does not exist yet. after: None if it is deleted.
    fields: the fields that change. reason: why it is deleted, adopted or replaced; may be empty.
    """

    address: Address
    action: Action
    before: Entity | None
    after: Entity | None
    fields: tuple[Field, ...]
    reason: str = ""


def resolve_entities(desired: Desired, baseline: State) -> dict[Address, Entity]:
    """Return the entities of the file, with the fields that it leaves alone filled in from the live account.

    Ignored entities are left out. An entity that replaces another one gets the live values of that one. Entities of
    `break_glass` get its tag.
    """
    replaced = find_replacements(desired, baseline)
    ignored = AddressPatterns(desired.settings.ignore)
    entities: dict[Address, Entity] = {}
    for address, entity in desired.state.entities.items():
        if address in ignored:
            continue
        existing = baseline.entities.get(address) or baseline.entities.get(replaced.get(address, address))
        declaration = desired.declarations[address]
        entities[address] = inherit_live_values(entity, existing, declaration) if existing else entity
    moves = find_arn_changes(entities, baseline)
    for address in [address for address in entities if moves and address.kind == "role"]:
        existing = follow_arn_changes(
            baseline.entities.get(address) or baseline.entities.get(replaced.get(address, address)), moves
        )
        if existing:
            entity, declaration = desired.state.entities[address], desired.declarations[address]
            entities[address] = inherit_live_values(entity, existing, declaration)
    return mark_break_glass(entities, desired.settings.break_glass)


def find_differences(
    desired: Desired, entities: Mapping[Address, Entity], baseline: State, renames: Renames
) -> list[Difference]:
    """Return the differences: entities of the file to create, update or adopt, and live entities to delete.

    renames: new address → old; `baseline` has these entities under their new names.
    """
    moves = find_arn_changes(entities, baseline)
    replaced = find_replacements(desired, baseline)
    reasons = {new: f"replaces {old}" for new, old in replaced.items() if new not in baseline.entities}
    declared = (
        compare_entity(
            follow_arn_changes(baseline.entities.get(address), moves),
            after,
            desired.owner,
            reasons.get(address, ""),
            renames.get(address),
        )
        for address, after in entities.items()
    )
    to_delete = find_surplus(desired, baseline) | {old: f"replaced by {new}" for new, old in replaced.items()}
    deletions = (
        compare_entity(follow_arn_changes(baseline.entities[address], moves), None, desired.owner, reason)
        for address, reason in to_delete.items()
    )
    return [difference for difference in (*declared, *deletions) if difference is not None]


def compare_entity(
    before: Entity | None, after: Entity | None, owner: str | None, reason: str = "", old_address: Address | None = None
) -> Difference | None:
    """Return the difference of one entity; None if there is none.

    old_address: the address before the plan, if the plan renames the entity.
    """
    if before is not None and after is not None:
        after = fill_absent_fields(after, before)
    fields = diff_entities(before, after)
    if old_address is not None and after is not None:
        fields = (Field("name", old_address.name, after.name), *fields)
    if before is None or after is None:
        entity = before or after
        if entity is None:
            return None
        action = Action.CREATE if before is None else Action.DELETE
        return Difference(entity.address, action, before, after, fields, reason)
    address = before.address
    if KINDS_BY_NAME[address.kind].taggable and owner is not None and owner_of(before) != owner:
        fields = tuple(field for field in fields if field.path != f"tags.{OWNER}")
        old_owner = owner_of(before)
        text = f"taken over from owner {old_owner}" if old_owner else "exists without an owner"
        return Difference(address, Action.ADOPT, before, after, fields, text)
    return Difference(address, Action.UPDATE, before, after, fields) if fields else None
