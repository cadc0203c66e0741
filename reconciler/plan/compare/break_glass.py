"""Find the principals that `settings.break_glass` guards, and tag them with `reconcile:break-glass`.

Every user and role of the file that `break_glass` names gets the tag. An entity with the tag stays guarded, even if
`break_glass` no longer names it, until a plan with `--allow-lockout` removes the tag. So one change of a file cannot
both drop the name and take the rights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.kinds.facets.tags import BREAK_GLASS, with_our_keys
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Role, User
from reconciler.model.live import State
from reconciler.model.problem import Level, Problem
from reconciler.plan.compare.ownership import is_owned


def is_marked(entity: Entity | None) -> bool:
    """Return whether an entity has the tag of break_glass."""
    return isinstance(entity, User | Role) and with_our_keys(entity.tags).get(BREAK_GLASS) == "true"


def add_marked_principals(desired: Desired, baseline: State, replaced: Mapping[Address, Address]) -> Desired:
    """Return the desired account, with tagged principals added to `break_glass` that the file no longer names there.

    Only entities that the file declares or would prune count; others belong to other files.

    baseline: the account after the plan's renames. replaced: the roles that the plan replaces, new address → old.
    """
    listed_addresses = {*desired.settings.break_glass}
    declared = [address for address in desired.state.entities if address.kind in ("user", "role")]
    guarded = {address for address in declared if is_marked(baseline.entities.get(replaced.get(address, address)))}
    guarded |= {
        address
        for address, entity in baseline.entities.items()
        if is_marked(entity) and is_owned(entity, desired.owner)
    }
    added = sorted(guarded - listed_addresses - set(replaced.values()))
    if not added:
        return desired
    settings = replace(desired.settings, break_glass=(*desired.settings.break_glass, *added))
    return replace(desired, settings=settings, problems=(*desired.problems, *_warn_of_kept_marks(added, desired)))


def _warn_of_kept_marks(addresses: Iterable[Address], desired: Desired) -> Iterator[Problem]:
    for address in addresses:
        yield Problem(
            Level.WARNING,
            "break-glass-kept",
            f"settings.break_glass no longer names {address}, but it stays guarded: it has the tag {BREAK_GLASS}.",
            hint=f"Name {address} there again, or pass --allow-lockout once to remove the tag.",
            place=desired.place_of(address),
            address=address,
        )


def mark_break_glass(entities: Mapping[Address, Entity], break_glass: Iterable[Address]) -> dict[Address, Entity]:
    """Return the entities, with the tag on those that `break_glass` names."""
    marked_entities = dict(entities)
    for address in break_glass:
        entity = marked_entities.get(address)
        if isinstance(entity, User | Role) and not is_marked(entity):
            marked_entities[address] = replace(entity, tags={**entity.tags, BREAK_GLASS: "true"})
    return marked_entities
