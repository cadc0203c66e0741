"""Find who gains and who loses administrator power through a plan, or a way to it.

A power over all entities of a type follows from the principal alone, so only principals that the plan changes are
evaluated. A right over one administrator by name also depends on who the administrators are. They are looked up only if
somebody has such a right. Principals that the plan does not change are evaluated only against those who become, or
cease to be, administrators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.access import (
    UNSEEN_POLICIES,
    AdminTargets,
    Grade,
    PolicySource,
    Principal,
    find_powers_of_all,
    find_powers_over,
    group_principals_of,
    has_named_rights,
    is_administrator,
)
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import PrincipalPower

DisplayNames = Mapping[str, str]
"""Maps addresses to the names to show in their place, such as the name after a rename."""
Principals = Mapping[Address, Principal]


@dataclass(frozen=True)
class AccountSide:
    """The account before or after a plan.

    principals: every user and role. changed: those that differ on the other side.
    groups: every group as a principal.
    display_names: the names of entities after the plan.
    """

    principals: Principals
    changed: Principals
    groups: Principals
    display_names: DisplayNames

    def display_name(self, address: Address) -> str:
        """Return the name to show for an entity."""
        return self.display_names.get(str(address), str(address))


def build_sides(
    before: State, after: State, principals: tuple[Principals, ...], display_names: DisplayNames
) -> tuple[AccountSide, AccountSide]:
    """Return the account before and after a plan.

    principals: four mappings: all before, those of them that differ after; all after, those that differ before.
    """
    return (
        AccountSide(principals[0], principals[1], group_principals_of(before), display_names),
        AccountSide(principals[2], principals[3], group_principals_of(after), {}),
    )


def compare_powers(
    before: AccountSide, after: AccountSide
) -> tuple[tuple[PrincipalPower, ...], tuple[PrincipalPower, ...]]:
    """Return the powers that the plan gives, and the powers that it takes."""
    only_before, only_after = (
        _find_administrators(_select_differing(before, after)),
        _find_administrators(_select_differing(after, before)),
    )
    powers_before = _find_broad_powers(before) | _find_named_powers(before, only_before.exclude(only_after))
    powers_after = _find_broad_powers(after) | _find_named_powers(after, only_after.exclude(only_before))
    return _drop_implied_powers(powers_after - powers_before, powers_before), _drop_implied_powers(
        powers_before - powers_after, powers_after
    )


def _find_broad_powers(side: AccountSide) -> set[PrincipalPower]:
    """Return the powers of the changed principals, without those that depend on policies of unknown content."""
    names = {principal.arn: side.display_name(address) for address, principal in side.changed.items()}
    return {
        PrincipalPower(names[principal.arn], power.name, str(power.grade))
        for principal, powers in find_powers_of_all(side.changed.values())
        for power in powers
        if power.name != UNSEEN_POLICIES and not power.verdict.denied
    }


def _find_named_powers(side: AccountSide, unshared: AdminTargets) -> set[PrincipalPower]:
    """Return the powers by rights over administrators by name.

    unshared: the administrators that only this side has.
    """
    changed = {address: item for address, item in side.changed.items() if has_named_rights(item)}
    powers = _find_powers_over(changed, _find_administrators(side), side) if changed else set()
    if not unshared:
        return powers
    others = (
        (address, item)
        for address, item in side.principals.items()
        if address not in side.changed and has_named_rights(item)
    )
    return powers | _find_powers_over(
        {address: item for address, item in others if not is_administrator(item)}, unshared, side
    )


def _find_powers_over(principals: Principals, targets: AdminTargets, side: AccountSide) -> set[PrincipalPower]:
    return {
        PrincipalPower(side.display_name(address), power.name, str(power.grade))
        for address, principal in principals.items()
        for power in find_powers_over(principal, targets)
    }


def _select_differing(side: AccountSide, other: AccountSide) -> AccountSide:
    """Return a side with only the principals and groups that differ on the other side."""
    now = {address: other.groups.get(address) for address in side.groups}
    groups = {address: group for address, group in side.groups.items() if now[address] != group}
    return AccountSide(side.changed, side.changed, groups, side.display_names)


def _find_administrators(side: AccountSide) -> AdminTargets:
    """Return the administrators of a side, and the groups and policies that make them administrators."""
    names_by_kind: dict[str, dict[str, str]] = {"user": {}, "role": {}, "group": {}, "policy": {}}
    policies: dict[str, PolicySource] = {}
    for address, principal in (*side.principals.items(), *side.groups.items()):
        if not is_administrator(principal):
            continue
        names_by_kind[address.kind][principal.arn] = side.display_name(address)
        mark = f":iam::{principal.account}:policy/"
        policies |= {source.label: source for source in principal.policies if mark in source.label}
    for arn, source in policies.items():
        _, _, _, _, account, name = arn.split(":", 5)
        if is_administrator(Principal(arn, "account", account, (source,))):
            names_by_kind["policy"][arn] = f"policy/{name.rpartition('/')[2]}"
    return AdminTargets(names_by_kind)


def _drop_implied_powers(powers: set[PrincipalPower], other_side: set[PrincipalPower]) -> tuple[PrincipalPower, ...]:
    """Return the powers to show: for an administrator only that power, and nothing for one on both sides.

    other_side: the powers on the other side of the plan.
    """
    old_administrators = set(_select_administrators(other_side))
    administrators = set(_select_administrators(powers))
    shown_powers = (
        power
        for power in powers
        if power.principal not in old_administrators
        and (power.grade == Grade.ADMINISTRATOR or power.principal not in administrators)
    )
    return tuple(sorted(shown_powers, key=lambda power: (power.principal, power.power)))


def _select_administrators(powers: Iterable[PrincipalPower]) -> Iterator[str]:
    return (power.principal for power in powers if power.grade == Grade.ADMINISTRATOR)
