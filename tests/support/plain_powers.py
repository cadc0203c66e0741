"""Compute the ways to administrator power without shortcuts: every principal over every other, until nothing is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from reconciler.access import (
    ASSUME_PATH,
    UNREAD_POLICIES,
    Grade,
    PolicySource,
    Principal,
    can_assume,
    find_powers,
    group_principals_of,
    is_administrator,
    load_paths,
    principals_of,
    targets_of,
)
from reconciler.access import powers as power_module
from reconciler.access.named_powers import find_combined_powers, find_named_powers
from reconciler.access.named_resources import NamedResources, PassableRoles
from reconciler.access.powers import rests_on_unread_policies
from reconciler.model.admin_ways import PrincipalWays
from reconciler.model.live import State
from reconciler.model.plan import PrincipalPower

Way = tuple[str, str, str]
"""A principal, the id of a path, and the name of whom it takes over; empty if the path is on everything."""


@contextmanager
def every_path_evaluated() -> Iterator[None]:
    """Evaluate every path of every principal, also those whose actions no policy can allow."""
    with patch.object(
        power_module,
        "_list_possible_paths",
        lambda principal: tuple(path for path in load_paths() if path.is_broad_for(principal.kind)),
    ):
        yield


@dataclass
class PlainSide:
    """The ways in one state. broad, single: on everything, and over one user, role, group or policy."""

    administrators: set[str] = field(default_factory=set)
    broad: dict[str, set[str]] = field(default_factory=dict)
    single: dict[str, set[tuple[str, str]]] = field(default_factory=dict)


def find_plain_ways(state: State, names: Mapping[str, str]) -> PlainSide:
    """Return the ways of every user and role. names: maps addresses to the names to show."""
    principals, targets, groups = principals_of(state), targets_of(state), group_principals_of(state)
    nodes = {item.arn: item for item in (*principals.values(), *groups.values())}
    shown = {
        item.arn: names.get(str(address), str(address)) for address, item in (*principals.items(), *groups.items())
    }
    found = PlainSide()
    own: dict[str, set[str]] = {}
    administrators = {arn for arn, item in nodes.items() if is_administrator(item)}
    for arn, item in nodes.items():
        powers = [power for power in find_powers(item) if power.name != UNREAD_POLICIES]
        own[arn] = {power.path.id for power in powers if power.path}
        if any(power.grade is Grade.ADMINISTRATOR for power in powers):
            found.administrators.add(shown[arn])
    held = {source.label: source for arn in administrators for source in nodes[arn].policies}
    policies = [label for label, source in held.items() if _makes_administrators(source, state.account)]
    roles = [target.arn for target in targets.values()]
    kinds = {
        "user": [item.arn for item in principals.values() if item.kind == "user"],
        "role": roles,
        "group": [item.arn for item in groups.values()],
    }
    holders = {
        source.label: [arn for arn in roles if source.label in {one.label for one in nodes[arn].policies}]
        for arn in roles
        for source in nodes[arn].policies
    }
    resources = NamedResources({**kinds, "policy": policies}, frozenset([*administrators, *policies]))
    everybody = NamedResources({**kinds, "policy": [label for label in holders if ":policy/" in label]})
    by_arn = {target.arn: target for target in targets.values()}
    passable = PassableRoles(targets.values())
    edges: set[tuple[str, str, str]] = set()
    anyway: set[tuple[str, str, str]] = set()
    for item in principals.values():
        for target in targets.values():
            verdict = can_assume(item, target)
            if not verdict.denied and not rests_on_unread_policies(verdict) and target.arn != item.arn:
                edges.add((item.arn, ASSUME_PATH, target.arn))
        if item.arn not in administrators:
            named = find_named_powers(item, resources, passable)
            edges |= {(item.arn, power.path.id, power.target) for power in named if power.target != item.arn}
            combined = find_combined_powers(item, everybody, by_arn, holders, {})
            anyway |= {(item.arn, power.path.id, power.target) for power in combined}
    leading = {*administrators, *policies, *(arn for arn in own if own[arn]), *(arn for arn, _, _ in anyway)}
    while more := {arn for arn, _, target in edges if target in leading} - leading:
        leading |= more
    for arn, name in shown.items():
        found.broad[name] = own[arn]
        ways = anyway | {edge for edge in edges if edge[2] in leading}
        found.single[name] = {(path, shown.get(target, target)) for who, path, target in ways if who == arn}
    return found


def _makes_administrators(source: PolicySource, account: str) -> bool:
    mark = f":iam::{account}:policy/"
    return mark in source.label and is_administrator(Principal(source.label, "account", account, (source,)))


def list_new_ways(side: PlainSide, other: PlainSide) -> set[Way]:
    """Return the ways of one side that the other lacks, as a plan tells them."""
    grades = {path.id: path.grade for path in load_paths()}
    found: set[Way] = set()
    for name in {name for name in side.broad if name.split("/")[0] != "group"} - other.administrators:
        known, ways = other.broad.get(name, set()), other.single.get(name, set())
        broad = side.broad[name] - known
        if name in side.administrators:
            found |= {(name, path, "") for path in broad if grades[path] is Grade.ADMINISTRATOR}
            continue
        single = {way for way in side.single[name] - ways if way[0] not in known or way[0] == ASSUME_PATH}
        if any(path == ASSUME_PATH for path, _ in single):
            broad = broad - {ASSUME_PATH}
        found |= {(name, path, "") for path in broad} | {(name, path, target) for path, target in single}
    return found


def ways_of_rows(rows: tuple[PrincipalPower, ...]) -> set[Way]:
    """Return the ways that rows of a plan tell."""
    names = {path.id: path.name for path in load_paths()}
    found: set[Way] = set()
    for row in rows:
        if row.power == names[row.path]:
            found.add((row.principal, row.path, ""))
        elif row.power == f"{names[row.path]} on {row.targets[0]}":
            found.add((row.principal, row.path, row.targets[0]))
        else:
            found |= {(row.principal, row.path, target) for target in row.targets}
    return found


def ways_of_groups(groups: Iterable[PrincipalWays]) -> set[Way]:
    """Return the ways that `access paths` tells, one for each principal and first target."""
    found: set[Way] = set()
    for group in groups:
        for name in group.principals:
            for way in group.ways:
                targets = way.targets if way.count > 1 else way.targets[:1] if way.count else ("",)
                found |= {(name, way.path, target) for target in targets}
    return found
