"""Whose an entity is, and what pruning may take: the file format's "Ownership and pruning".

Owned is what carries our owner tag. A group cannot be tagged: below the path `/<owner>/` it belongs to that owner, if
anything in the account carries its tag; the groups below any other path belong to nobody.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from reconciler.kinds.facets.tags import OWNER, PROTECT
from reconciler.kinds.registry import BY_NAME
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Group, InstanceProfile, Role, User
from reconciler.model.globs import compile_glob_with_sets
from reconciler.model.live import State
from reconciler.model.plan import LeftAlone
from reconciler.plan.service_managed import spare
from reconciler.policy.trust import trusted_providers


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
    """Return the name that would own the group by its path; `carriers_of` says whether there is such an owner."""
    first, slash, _ = group.path.removeprefix("/").partition("/")
    return first if slash else None


def carriers_of(live: State) -> dict[str, Address]:
    """Map each owner in the account to the first entity that carries its tag. Raises NotRead for a part of it."""
    found: dict[str, Address] = {}
    for address, entity in live.everything.items():
        owner = owner_of(entity)
        if owner:
            found[owner] = min(address, found.get(owner, address))
    return found


def joined_groups(before: Entity | None, after: Entity | None) -> list[Address]:
    """Return the groups that a user is in after a change and was not in before it."""
    sides = [side.groups if isinstance(side, User) else frozenset[Address]() for side in (before, after)]
    return sorted(sides[1] - sides[0])


def owner_among(entity: Entity, carriers: Container[str]) -> str | None:
    """Return the owner by tag, or of a group by its path. `carriers`: the owners that `carriers_of` found."""
    if not isinstance(entity, Group):
        return owner_of(entity)
    claimant = claimant_of(entity)
    return claimant if claimant in carriers else None


def is_protected(entity: Entity) -> bool:
    return getattr(entity, "tags", {}).get(PROTECT) == "true"


class Ignored:
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
    ignored = Ignored(patterns)
    return all(Address(kind, "\0" * 64) in ignored for kind in BY_NAME)


def surplus(desired: Desired, live: State) -> dict[Address, str]:
    """The live entities that the file no longer has and its `prune` takes: address → reason.

    Protected ones are among them; `guards/protect.py` keeps those. What AWS's services put there is not.
    """
    found = _prunable(desired, live)
    spared = spare(found, live, Ignored(desired.settings.prune_also))
    going = {address: reason for address, reason in found.items() if address not in spared}
    return {address: reason for address, reason in going.items() if not _serves(address, desired, live, going)}


def left_alone(desired: Desired, live: State) -> tuple[LeftAlone, ...]:
    """Return what pruning would take if a service of AWS had not put it there."""
    spared = spare(_prunable(desired, live), live, Ignored(desired.settings.prune_also))
    return tuple(LeftAlone(address, reason) for address, reason in sorted(spared.items()))


def _prunable(desired: Desired, live: State) -> dict[Address, str]:
    mode, owner = desired.settings.prune, desired.owner
    if mode == "none":
        return {}
    ignored = Ignored(desired.settings.ignore)
    kept = {caller_address(live), *desired.settings.break_glass}
    carriers = carriers_of(live) if mode == "all" else {}
    found: dict[Address, str] = {}
    for address, entity in live.entities.items():
        if address in desired.state.entities or address in ignored or address in kept:
            continue
        if entity.of_aws or not entity.pruned:
            continue
        if is_owned(entity, owner):
            found[address] = f"owned by {owner}, and no longer in the file"
        elif mode == "all" and owner_among(entity, carriers) is None:
            found[address] = "not in the file, and `prune: all`"
    return found


def _serves(address: Address, desired: Desired, live: State, going: Mapping[Address, str]) -> bool:
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
    caller = caller_address(live)
    entity = live.entities.get(caller) if caller else None
    if not isinstance(entity, User | Role) or caller is None:
        return frozenset()
    groups = entity.groups if isinstance(entity, User) else frozenset()
    holders = [entity, *(group for name in groups if isinstance(group := live.entities.get(name), Group))]
    arns = {arn for holder in holders for arn in holder.policies}
    arns |= {entity.permissions_boundary} if entity.permissions_boundary else set()
    policies = {address for arn in arns if (address := address_of(arn, live.account))}
    entrances = trusted_providers(entity.trust_policy, live.account) if isinstance(entity, Role) else ()
    return frozenset({caller, *groups, *policies, *entrances})


def caller_address(live: State) -> Address | None:
    """The user or role that the caller is; a session counts as its role (sts ARNs drop the path)."""
    service, _, resource = live.facts.caller.partition(f"::{live.account}:")
    kind, _, rest = resource.partition("/")
    if service.endswith(":iam") and kind == "user":
        return Address("user", rest.rpartition("/")[2])
    if service.endswith(":sts") and kind == "assumed-role":
        return Address("role", rest.partition("/")[0])
    return None
