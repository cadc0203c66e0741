"""Whose an entity is, and what pruning may take: the file format's "Ownership and pruning".

Owned is what carries our owner tag. A group cannot be tagged: below the path `/<owner>/` it belongs to that owner, if
anything in the account carries its tag; the groups below any other path belong to nobody.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from reconciler.access.trust_entrances import find_trusted_providers
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
    """The owner tag; None for groups and untagged entities."""
    tags = getattr(entity, "tags", None)
    return tags.get(OWNER) if tags else None


def is_owned(entity: Entity, owner: str | None) -> bool:
    if owner is None:
        return False
    if isinstance(entity, Group):
        return entity.path.startswith(f"/{owner}/")
    return owner_of(entity) == owner


def claimant_of(group: Group) -> str | None:
    """Return the name that would own the group by its path; `find_tagged_owners` says whether there is such an
    owner."""
    first, slash, _ = group.path.removeprefix("/").partition("/")
    return first if slash else None


def find_tagged_owners(live: State) -> dict[str, Address]:
    """Map each owner in the account to the first entity that carries its tag. Raises NotRead for a part of it."""
    found: dict[str, Address] = {}
    for address, entity in live.all_entities.items():
        owner = owner_of(entity)
        if owner:
            found[owner] = min(address, found.get(owner, address))
    return found


def find_joined_groups(before: Entity | None, after: Entity | None) -> list[Address]:
    """Return the groups that a user is in after a change and was not in before it."""
    sides = [side.groups if isinstance(side, User) else frozenset[Address]() for side in (before, after)]
    return sorted(sides[1] - sides[0])


def resolve_owner(entity: Entity, owners: Container[str]) -> str | None:
    """Return the owner by tag, or of a group by its path. `owners`: the owners that `find_tagged_owners` found."""
    if not isinstance(entity, Group):
        return owner_of(entity)
    claimant = claimant_of(entity)
    return claimant if claimant in owners else None


def is_protected(entity: Entity) -> bool:
    return getattr(entity, "tags", {}).get(PROTECT) == "true"


class AddressPatterns:
    """Addresses that `settings.ignore` matches, without letter case, as IAM compares names."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._matchers = [compile_glob_with_sets(pattern.casefold()) for pattern in patterns]

    def __contains__(self, address: object) -> bool:
        text = str(address).casefold() if self._matchers else ""
        return any(matches(text) for matches in self._matchers)


def ignores_everything(patterns: tuple[str, ...]) -> bool:
    """Tell whether patterns of `settings.ignore` match every address of every kind, whatever its name.

    Nothing but a wildcard matches a name of 64 NULs, and nothing has such a name.
    """
    ignored = AddressPatterns(patterns)
    return all(Address(kind, "\0" * 64) in ignored for kind in KINDS_BY_NAME)


def find_surplus(desired: Desired, live: State) -> dict[Address, str]:
    """The live entities that the file no longer has and its `prune` takes: address → reason.

    Protected ones are among them; `guards/protect.py` keeps those. What AWS's services put there is not.
    """
    found = _find_prunable(desired, live)
    spared = find_service_managed(found, live, AddressPatterns(desired.settings.prune_also))
    going = {address: reason for address, reason in found.items() if address not in spared}
    return {
        address: reason for address, reason in going.items() if not _serves_kept_role(address, desired, live, going)
    }


def find_spared_entities(desired: Desired, live: State) -> tuple[ServiceManagedEntity, ...]:
    """Return what pruning would take if a service of AWS had not put it there."""
    spared = find_service_managed(_find_prunable(desired, live), live, AddressPatterns(desired.settings.prune_also))
    return tuple(ServiceManagedEntity(address, reason) for address, reason in sorted(spared.items()))


def _find_prunable(desired: Desired, live: State) -> dict[Address, str]:
    mode, owner = desired.settings.prune, desired.owner
    if mode == "none":
        return {}
    ignored = AddressPatterns(desired.settings.ignore)
    kept = {find_caller(live), *desired.settings.break_glass}
    carriers = find_tagged_owners(live) if mode == "all" else {}
    found: dict[Address, str] = {}
    for address, entity in live.entities.items():
        if address in desired.state.entities or address in ignored or address in kept:
            continue
        if entity.is_aws_owned or not entity.is_prunable:
            continue
        if is_owned(entity, owner):
            found[address] = f"owned by {owner}, and no longer in the file"
        elif mode == "all" and resolve_owner(entity, carriers) is None:
            found[address] = "not in the file, and `prune: all`"
    return found


def _serves_kept_role(address: Address, desired: Desired, live: State, going: Mapping[Address, str]) -> bool:
    """True for the instance profile of a role that stays and is not ours to judge: machines live on it."""
    profile = live.entities[address]
    role = profile.role if isinstance(profile, InstanceProfile) else None
    if role is None or role not in live.entities or role in going:
        return False
    declaration = desired.declarations.get(role)
    if declaration is None:
        return not is_owned(profile, desired.owner)
    return "instance_profile" in declaration.ignore_changes


def rights_of_caller(live: State) -> frozenset[Address]:
    """What the caller's own rights hang on: itself, its groups, the policies and boundary of both, and providers."""
    caller = find_caller(live)
    entity = live.entities.get(caller) if caller else None
    if not isinstance(entity, User | Role) or caller is None:
        return frozenset()
    groups = entity.groups if isinstance(entity, User) else frozenset()
    policies = own_policies_of(walk_held_policies(entity, live.entities.get), live.account)
    entrances = find_trusted_providers(entity.trust_policy, live.account) if isinstance(entity, Role) else ()
    return frozenset({caller, *groups, *policies, *entrances})


def find_caller(live: State) -> Address | None:
    """The user or role that the caller is; a session counts as its role (sts ARNs drop the path)."""
    service, _, resource = live.details.caller.partition(f"::{live.account}:")
    kind, _, rest = resource.partition("/")
    if service.endswith(":iam") and kind == "user":
        return Address("user", rest.rpartition("/")[2])
    if service.endswith(":sts") and kind == "assumed-role":
        return Address("role", rest.partition("/")[0])
    return None
