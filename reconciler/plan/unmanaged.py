"""What lives outside the file: entities that nothing declares and this plan leaves alone. Information, no judgement."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Action, UnmanagedEntity
from reconciler.plan.compare.ownership import AddressPatterns, find_tagged_owners, resolve_owner
from reconciler.plan.guards.draft import Draft


def find_unmanaged(draft: Draft) -> Iterator[UnmanagedEntity]:
    """By address. Left out: what the plan deletes, what `settings.ignore` matches, and AWS's own."""
    ignored = AddressPatterns(draft.desired.settings.ignore)
    going = {item.address for item in draft.differences_of(Action.DELETE)}
    carriers = find_tagged_owners(draft.baseline)
    for address, entity in sorted(draft.baseline.all_entities.items()):
        if address in draft.desired.state.entities or address in going or address in ignored:
            continue
        if entity.is_prunable and not entity.is_aws_owned:
            owner = resolve_owner(entity, carriers)
            yield UnmanagedEntity(address, owner if owner != draft.desired.owner else None)
