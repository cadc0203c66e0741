"""Find what a principal can do after a change and could not before, and the reverse.

Each row names actions, resources, the conditions on either side, and the statements that cause it. It errs one way
only: a row may cover more requests than differ, but each request that differs is covered. A row is decided if a request
proves it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.access.change_causes import find_causes, find_grant, find_terms, format_condition_test
from reconciler.access.permission_cells import (
    PermissionCell,
    PermissionComparer,
    StatementPair,
    list_deciding_statements,
)
from reconciler.access.policy_statements import PolicyStatement
from reconciler.access.principal import Principal
from reconciler.access.templates import to_policy_text
from reconciler.access.text_atoms import TooManyAtomsError
from reconciler.access.verdicts import StatementSource
from reconciler.model.permissions import ActionPattern, Direction, Terms
from reconciler.policy.overlap import choose_narrowest, covers_pattern, patterns_overlap


@dataclass(frozen=True, slots=True)
class PermissionChange:
    """One thing that a principal can newly do, can no longer do, or can do on other conditions.

    resources, not_resources: patterns; the change is about those that match one of the first and none of the second.
    before, after: the conditions of either side. sources: the statements that cause it.
    decided: a request proves it; else it may be less than it says, or nothing.
    unread: the labels of the policies of unknown content to which some of these statements belong.
    summary: what the causes alone tell, in place of many changes: all that a Deny or a boundary covers, not only what
        an Allow grants of it. None if they are Allows themselves.
    """

    actions: tuple[ActionPattern, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    before: Terms
    after: Terms
    direction: Direction
    sources: tuple[StatementSource, ...]
    decided: bool = True
    unread: frozenset[str] = frozenset()
    summary: PermissionChange | None = field(default=None, compare=False)


def find_permission_changes(
    before: Principal, after: Principal, statements: StatementPair | None = None
) -> tuple[PermissionChange, ...]:
    """Return the changes of one principal.

    statements: as `list_deciding_statements` returns them, if the caller has them already.
    """
    pair = statements or list_deciding_statements(before, after)
    if pair[0] == pair[1]:
        return ()
    comparer = PermissionComparer(before, after, pair)
    try:
        broad = [_make_change(one, one in pair[1], True) for one in comparer.broad_allows]
        grouper = _CellGrouper(pair, comparer.broad_allows)
        for cell in comparer.compare():
            grouper.add(cell)
    except TooManyAtomsError:
        return tuple(list_unproven_changes(*pair))
    return tuple(dict.fromkeys(map(_merge_unread, (*broad, *grouper.build_changes()))))


def list_unproven_changes(
    old: frozenset[PolicyStatement], new: frozenset[PolicyStatement]
) -> Iterator[PermissionChange]:
    """Yield each statement that is added or removed, as a change that no request proves.

    Every gain lies within an Allow that is added or a Deny that is removed; every loss within the reverse.
    """
    changes = (
        make_unproven_change(one, gains=(one in new) == one.allows)
        for one in sorted(old ^ new, key=lambda one: one.sort_key)
    )
    yield from dict.fromkeys(changes)


def make_unproven_change(statement: PolicyStatement, *, gains: bool) -> PermissionChange:
    """Return a statement that is added or removed, as a change that no request proves."""
    return _merge_unread(_make_change(statement, gains, False))


def _merge_unread(change: PermissionChange) -> PermissionChange:
    """Return a change that names only the unread policies it depends on: equal for all that depend on the same ones."""
    if not change.unread or change.decided:
        return change
    gains = change.direction is not Direction.NARROWER
    return PermissionChange(
        (ActionPattern("*"),),
        ("*",),
        (),
        None if gains else (),
        () if gains else None,
        change.direction,
        tuple(StatementSource(label) for label in sorted(change.unread)),
        False,
        change.unread,
    )


def _make_change(statement: PolicyStatement, gains: bool, decided: bool) -> PermissionChange:
    actions = (
        (ActionPattern("*", tuple(sorted(statement.actions))),)
        if statement.not_action
        else tuple(ActionPattern(action) for action in sorted(statement.actions))
    )
    patterns = tuple(sorted(map(to_policy_text, statement.resources or ())))
    everything = statement.resources is None or statement.not_resource
    terms = tuple(map(format_condition_test, statement.conditions)) if statement.allows else ()
    return PermissionChange(
        actions,
        ("*",) if everything else patterns,
        patterns if statement.not_resource else (),
        None if gains else terms,
        terms if gains else None,
        Direction.WIDER if gains else Direction.NARROWER,
        (statement.source,),
        decided,
        find_unread_policies([statement]),
    )


def find_unread_policies(statements: Iterable[PolicyStatement]) -> frozenset[str]:
    """Return the labels of the policies of unknown content to which some of the statements belong."""
    facts = (fact for one in statements for fact in one.unknown)
    return frozenset(fact.removeprefix("policy:") for fact in facts if fact.startswith("policy:"))


_CauseKey = tuple[Direction, frozenset[PolicyStatement], Terms, Terms]
"""Direction, causes, and the terms of either side."""


@dataclass
class _Group:
    """The cells of one row.

    actions: pattern → the patterns that none of its actions matches. resources: one pattern for each atom.
    not_resources: the patterns that no resource of a cell matches; None if there is no cell yet.
    """

    actions: dict[str, frozenset[str]] = field(default_factory=dict)
    resources: set[str] = field(default_factory=set)
    not_resources: frozenset[str] | None = None
    decided: bool = False


class _CellGrouper:
    """Put the cells together that the same statements cause, on the same conditions."""

    def __init__(self, statements: StatementPair, broad_allows: Iterable[PolicyStatement]) -> None:
        self._old, self._new = statements
        self._changed = self._old ^ self._new
        self._broad_allows = frozenset(broad_allows)
        self._action_patterns = frozenset(pattern for one in self._old | self._new for pattern in one.actions)
        self._groups: defaultdict[tuple[_CauseKey, frozenset[PolicyStatement]], _Group] = defaultdict(_Group)
        self._summaries: defaultdict[_CauseKey, _Group] = defaultdict(_Group)

    def add(self, cell: PermissionCell) -> None:
        """Add a cell: first what differs if nothing unknown is true, then what differs only if something unknown is."""
        gains = losses = False
        for every in (cell.space.known, cell.space.every):
            before, after = cell.before & every, cell.after & every
            gain_causes = frozenset() if gains else find_causes(cell, after & ~before, self._new, self._changed)
            loss_causes = frozenset() if losses else find_causes(cell, before & ~after, self._old, self._changed)
            self._add_part(cell, gain_causes, loss_causes, every)
            gains, losses = gains or bool(gain_causes), losses or bool(loss_causes)

    def _add_part(
        self,
        cell: PermissionCell,
        gain_causes: frozenset[PolicyStatement],
        loss_causes: frozenset[PolicyStatement],
        every: int,
    ) -> None:
        gains, losses = (
            bool(causes) and causes.isdisjoint(self._broad_allows) for causes in (gain_causes, loss_causes)
        )
        if not gains and not losses:
            return
        causes, grants = frozenset[PolicyStatement](), frozenset[PolicyStatement]()
        if gains:
            causes |= gain_causes
            grants |= find_grant(cell, cell.after & ~cell.before & every, self._new, gain_causes)
        if losses:
            causes |= loss_causes
            grants |= find_grant(cell, cell.before & ~cell.after & every, self._old, loss_causes)
        direction = Direction.OTHER if gains and losses else Direction.WIDER if gains else Direction.NARROWER
        before = find_terms(cell, self._old, cell.before & every, every)
        after = find_terms(cell, self._new, cell.after & every, every)
        key = direction, causes, before, after
        group = self._groups[key, grants]
        group.decided |= cell.proven and every == cell.space.known
        self._add_cell(group, cell, causes | grants)
        if grants:
            self._add_cell(self._summaries[key], cell, causes)

    def _add_cell(self, group: _Group, cell: PermissionCell, telling: frozenset[PolicyStatement]) -> None:
        """Add a cell to a group, by the patterns of the statements that tell what the group is about."""
        self._add_actions(group, cell, telling)
        self._add_resource(group, cell, telling)

    def _add_actions(self, group: _Group, cell: PermissionCell, telling: frozenset[PolicyStatement]) -> None:
        named = {pattern for one in telling if not one.not_action for pattern in one.actions}
        for atom in cell.actions.atoms:
            chosen = choose_narrowest(atom.matched & named)
            unmatched = self._action_patterns - atom.matched
            group.actions[chosen] = group.actions.get(chosen, unmatched) & unmatched

    def _add_resource(self, group: _Group, cell: PermissionCell, telling: frozenset[PolicyStatement]) -> None:
        named = {pattern for one in telling if not one.not_resource for pattern in one.resources or ()}
        group.resources.add(choose_narrowest(map(to_policy_text, cell.resource.matched & named)))
        patterns = {pattern for one in cell.actions.covering for pattern in one.resources or ()}
        unmatched = frozenset(map(to_policy_text, patterns - cell.resource.matched))
        group.not_resources = unmatched if group.not_resources is None else group.not_resources & unmatched

    def build_changes(self) -> Iterator[PermissionChange]:
        """Yield the rows, in no particular order."""
        summaries = {key: _build_change(key, group) for key, group in self._summaries.items()}
        for (key, grants), group in self._groups.items():
            change = _build_change(key, group)
            yield replace(change, summary=_merge_unread(summaries[key])) if grants else change


def _build_change(key: _CauseKey, group: _Group) -> PermissionChange:
    direction, causes, before, after = key
    resources = tuple(sorted(_drop_covered(group.resources)))
    excluded = {one for one in group.not_resources or () if any(patterns_overlap(one, other) for other in resources)}
    return PermissionChange(
        tuple(_build_patterns(group.actions)),
        resources,
        tuple(sorted(_drop_covered(excluded))),
        before,
        after,
        direction,
        _list_sources(causes),
        group.decided,
        find_unread_policies(causes),
    )


def _list_sources(causes: Iterable[PolicyStatement]) -> tuple[StatementSource, ...]:
    ordered = sorted(causes, key=lambda one: one.sort_key)
    return tuple(dict.fromkeys(one.source for one in ordered))


def _build_patterns(actions: Mapping[str, frozenset[str]]) -> Iterator[ActionPattern]:
    for pattern, unmatched in sorted(actions.items()):
        exceptions = {one for one in unmatched if patterns_overlap(one, pattern)}
        yield ActionPattern(pattern, tuple(sorted(_drop_covered(exceptions))))


def _drop_covered(patterns: Iterable[str]) -> set[str]:
    """Return the patterns without those that another one covers."""
    listed = set(patterns)
    wild = [other for other in listed if "*" in other or "?" in other]  # a plain text covers only itself
    return {one for one in listed if not any(other != one and covers_pattern(other, one) for other in wild)}
