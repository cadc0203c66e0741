"""What lives outside the file: entities that nothing declares and this plan leaves alone. Information, no judgement."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Action, Unmanaged
from reconciler.plan.guards.draft import Draft
from reconciler.plan.ownership import Ignored, carriers_of, owner_among


def unmanaged(draft: Draft) -> Iterator[Unmanaged]:
    """By address. Left out: what the plan deletes, what `settings.ignore` matches, and AWS's own."""
    ignored = Ignored(draft.desired.settings.ignore)
    going = {item.address for item in draft.of(Action.DELETE)}
    carriers = carriers_of(draft.live)
    for address, entity in sorted(draft.live.everything.items()):
        if address in draft.desired.state.entities or address in going or address in ignored:
            continue
        if entity.pruned and not entity.of_aws:
            owner = owner_among(entity, carriers)
            yield Unmanaged(address, owner if owner != draft.desired.owner else None)
