"""(Desired, live) → what differs, entity by entity, by equality of canonical views alone."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.kinds.facets.tags import OWNER
from reconciler.kinds.registry import BY_NAME
from reconciler.kinds.view import differences, inherited
from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.plan import Action, Field
from reconciler.model.state import Desired, State
from reconciler.plan.moves import followed, moved_arns
from reconciler.plan.ownership import Ignored, owner_of, surplus


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
    """What the file asks for, with what it leaves alone filled in from live, less what it ignores."""
    ignored = Ignored(desired.settings.ignore)
    found: dict[Address, Entity] = {}
    for address, entity in desired.state.entities.items():
        if address in ignored:
            continue
        existing = live.entities.get(address)
        declaration = desired.declarations[address]
        found[address] = inherited(entity, existing, declaration) if existing else entity
    return found


def differences_of(desired: Desired, entities: dict[Address, Entity], live: State) -> list[Difference]:
    """Creations, updates and adoptions of what is declared, deletions of what is surplus."""
    found: list[Difference] = []
    moves = moved_arns(entities, live)
    for address, after in entities.items():
        before = followed(live.entities.get(address), moves)
        if before is None:
            found.append(Difference(address, Action.CREATE, None, after, differences(None, after)))
            continue
        changed = _compared(before, after, desired.owner)
        if changed is not None:
            found.append(changed)
    for address, reason in surplus(desired, live).items():
        gone = live.entities[address]
        found.append(Difference(address, Action.DELETE, gone, None, differences(gone, None), reason))
    return found


def _compared(before: Entity, after: Entity, owner: str | None) -> Difference | None:
    address = before.address
    fields = differences(before, after)
    adopted = BY_NAME[address.kind].taggable and owner is not None and owner_of(before) != owner
    if adopted:
        fields = tuple(field for field in fields if field.path != f"tags.{OWNER}")
        was = owner_of(before)
        reason = f"taken over from owner {was}" if was else "exists without an owner"
        return Difference(address, Action.ADOPT, before, after, fields, reason)
    return Difference(address, Action.UPDATE, before, after, fields) if fields else None
