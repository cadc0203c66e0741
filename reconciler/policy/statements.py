"""Pairing the statements of two documents: by Sid, else by likeness; equal ones drop out."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.document import Document, Statement

Pair = tuple[Statement | None, Statement | None]

_MIN_SIMILARITY = 0.34
"""Below this share of common elements two statements are a removal and an addition, not a change, unless one is all of
the other and more."""


def pair_statements(before: Document | None, after: Document | None) -> list[Pair]:
    """(old, new) for each statement that differs; None on the side where it is not."""
    old = set(before.statements) if before else set()
    new = set(after.statements) if after else set()
    gone, come = _sort_statements(old - new), _sort_statements(new - old)
    found: list[Pair] = []
    by_sid = {statement.sid: statement for statement in come if statement.sid}
    for statement in [item for item in gone if item.sid in by_sid]:
        other = by_sid[statement.sid]
        if other in come:
            found.append((statement, other))
            gone.remove(statement)
            come.remove(other)
    candidates = sorted(
        ((similarity_of(one, other), i, j) for i, one in enumerate(gone) for j, other in enumerate(come)),
        key=lambda item: (-item[0], item[1], item[2]),
    )
    used_old: set[int] = set()
    used_new: set[int] = set()
    for score, i, j in candidates:
        if i not in used_old and j not in used_new and (score >= _MIN_SIMILARITY or _is_extension(gone[i], come[j])):
            found.append((gone[i], come[j]))
            used_old.add(i)
            used_new.add(j)
    found += [(statement, None) for i, statement in enumerate(gone) if i not in used_old]
    found += [(None, statement) for j, statement in enumerate(come) if j not in used_new]
    return found


def similarity_of(one: Statement, other: Statement) -> float:
    """Share of common elements, 0 to 1; 0 where the effects differ."""
    if one.effect != other.effect:
        return 0.0
    left, right = elements_of(one), elements_of(other)
    return len(left & right) / max(1, len(left | right))


def _is_extension(one: Statement, other: Statement) -> bool:
    """Whether one has every element of the other, one way or the other."""
    left, right = elements_of(one), elements_of(other)
    return one.effect == other.effect and (left <= right or right <= left)


Element = tuple[str, ...]
"""What it is (Action, Resource, Principal, Condition, or their Not… forms), then its parts."""


def elements_of(statement: Statement) -> set[Element]:
    """Every action, resource, principal and condition value; a condition without values has one part less."""
    found: set[Element] = {("NotAction" if statement.not_action else "Action", action) for action in statement.actions}
    resource = "NotResource" if statement.not_resource else "Resource"
    found |= {(resource, text) for text in statement.resources or ()}
    principal = "NotPrincipal" if statement.not_principal else "Principal"
    found |= {(principal, kind, value) for kind, value in statement.principals or ()}
    for condition in statement.conditions:
        named = ("Condition", condition.operator, condition.key)
        found |= {(*named, value) for value in condition.values} or {named}
    return found


def _sort_statements(statements: Iterable[Statement]) -> list[Statement]:
    return sorted(statements, key=lambda item: (item.sid, sorted(elements_of(item))))
