"""Who gains and who loses administrator power by a plan, or a way to it.

Powers over everything of a sort follow from a principal alone, so only those that the plan changes are asked. A way
over one administrator by name depends on who the administrators are, too: they are looked for only if somebody has
such a right, and whoever the plan does not change is asked only about those who become one or cease to be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.access import (
    UNSEEN,
    Grade,
    PolicySource,
    Principal,
    Targets,
    groups_of,
    is_administrator,
    names_things,
    powers_of,
    ways_to,
)
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import Empowered

Names = Mapping[str, str]
"""Other names to call some entities by."""
Principals = Mapping[Address, Principal]


@dataclass(frozen=True)
class Side:
    """The account on one side of a plan. changed: the principals that are others on the other side.

    now: the name that an entity has after the plan.
    """

    principals: Principals
    changed: Principals
    groups: Principals
    now: Names

    def name(self, address: Address) -> str:
        return self.now.get(str(address), str(address))


def sides(before: State, after: State, principals: tuple[Principals, ...], now: Names) -> tuple[Side, Side]:
    """`principals`: all before, those of them that change; all after, those of them that changed."""
    return (
        Side(principals[0], principals[1], groups_of(before), now),
        Side(principals[2], principals[3], groups_of(after), {}),
    )


def power_delta(before: Side, after: Side) -> tuple[tuple[Empowered, ...], tuple[Empowered, ...]]:
    """Return the powers gained and those lost."""
    went, came = _administrators(_differing(before, after)), _administrators(_differing(after, before))
    held = _over_sorts(before) | _by_name(before, went.beside(came))
    holds = _over_sorts(after) | _by_name(after, came.beside(went))
    return _foremost(holds - held, held), _foremost(held - holds, holds)


def _over_sorts(side: Side) -> set[Empowered]:
    """The powers of those that change; what hangs on policies that nobody read is left out."""
    names = {principal.arn: side.name(address) for address, principal in side.changed.items()}
    return {
        Empowered(names[principal.arn], power.name, str(power.grade))
        for principal, found in powers_of(side.changed.values())
        for power in found
        if power.name != UNSEEN and not power.verdict.denied
    }


def _by_name(side: Side, only: Targets) -> set[Empowered]:
    """The ways over administrators by name. `only`: the administrators that the other side does not have."""
    changed = {address: item for address, item in side.changed.items() if names_things(item)}
    found = _over_named(changed, _administrators(side), side) if changed else set()
    if not only:
        return found
    others = (
        (address, item)
        for address, item in side.principals.items()
        if address not in side.changed and names_things(item)
    )
    return found | _over_named({address: item for address, item in others if not is_administrator(item)}, only, side)


def _over_named(who: Principals, targets: Targets, side: Side) -> set[Empowered]:
    return {
        Empowered(side.name(address), power.name, str(power.grade))
        for address, principal in who.items()
        for power in ways_to(principal, targets)
    }


def _differing(side: Side, other: Side) -> Side:
    """A side with nothing but the principals and groups that are others on the other side."""
    now = {address: other.groups.get(address) for address in side.groups}
    groups = {address: group for address, group in side.groups.items() if now[address] != group}
    return Side(side.changed, side.changed, groups, side.now)


def _administrators(side: Side) -> Targets:
    """The administrators of a side, the groups that make one, and the policies that do so for one of these."""
    found: dict[str, dict[str, str]] = {"user": {}, "role": {}, "group": {}, "policy": {}}
    policies: dict[str, PolicySource] = {}
    for address, principal in (*side.principals.items(), *side.groups.items()):
        if not is_administrator(principal):
            continue
        found[address.kind][principal.arn] = side.name(address)
        mark = f":iam::{principal.account}:policy/"
        policies |= {source.label: source for source in principal.policies if mark in source.label}
    for arn, source in policies.items():
        _, _, _, _, account, name = arn.split(":", 5)
        if is_administrator(Principal(arn, "account", account, (source,))):
            found["policy"][arn] = f"policy/{name.rpartition('/')[2]}"
    return Targets(found)


def _foremost(found: set[Empowered], otherwise: set[Empowered]) -> tuple[Empowered, ...]:
    """An administrator's ways to become one are not worth naming, nor is a second way of being one.

    otherwise: the powers on the other side of the plan.
    """
    already = set(_administrating(otherwise))
    administrators = set(_administrating(found))
    kept = (
        one
        for one in found
        if one.principal not in already and (one.grade == Grade.ADMINISTRATOR or one.principal not in administrators)
    )
    return tuple(sorted(kept, key=lambda one: (one.principal, one.power)))


def _administrating(found: Iterable[Empowered]) -> Iterator[str]:
    return (one.principal for one in found if one.grade == Grade.ADMINISTRATOR)
