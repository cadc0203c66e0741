"""Find the owner of an entity, and the entities that `prune` may delete ("Ownership and pruning" of the file format).

The tag `reconcile:owner` names the owner. Groups have no tags: a group below the path `/<owner>/` belongs to that
owner, if any entity of the account has its tag. Groups below other paths have no owner.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from reconciler.kinds.facets.tags import OWNER, PROTECT
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Group, InstanceProfile, Role, User
from reconciler.model.globs import compile_glob_with_sets
from reconciler.model.held_policies import own_policies_of, walk_held_policies
from reconciler.model.live import State
from reconciler.model.plan import ServiceManagedEntity
from reconciler.plan.compare.service_managed import find_service_managed


def owner_of(entity: Entity) -> str | None:
    """Return the value of the owner tag; None for groups and entities without it."""
    tags = getattr(entity, "tags", None)
    return tags.get(OWNER) if tags else None


def is_owned(entity: Entity, owner: str | None) -> bool:
    """Return whether an entity belongs to an owner."""
    if owner is None:
        return False
    if isinstance(entity, Group):
        return entity.path.startswith(f"/{owner}/")
    return owner_of(entity) == owner


def claimant_of(group: Group) -> str | None:
    """Return the owner that the path of a group names; `find_tagged_owners` returns the owners that exist."""
    first, slash, _ = group.path.removeprefix("/").partition("/")
    return first if slash else None


def find_tagged_owners(live: State) -> dict[str, Address]:
    """Return each owner of the account with the first entity that has its tag.

    Raises NotReadError if only a part of the account was read.
    """
    carriers: dict[str, Address] = {}
    for address, entity in live.all_entities.items():
        owner = owner_of(entity)
        if owner:
            carriers[owner] = min(address, carriers.get(owner, address))
    return carriers


def find_joined_groups(before: Entity | None, after: Entity | None) -> list[Address]:
    """Return the groups that a user joins by a change."""
    sides = [side.groups if isinstance(side, User) else frozenset[Address]() for side in (before, after)]
    return sorted(sides[1] - sides[0])


def resolve_owner(entity: Entity, owners: Container[str]) -> str | None:
    """Return the owner by the tag, or for a group by its path; None without one. owners: from `find_tagged_owners`."""
    if not isinstance(entity, Group):
        return owner_of(entity)
    claimant = claimant_of(entity)
    return claimant if claimant in owners else None


def is_protected(entity: Entity) -> bool:
    """Return whether an entity has the tag of `protect: true`."""
    return getattr(entity, "tags", {}).get(PROTECT) == "true"


class AddressPatterns:
    """The addresses that patterns such as `settings.ignore` match; letter case does not count, as in IAM."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._matchers = [compile_glob_with_sets(pattern.casefold()) for pattern in patterns]

    def __contains__(self, address: object) -> bool:
        text = str(address).casefold() if self._matchers else ""
        return any(matches(text) for matches in self._matchers)


def ignores_everything(patterns: tuple[str, ...]) -> bool:
    """Return whether the patterns match every address of every kind.

    Tests a name of 64 NULs, which no entity has, and which only a wildcard matches.
    """
    ignored = AddressPatterns(patterns)
    return all(Address(kind, "\0" * 64) in ignored for kind in KINDS_BY_NAME)


def find_surplus(desired: Desired, live: State) -> dict[Address, str]:
    """Return the live entities to prune, because the file no longer has them, each with the reason.

    Entities that AWS services made are left out. Protected ones are included; `guards/protection.py` keeps them.
    """
    candidates = _find_prunable(desired, live)
    spared = find_service_managed(candidates, live, AddressPatterns(desired.settings.prune_also))
    surplus = {address: reason for address, reason in candidates.items() if address not in spared}
    return {
        address: reason for address, reason in surplus.items() if not _serves_kept_role(address, desired, live, surplus)
    }


def find_spared_entities(desired: Desired, live: State) -> tuple[ServiceManagedEntity, ...]:
    """Return the entities that `prune` leaves alone only because an AWS service made them."""
    spared = find_service_managed(_find_prunable(desired, live), live, AddressPatterns(desired.settings.prune_also))
    return tuple(ServiceManagedEntity(address, reason) for address, reason in sorted(spared.items()))


def _find_prunable(desired: Desired, live: State) -> dict[Address, str]:
    mode, owner = desired.settings.prune, desired.owner
    if mode == "none":
        return {}
    ignored = AddressPatterns(desired.settings.ignore)
    never_pruned = {find_caller(live), *desired.settings.break_glass}
    carriers = find_tagged_owners(live) if mode == "all" else {}
    reasons: dict[Address, str] = {}
    for address, entity in live.entities.items():
        if address in desired.state.entities or address in ignored or address in never_pruned:
            continue
        if entity.is_aws_owned or not entity.is_prunable:
            continue
        if is_owned(entity, owner):
            reasons[address] = f"owned by {owner}, and no longer in the file"
        elif mode == "all" and resolve_owner(entity, carriers) is None:
            reasons[address] = "not in the file, and `prune: all`"
    return reasons


def _serves_kept_role(address: Address, desired: Desired, live: State, going: Mapping[Address, str]) -> bool:
    """Return whether an entity is the instance profile of a role that stays and may be in use by machines."""
    profile = live.entities[address]
    role = profile.role if isinstance(profile, InstanceProfile) else None
    if role is None or role not in live.entities or role in going:
        return False
    declaration = desired.declarations.get(role)
    if declaration is None:
        return not is_owned(profile, desired.owner)
    return "instance_profile" in declaration.ignore_changes


def rights_of_caller(live: State) -> frozenset[Address]:
    """Return the entities that give the caller its rights: itself, its groups, policies, boundary and providers."""
    # Late, because a check of the files needs this module, but not the evaluator.
    from reconciler.access.trust_entrances import find_trusted_providers

    caller = find_caller(live)
    entity = live.entities.get(caller) if caller else None
    if not isinstance(entity, User | Role) or caller is None:
        return frozenset()
    groups = entity.groups if isinstance(entity, User) else frozenset()
    policies = own_policies_of(walk_held_policies(entity, live.entities.get), live.account)
    entrances = find_trusted_providers(entity.trust_policy, live.account) if isinstance(entity, Role) else ()
    return frozenset({caller, *groups, *policies, *entrances})


def find_caller(live: State) -> Address | None:
    """Return the caller's user or role; None for any other caller. A session counts as its role."""
    service, _, resource = live.details.caller.partition(f"::{live.account}:")
    kind, _, tail = resource.partition("/")
    if service.endswith(":iam") and kind == "user":
        return Address("user", tail.rpartition("/")[2])
    if service.endswith(":sts") and kind == "assumed-role":
        return Address("role", tail.partition("/")[0])
    return None
