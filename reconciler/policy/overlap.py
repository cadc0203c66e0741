"""Whether two statements can speak of the same request: a guess on the safe side, since conditions are left out."""

from __future__ import annotations

import re
from functools import lru_cache

from reconciler.model.document import Statement

_VARIABLE = re.compile(r"\$\{[^}]*\}")


Statements = frozenset[Statement]


@lru_cache(maxsize=65536)
def meet(some: Statements, others: Statements) -> bool:
    """True where a statement of the one side and one of the other have an action and a resource in common."""
    ours, theirs = _services(some), _services(others)
    if ours is not None and theirs is not None and ours.isdisjoint(theirs):
        return False
    return any(_overlap(one, other) for one in some for other in others)


@lru_cache(maxsize=16384)
def known(statements: Statements) -> Statements:
    """Without those that stand for a policy whose content is not read: they overlap with everything."""
    return frozenset(one for one in statements if not _unread(one))


@lru_cache(maxsize=16384)
def _services(statements: Statements) -> frozenset[str] | None:
    """The services whose actions are spoken of; None where that may be any."""
    found = {action.partition(":")[0] for one in statements for action in one.actions}
    if any(one.not_action or _unread(one) for one in statements) or any(set("*?$") & set(name) for name in found):
        return None
    return frozenset(found)


@lru_cache(maxsize=65536)
def _overlap(one: Statement, other: Statement) -> bool:
    if _unread(one) or _unread(other):
        return True
    return _common(one.actions, one.not_action, other.actions, other.not_action) and (
        one.resources is None
        or other.resources is None
        or _common(one.resources, one.not_resource, other.resources, other.not_resource)
    )


def _unread(statement: Statement) -> bool:
    """What stands for a policy whose content is not read names its ARN as an action (`kinds/planning.py`)."""
    return any(action.startswith("arn:") for action in statement.actions)


def _common(ours: frozenset[str], not_ours: bool, theirs: frozenset[str], not_theirs: bool) -> bool:
    if not_ours and not_theirs:
        return True
    if not_ours:
        return not theirs <= ours
    if not_theirs:
        return not ours <= theirs
    return any(patterns_meet(one, other) for one in ours for other in theirs)


@lru_cache(maxsize=16384)
def patterns_meet(one: str, other: str) -> bool:
    """True where some text matches both patterns (`*`, `?`; a policy variable may be any text)."""
    one, other = _VARIABLE.sub("*", one), _VARIABLE.sub("*", other)
    reached = {0}
    for letter in one:
        reached = _advanced(_skipped(reached, other), letter, other)
        if not reached:
            return False
    return len(other) in _skipped(reached, other)


def _skipped(reached: set[int], pattern: str) -> set[int]:
    """The places of a pattern, and those behind each `*` that may stand for nothing."""
    found = set(reached)
    for place in sorted(reached):
        while place < len(pattern) and pattern[place] == "*":
            place += 1
            found.add(place)
    return found


def _advanced(reached: set[int], letter: str, pattern: str) -> set[int]:
    """Where one can be in `pattern` after the next letter, or wildcard, of the other one."""
    if letter == "*":
        return set(range(min(reached), len(pattern) + 1)) if reached else set()
    found = set()
    for place in reached:
        if place == len(pattern):
            continue
        if pattern[place] == "*":
            found.add(place)
        elif letter == "?" or pattern[place] in ("?", letter):
            found.add(place + 1)
    return found
