"""Find who gains and who loses administrator power through a plan, or a way to it.

A power over all entities of a type follows from the principal alone, so only principals that the plan changes are
evaluated. Other ways also depend on whom they take over. They are followed through the whole account, before and after,
but only if the plan changes somebody's own powers, a right over single entities, or who may assume a role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.access import (
    ASSUME_PATH,
    AccountResources,
    Grade,
    NamedPower,
    Power,
    PowerFinder,
    PowerGraph,
    Principal,
    Target,
    Verdict,
    group_principals_of,
    has_named_rights,
    may_combine_rights,
)
from reconciler.access.resource_tags import ResourceTags, depends_on_tags, may_depend_on_tags
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import PrincipalPower
from reconciler.plan.access.power_rows import NameOf, NewWays, build_rows, name_targets

DisplayNames = Mapping[str, str]
"""Maps addresses to the names to show in their place, such as the name after a rename."""
Principals = Mapping[Address, Principal]


@dataclass(frozen=True)
class AccountSide:
    """The account before or after a plan.

    principals: every user and role. changed: those that differ on the other side.
    groups: every group as a principal. targets: every role. tags: those of users, roles and policies.
    display_names: the names of entities after the plan.
    """

    principals: Principals
    changed: Principals
    groups: Principals
    targets: Mapping[Address, Target]
    tags: ResourceTags
    display_names: DisplayNames

    def display_name(self, address: Address) -> str:
        """Return the name to show for an entity."""
        return self.display_names.get(str(address), str(address))

    def names_by_arn(self) -> dict[str, str]:
        """Return the names to show for users, roles and groups."""
        listed = (*self.principals.items(), *self.groups.items())
        return {principal.arn: self.display_name(address) for address, principal in listed}


def build_sides(
    before: State,
    after: State,
    principals: tuple[Principals, ...],
    targets: tuple[Mapping[Address, Target], Mapping[Address, Target]],
    display_names: DisplayNames,
) -> tuple[AccountSide, AccountSide]:
    """Return the account before and after a plan.

    principals: four mappings: all before, those of them that differ after; all after, those that differ before.
    targets: every role before and after.
    """
    groups_before, groups_after = group_principals_of(before), group_principals_of(after)
    same = [address for address, group in groups_after.items() if groups_before.get(address) == group]
    kept = {address: groups_before[address] for address in same}
    return (
        AccountSide(principals[0], principals[1], groups_before, targets[0], ResourceTags.of(before), display_names),
        AccountSide(principals[2], principals[3], {**groups_after, **kept}, targets[1], ResourceTags.of(after), {}),
    )


def compare_powers(
    before: AccountSide, after: AccountSide, *, changes_access: bool
) -> tuple[tuple[PrincipalPower, ...], tuple[PrincipalPower, ...]]:
    """Return the powers that the plan gives, and the powers that it takes.

    changes_access: the plan changes who may assume some role, which service may, or on which keys that depends.
    """
    finder = PowerFinder()
    held, holds = _SideWays(before, finder), _SideWays(after, finder)
    if changes_access or _may_change_ways(held, holds):
        roles = dict.fromkeys(target.arn for side in (before, after) for target in side.targets.values())
        positions = {arn: index for index, arn in enumerate(roles)}
        held.follow_ways(positions)
        holds.follow_ways(positions)
    gained, lost = _list_new_rows(holds, held, tells_looser=True), _list_new_rows(held, holds, tells_looser=False)
    return tuple(gained), tuple(lost)


class _SideWays:
    """The ways of one side of the plan, by the name of the principal."""

    def __init__(self, side: AccountSide, finder: PowerFinder) -> None:
        self.side = side
        self.names = side.names_by_arn()
        self.name_of: NameOf = name_targets(self.names)
        self._finder = finder
        self.principals = {side.display_name(address): principal for address, principal in side.principals.items()}
        self.changed = {side.display_name(address): principal for address, principal in side.changed.items()}
        self.graph: PowerGraph | None = None

    def follow_ways(self, positions: Mapping[str, int]) -> None:
        """Follow the ways over single entities and roles through the account. positions: as in `AccountResources`."""
        side = self.side
        resources = AccountResources(
            {principal.arn: principal for principal in side.principals.values()},
            {group.arn: group for group in side.groups.values()},
            {target.arn: target for target in side.targets.values()},
            positions,
            side.tags,
        )
        self.graph = PowerGraph(resources, self._finder)

    def powers_of(self, name: str) -> tuple[Power, ...]:
        """Return the powers that follow from the principal alone."""
        principal = self.principals.get(name)
        return self._finder.find(principal) if principal is not None else ()

    def powers_of_group(self, address: Address) -> tuple[Power, ...]:
        group = self.side.groups.get(address)
        return self._finder.find(group) if group is not None else ()

    def named_powers_of(self, name: str) -> list[NamedPower]:
        principal = self.principals.get(name)
        return self.graph.named.get(principal.arn, []) if self.graph and principal is not None else []

    def assumable_of(self, name: str) -> int:
        """Return the roles that a principal may assume and that lead to administrator power, as a set of bits."""
        principal = self.principals.get(name)
        return self.graph.assumable.get(principal.arn, 0) if self.graph and principal is not None else 0

    def is_administrator(self, name: str) -> bool:
        return any(power.grade is Grade.ADMINISTRATOR for power in self.powers_of(name))


def _may_change_ways(before: _SideWays, after: _SideWays) -> bool:
    """Return whether the plan may change a way that does not follow from one principal alone."""
    names = before.changed.keys() | after.changed.keys()
    if any(_ids_of(before.powers_of(name)) != _ids_of(after.powers_of(name)) for name in names):
        return True
    changed = [item for side in (before, after) for item in side.changed.values()]
    if any(has_named_rights(item) or may_combine_rights(item) for item in changed):
        return True
    if any(_labels_of(before, name) != _labels_of(after, name) for name in names):
        everybody = (item for side in (before, after) for item in side.principals.values())
        if any(map(may_combine_rights, everybody)):
            return True
    if before.side.tags != after.side.tags and any(map(may_depend_on_tags, after.principals.values())):
        return True
    groups = before.side.groups.keys() | after.side.groups.keys()
    return any(_ids_of(before.powers_of_group(one)) != _ids_of(after.powers_of_group(one)) for one in groups)


def _labels_of(side: _SideWays, name: str) -> frozenset[str] | None:
    """Return the names of the policies of a principal; None if it does not exist on this side."""
    principal = side.principals.get(name)
    return None if principal is None else frozenset(source.label for source in principal.policies)


def _ids_of(powers: Iterable[Power]) -> set[str]:
    return {power.path.id for power in powers if power.path is not None}


def _list_new_rows(side: _SideWays, other: _SideWays, *, tells_looser: bool) -> list[PrincipalPower]:
    """Return the rows of one side that the other side lacks.

    For an administrator only that power is listed, and nothing for one who is an administrator on the other side.

    tells_looser: tell also the ways that the other side has on further conditions.
    """
    names = set(side.changed)
    if side.graph is not None:
        names |= {name for name, item in side.principals.items() if side.graph.has_ways_over_others(item.arn)}
    finders = (_find_new_ways, _find_looser_ways) if tells_looser else (_find_new_ways,)
    rows = []
    for name in names:
        if not other.is_administrator(name):
            for find_ways in finders:
                looser = ", on fewer conditions than before" if find_ways is _find_looser_ways else ""
                rows += [
                    replace(row, reason=row.reason + looser)
                    for row in build_rows(find_ways(side, other, name), side.graph, side.name_of)
                ]
    return sorted(rows, key=lambda row: (row.principal, row.power, row.path))


def _find_new_ways(side: _SideWays, other: _SideWays, name: str) -> NewWays:
    """Return the ways of one principal. A way on all resources of a type includes the way on single ones."""
    broad = _ids_of(other.powers_of(name))
    powers = [power for power in side.powers_of(name) if power.path is not None and power.path.id not in broad]
    principal = side.principals[name]
    if side.is_administrator(name):
        return NewWays(principal, [power for power in powers if power.grade is Grade.ADMINISTRATOR])
    including = _ids_of(power for power in other.powers_of(name) if not depends_on_tags(power.verdict))
    known = _named_verdicts_of(other, name)
    named = [
        power
        for power in side.named_powers_of(name)
        if power.path.id not in including and (power.path.id, side.name_of(power.target)) not in known
    ]
    assumable = side.assumable_of(name) & ~other.assumable_of(name)
    if assumable:
        powers = [power for power in powers if power.path is not None and power.path.id != ASSUME_PATH]
    return NewWays(principal, powers, named, assumable)


def _find_looser_ways(side: _SideWays, other: _SideWays, name: str) -> NewWays:
    """Return the ways of one principal that both sides have, and that the other side has on further conditions."""
    principal = side.principals[name]
    if side.is_administrator(name):
        return NewWays(principal, ())
    broad = {power.path.id: power.verdict for power in other.powers_of(name) if power.path is not None}
    powers = [
        power
        for power in side.powers_of(name)
        if power.path is not None and power.path.id in broad and _is_looser(power.verdict, broad[power.path.id])
    ]
    known = _named_verdicts_of(other, name)
    named = [
        power
        for power in side.named_powers_of(name)
        if (key := (power.path.id, side.name_of(power.target))) in known and _is_looser(power.verdict, known[key])
    ]
    return NewWays(principal, powers, named)


def _is_looser(verdict: Verdict, earlier: Verdict) -> bool:
    return not earlier.allowed and (verdict.allowed or verdict.keys < earlier.keys)


def _named_verdicts_of(side: _SideWays, name: str) -> dict[tuple[str, str], Verdict]:
    """Return the verdict on each path over a single resource, by the id of the path and the name of the resource."""
    return {(power.path.id, side.name_of(power.target)): power.verdict for power in side.named_powers_of(name)}
