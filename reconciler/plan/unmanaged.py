"""List the live entities that no file declares and that this plan leaves alone, for information."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Action, UnmanagedEntity
from reconciler.plan.compare.ownership import AddressPatterns, find_tagged_owners, resolve_owner
from reconciler.plan.guards.draft import Draft


def find_unmanaged(draft: Draft) -> Iterator[UnmanagedEntity]:
    """Yield unmanaged entities, sorted by address.

    Left out: entities that the plan deletes, that `settings.ignore` matches, and that AWS made for itself.
    """
    ignored = AddressPatterns(draft.desired.settings.ignore)
    going = {item.address for item in draft.differences_of(Action.DELETE)}
    carriers = find_tagged_owners(draft.baseline)
    for address, entity in sorted(draft.baseline.all_entities.items()):
        if address in draft.desired.state.entities or address in going or address in ignored:
            continue
        if entity.is_prunable and not entity.is_aws_owned:
            owner = resolve_owner(entity, carriers)
            yield UnmanagedEntity(address, owner if owner != draft.desired.owner else None)
