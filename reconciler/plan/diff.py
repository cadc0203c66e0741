"""(Desired, live) → what differs, entity by entity, by equality of canonical views alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.kinds.facets.tags import OWNER
from reconciler.kinds.registry import BY_NAME
from reconciler.kinds.view import completed, differences, inherited
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import Action, Field
from reconciler.plan.break_glass import with_marks
from reconciler.plan.moves import followed, moved_arns
from reconciler.plan.ownership import Ignored, owner_of, surplus
from reconciler.plan.renames import Names, replaced_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One entity that must change. before None: it does not exist; after None: it goes."""

    address: Address
    action: Action
    before: Entity | None
    after: Entity | None
    fields: tuple[Field, ...]
    reason: str = ""


def effective(desired: Desired, live: State) -> dict[Address, Entity]:
    """What the file asks for, with what it leaves alone filled in from live, less what it ignores.

    What replaces another entity takes that one's place. What `break_glass` names carries its mark.
    """
    replaced = replaced_of(desired, live)
    ignored = Ignored(desired.settings.ignore)
    found: dict[Address, Entity] = {}
    for address, entity in desired.state.entities.items():
        if address in ignored:
            continue
        existing = live.entities.get(address) or live.entities.get(replaced.get(address, address))
        declaration = desired.declarations[address]
        found[address] = inherited(entity, existing, declaration) if existing else entity
    moves = moved_arns(found, live)
    for address in [address for address in found if moves and address.kind == "role"]:
        existing = followed(live.entities.get(address) or live.entities.get(replaced.get(address, address)), moves)
        if existing:
            entity, declaration = desired.state.entities[address], desired.declarations[address]
            found[address] = inherited(entity, existing, declaration)
    return with_marks(found, desired.settings.break_glass)


def differences_of(
    desired: Desired, entities: Mapping[Address, Entity], live: State, renames: Names
) -> list[Difference]:
    """Creations, updates and adoptions of what is declared, deletions of what is surplus or replaced.

    renames: new → old of what `live` shows by its new name.
    """
    moves = moved_arns(entities, live)
    replaced = replaced_of(desired, live)
    reasons = {new: f"replaces {old}" for new, old in replaced.items() if new not in live.entities}
    declared = (
        difference_of(
            followed(live.entities.get(address), moves),
            after,
            desired.owner,
            reasons.get(address, ""),
            renames.get(address),
        )
        for address, after in entities.items()
    )
    going = surplus(desired, live) | {old: f"replaced by {new}" for new, old in replaced.items()}
    gone = (
        difference_of(followed(live.entities[address], moves), None, desired.owner, reason)
        for address, reason in going.items()
    )
    return [difference for difference in (*declared, *gone) if difference is not None]


def difference_of(
    before: Entity | None, after: Entity | None, owner: str | None, reason: str = "", old: Address | None = None
) -> Difference | None:
    """What must happen to one entity; None where nothing must. `old`: its name before, where it is renamed."""
    if before is not None and after is not None:
        after = completed(after, before)
    fields = differences(before, after)
    if old is not None and after is not None:
        fields = (Field("name", old.name, after.name), *fields)
    if before is None or after is None:
        entity = before or after
        if entity is None:
            return None
        action = Action.CREATE if before is None else Action.DELETE
        return Difference(entity.address, action, before, after, fields, reason)
    address = before.address
    if BY_NAME[address.kind].taggable and owner is not None and owner_of(before) != owner:
        fields = tuple(field for field in fields if field.path != f"tags.{OWNER}")
        was = owner_of(before)
        said = f"taken over from owner {was}" if was else "exists without an owner"
        return Difference(address, Action.ADOPT, before, after, fields, said)
    return Difference(address, Action.UPDATE, before, after, fields) if fields else None
