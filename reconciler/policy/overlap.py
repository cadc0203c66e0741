"""Decide if two statements can apply to the same request, and if one covers the other.

Overlap errs towards yes, because it ignores conditions. Cover errs towards no.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from reconciler.model.account_caches import cache_for_account
from reconciler.model.document import Statement
from reconciler.model.globs import Automaton, Repeat, Token, accept_any, globs_meet

_VARIABLE = re.compile(r"\$\{[^}]*\}")

_MIN_INDEXED = 16
"""The number of patterns from which an index takes less time than comparing each."""

Statements = frozenset[Statement]


@cache_for_account(maxsize=65536)
def statements_overlap(some: Statements, others: Statements) -> bool:
    """Return whether a statement of each side have an action and a resource in common."""
    ours, theirs = _services_of(some), _services_of(others)
    if ours is not None and theirs is not None and ours.isdisjoint(theirs):
        return False
    return any(_pair_overlaps(one, other) for one in some for other in others)


@cache_for_account(maxsize=16384)
def drop_unread(statements: Statements) -> Statements:
    """Return the statements without the placeholders of unread policies, which overlap with everything."""
    return frozenset(one for one in statements if not _is_unread(one))


@cache_for_account(maxsize=16384)
def _services_of(statements: Statements) -> frozenset[str] | None:
    """Return the services whose actions the statements name; None if they may be any."""
    found = {action.partition(":")[0] for one in statements for action in one.actions}
    if any(one.not_action or _is_unread(one) for one in statements) or any(set("*?$") & set(name) for name in found):
        return None
    return frozenset(found)


@cache_for_account(maxsize=65536)
def _pair_overlaps(one: Statement, other: Statement) -> bool:
    if _is_unread(one) or _is_unread(other):
        return True
    return pattern_sets_overlap(one.actions, one.not_action, other.actions, other.not_action) and (
        one.resources is None
        or other.resources is None
        or pattern_sets_overlap(one.resources, one.not_resource, other.resources, other.not_resource)
    )


@cache_for_account(maxsize=16384)
def unread_policies_of(statements: Statements) -> frozenset[str]:
    """Return the ARNs of the unread policies that some of these statements stand for."""
    return frozenset(action for one in statements if _is_unread(one) for action in one.actions)


def intersect_statements(some: Statements, others: Statements) -> Statements:
    """Return the first side limited to the requests that the second side also applies to; never less than that."""
    return frozenset(_intersect_pair(one, other) for one in some for other in others if _pair_overlaps(one, other))


def _intersect_pair(one: Statement, other: Statement) -> Statement:
    if _is_unread(other):
        return replace(one, sid="")
    spelling = {**other.spelling, **one.spelling}
    if _is_unread(one):
        return replace(other, sid="", effect=one.effect, conditions=frozenset(), spelling=spelling)
    actions, not_action = _intersect_patterns(one.actions, one.not_action, other.actions, other.not_action)
    resources, not_resource = one.resources, one.not_resource
    if resources is None:
        resources, not_resource = other.resources, other.not_resource
    elif other.resources is not None:
        resources, not_resource = _intersect_patterns(resources, not_resource, other.resources, other.not_resource)
    return replace(
        one,
        sid="",
        actions=actions,
        not_action=not_action,
        resources=resources,
        not_resource=not_resource,
        spelling=spelling,
    )


def _intersect_patterns(
    ours: frozenset[str], not_ours: bool, theirs: frozenset[str], not_theirs: bool
) -> tuple[frozenset[str], bool]:
    if not_ours and not_theirs:
        return ours, True
    if not_ours:
        return theirs - ours, False
    if not_theirs:
        return ours - theirs, False
    return frozenset(
        _narrower_of(one, other) for one in ours for other in theirs if patterns_overlap(one, other)
    ), False


def _narrower_of(one: str, other: str) -> str:
    """Return the narrower of two overlapping patterns; the first one if neither covers the other."""
    return other if covers_pattern(one, other) else one


@cache_for_account(maxsize=16384)
def covers_pattern(pattern: str, other: str) -> bool:
    """Return whether a pattern matches every text that the other one matches; may be a wrong no, never a wrong yes.

    The other pattern is read as a text, in which only a `*` can match a `*`.
    """
    if pattern in ("*", other):
        return True
    if "${" in pattern:
        return False
    return Automaton(_parse_covering(pattern)).matches(_replace_variables(other))


def choose_narrowest(patterns: Iterable[str]) -> str:
    """Return a pattern that no other one narrows; the longest, if there are several; `*` if there is none."""
    listed = set(patterns)
    narrowest = [one for one in listed if not any(other != one and covers_pattern(one, other) for other in listed)]
    return min(narrowest or listed, key=lambda text: (-len(text), text), default="*")


def _parse_covering(pattern: str) -> Iterator[Token]:
    for letter in pattern:
        yield Repeat(accept_any) if letter == "*" else _is_one_character if letter == "?" else letter


def _is_one_character(letter: str) -> bool:
    """Return whether a letter of a pattern matches exactly one character."""
    return letter not in "*$"


def _replace_variables(pattern: str) -> str:
    """Return a pattern with `*` for each policy variable, whose value may be any text."""
    head, brace, tail = pattern.rpartition("}")  # no variable begins after the last brace
    return _VARIABLE.sub("*", head + brace) + tail


def is_surely_covered(statement: Statement, others: Statements, effect: str) -> bool:
    """Return whether one of the others has this effect on every request of the statement; never a wrong yes."""
    return any(one.effect == effect and _covers_statement(one, statement) for one in others)


def _covers_statement(one: Statement, other: Statement) -> bool:
    if _is_unread(one) or _is_unread(other):
        return one.actions == other.actions
    return (
        one.conditions <= other.conditions
        and covers_patterns(one.actions, one.not_action, other.actions, other.not_action)
        and other.resources is not None
        and covers_patterns(one.resources or frozenset(), one.not_resource, other.resources, other.not_resource)
    )


def covers_patterns(ours: frozenset[str], not_ours: bool, theirs: frozenset[str], not_theirs: bool) -> bool:
    """Return whether the first pair of arguments matches every text that the second pair matches.

    Each pair is a set of patterns, and True if it means every text that they do not match.
    """
    if not_ours:
        excluded_there = all(any(covers_pattern(other, one) for other in theirs) for one in ours)
        return (
            excluded_there if not_theirs else not any(patterns_overlap(one, other) for one in ours for other in theirs)
        )
    if not_theirs:
        return "*" in ours
    return all(any(covers_pattern(one, other) for one in ours) for other in theirs)


def _is_unread(statement: Statement) -> bool:
    """Return whether a statement stands for an unread policy: its action is the ARN (`kinds/plan_context.py`)."""
    return any(action.startswith("arn:") for action in statement.actions)


def pattern_sets_overlap(ours: frozenset[str], not_ours: bool, theirs: frozenset[str], not_theirs: bool) -> bool:
    """Return whether some text may match both sides.

    Each side is a set of patterns, and True if it means every text that they do not match.
    """
    if not_ours and not_theirs:
        return True
    if not_ours:
        return not theirs <= ours
    if not_theirs:
        return not ours <= theirs
    if not ours.isdisjoint(theirs):
        return True
    few, many = sorted((ours, theirs), key=len)
    return any(
        patterns_overlap(one, other)
        for one in few
        for other in _list_rivals(one, many)
        if _is_wild(one) or _is_wild(other)
    )


def _is_wild(pattern: str) -> bool:
    """Return whether a pattern matches more than its own text."""
    return "*" in pattern or "?" in pattern or "${" in pattern


def _list_rivals(pattern: str, others: frozenset[str]) -> Iterable[str]:
    """Return those of the others that may overlap with a pattern: not those of other services."""
    start = _plain_start_of(pattern)
    if start is None or len(others) < _MIN_INDEXED:
        return others
    index = _index_by_start(others)
    return chain(index.get(start, ()), index.get(None, ()))


@cache_for_account(maxsize=1024)
def _index_by_start(patterns: frozenset[str]) -> Mapping[str | None, Sequence[str]]:
    """Return the patterns by `_plain_start_of`."""
    index: defaultdict[str | None, list[str]] = defaultdict(list)
    for pattern in patterns:
        index[_plain_start_of(pattern)].append(pattern)
    return index


def _plain_start_of(pattern: str) -> str | None:
    """Return the text before the first colon, such as the service of an action; None if it may be several texts."""
    start = pattern.partition(":")[0]
    return None if "*" in start or "?" in start or "$" in start else start


@cache_for_account(maxsize=16384)
def patterns_overlap(one: str, other: str) -> bool:
    """Return whether some text matches both patterns (`*`, `?`; a policy variable may be any text)."""
    return globs_meet(_replace_variables(one), _replace_variables(other))
