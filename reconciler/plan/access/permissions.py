"""Find what each user and role can newly do through a plan, and what it can no longer do, for any service.

Principals with the same deciding statements are compared once. Beyond a budget, and for principals that the plan
creates or deletes, a row names the statement that is the cause, and is not decided: exact answers would take minutes
and thousands of lines, and say no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter, itemgetter

from reconciler.access.permission_cells import StatementPair, list_deciding_statements
from reconciler.access.permission_changes import (
    PermissionChange,
    find_permission_changes,
    list_unproven_changes,
    make_unproven_change,
)
from reconciler.access.policy_statements import PolicyStatement, list_own_grants
from reconciler.access.principal import Principal
from reconciler.model.address import Address
from reconciler.model.arns import policy_reference_of
from reconciler.model.entity import User
from reconciler.model.live import State
from reconciler.model.permissions import ActionCatalogue, PermissionRow, PermissionRows
from reconciler.plan.access.action_names import ActionNamer
from reconciler.plan.access.sides import BothSides, Renames
from reconciler.plan.access.statement_sources import describe_policy, find_source_place

MAX_DISTINCT = 500
"""The number of different pairs of statements that are compared exactly."""
MAX_OF_A_CAUSE = 10
"""The number of rows for what one Deny or boundary lets through, or holds back; more become one row."""


def find_permission_rows(
    principals: BothSides[Principal], renames: Renames, before: State, after: State, catalogue: ActionCatalogue | None
) -> PermissionRows:
    """Return what the changed principals gain, lose, and may on other conditions.

    catalogue: AWS's list of actions; None: rows have patterns only.
    """
    found = _find_changes(principals, renames)
    describe = _RowWriter(before, after)
    namer = ActionNamer(catalogue)
    rows = [
        row
        for change, addresses in found.items()
        for row in namer.name_actions(describe.build_row(change, tuple(sorted(addresses, key=attrgetter("key")))))
    ]
    rows.sort(key=_sort_key_of)
    return PermissionRows(
        gained=tuple(row for row in rows if row.before is None),
        lost=tuple(row for row in rows if row.after is None),
        changed=tuple(row for row in rows if row.before is not None and row.after is not None),
    )


def _sort_key_of(row: PermissionRow) -> tuple[object, ...]:
    patterns = [(one.pattern, one.exceptions) for one in row.patterns]
    sides = ((row.before is not None, row.before or ()), (row.after is not None, row.after or ()))
    return row.principals, row.service, patterns, row.resources, row.not_resources, sides, row.direction, row.via


def _find_changes(principals: BothSides[Principal], renames: Renames) -> Mapping[PermissionChange, set[Address]]:
    """Map each change to the principals that it happens to, under the names that they have after the plan."""
    found: defaultdict[PermissionChange, set[Address]] = defaultdict(set)
    compared: dict[StatementPair, tuple[PermissionChange, ...]] = {}
    created: dict[Address, Principal] = {}
    deleted = dict(principals.changed_before)
    for address, principal in sorted(principals.changed_after.items(), key=itemgetter(0)):
        old = deleted.pop(renames.get(address, address), None)
        if old is None:
            created[address] = principal
            continue
        for change in _compare(old, principal, compared):
            found[change].add(address)
    for those, gains in ((created, True), (deleted, False)):
        for statement, addresses in _find_holders(those):
            found[make_unproven_change(statement, gains=gains)].update(addresses)
    _gather_by_cause(found)
    return found


def _gather_by_cause(found: defaultdict[PermissionChange, set[Address]]) -> None:
    """Replace many changes that one Deny or boundary causes by one that tells all that it covers."""
    by_summary: defaultdict[PermissionChange, list[PermissionChange]] = defaultdict(list)
    for change in found:
        if change.summary is not None:
            by_summary[change.summary].append(change)
    for summary, changes in by_summary.items():
        if len(changes) > MAX_OF_A_CAUSE:
            found[summary].update(*map(found.pop, changes))


def _find_holders(principals: Mapping[Address, Principal]) -> Iterator[tuple[PolicyStatement, list[Address]]]:
    """Yield each statement that principals have, with those that have it.

    Principals that share a policy share its statements as objects; equal statements of other policies stay apart.
    """
    holders: dict[int, tuple[PolicyStatement, list[Address]]] = {}
    for address, principal in principals.items():
        for statement in list_own_grants(principal):
            known = holders.get(id(statement))
            if known is None:
                known = holders[id(statement)] = statement, []
            known[1].append(address)
    yield from holders.values()


def _compare(
    before: Principal, after: Principal, compared: dict[StatementPair, tuple[PermissionChange, ...]]
) -> tuple[PermissionChange, ...]:
    pair = list_deciding_statements(before, after)
    if pair not in compared:
        is_within = len(compared) < MAX_DISTINCT
        compared[pair] = (
            find_permission_changes(before, after, pair) if is_within else tuple(list_unproven_changes(*pair))
        )
    return compared[pair]


@dataclass
class _RowWriter:
    """Write rows with the names of this account. before, after: the account on either side of the plan."""

    before: State
    after: State

    def build_row(self, change: PermissionChange, principals: tuple[Address, ...]) -> PermissionRow:
        side = self.before if change.after is None else self.after
        return PermissionRow(
            principals=tuple(map(str, principals)),
            service="*",
            patterns=change.actions,
            resources=change.resources,
            not_resources=change.not_resources,
            before=change.before,
            after=change.after,
            direction=change.direction,
            decided=change.decided,
            unread=tuple(sorted(policy_reference_of(label, side.account) for label in change.unread)),
            via=tuple(dict.fromkeys(describe_policy(one.label, principals[0], side) for one in change.sources)),
            place=next((place for one in change.sources if (place := find_source_place(one, self.after))), None),
            group=self._find_group(principals),
        )

    def _find_group(self, principals: tuple[Address, ...]) -> str:
        """Return the group whose members are exactly these; "" if there is none."""
        if len(principals) < 2 or principals[0].kind != "user":
            return ""
        first = self.after.entities.get(principals[0])
        members = frozenset(principals)
        groups = sorted(first.groups) if isinstance(first, User) else ()
        return next((str(group) for group in groups if self._members.get(group) == members), "")

    @cached_property
    def _members(self) -> Mapping[Address, frozenset[Address]]:
        members: defaultdict[Address, set[Address]] = defaultdict(set)
        for address, entity in self.after.entities.items():
            if isinstance(entity, User):
                for group in entity.groups:
                    members[group].add(address)
        return {group: frozenset(users) for group, users in members.items()}
