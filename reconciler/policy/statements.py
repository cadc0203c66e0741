"""Pair the statements of two documents, so that a change of a statement shows as one change.

Equal statements drop out. The rest pair by Sid, then by how many elements they share.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.document import Document, Statement

Pair = tuple[Statement | None, Statement | None]

_MIN_SIMILARITY = 0.34
"""Two statements with a smaller share of common elements count as a removal and an addition, not as a change.

The exception: one has every element of the other.
"""


def pair_statements(before: Document | None, after: Document | None) -> list[Pair]:
    """Return (old, new) for each statement that differs; None on the side that has no counterpart."""
    old = set(before.statements) if before else set()
    new = set(after.statements) if after else set()
    removed, added = _sort_statements(old - new), _sort_statements(new - old)
    pairs: list[Pair] = []
    by_sid = {statement.sid: statement for statement in added if statement.sid}
    for statement in [item for item in removed if item.sid in by_sid]:
        other = by_sid[statement.sid]
        if other in added:
            pairs.append((statement, other))
            removed.remove(statement)
            added.remove(other)
    candidates = sorted(
        ((similarity_of(left, right), i, j) for i, left in enumerate(removed) for j, right in enumerate(added)),
        key=lambda item: (-item[0], item[1], item[2]),
    )
    used_old: set[int] = set()
    used_new: set[int] = set()
    for score, i, j in candidates:
        similar = score >= _MIN_SIMILARITY or _is_extension(removed[i], added[j])
        if i not in used_old and j not in used_new and similar:
            pairs.append((removed[i], added[j]))
            used_old.add(i)
            used_new.add(j)
    pairs += [(statement, None) for i, statement in enumerate(removed) if i not in used_old]
    pairs += [(None, statement) for j, statement in enumerate(added) if j not in used_new]
    return pairs


def similarity_of(one: Statement, other: Statement) -> float:
    """Return the share of elements that two statements have in common, 0 to 1; 0 if their effects differ."""
    if one.effect != other.effect:
        return 0.0
    left, right = elements_of(one), elements_of(other)
    return len(left & right) / max(1, len(left | right))


def _is_extension(one: Statement, other: Statement) -> bool:
    """Return whether either statement has every element of the other."""
    left, right = elements_of(one), elements_of(other)
    return one.effect == other.effect and (left <= right or right <= left)


Element = tuple[str, ...]
"""The name of the element (Action, Resource, Principal, Condition or a Not… form), then its parts."""


def elements_of(statement: Statement) -> set[Element]:
    """Return every action, resource, principal and condition value; a condition without values has one part less."""
    elements: set[Element] = {
        ("NotAction" if statement.not_action else "Action", action) for action in statement.actions
    }
    resource = "NotResource" if statement.not_resource else "Resource"
    elements |= {(resource, text) for text in statement.resources or ()}
    principal = "NotPrincipal" if statement.not_principal else "Principal"
    elements |= {(principal, kind, value) for kind, value in statement.principals or ()}
    elements |= {("Condition", operator, "{}") for operator in statement.empty_operators}
    for condition in statement.conditions:
        prefix = ("Condition", condition.operator, condition.key)
        elements |= {(*prefix, value) for value in condition.values} or {prefix}
    return elements


def _sort_statements(statements: Iterable[Statement]) -> list[Statement]:
    return sorted(statements, key=lambda item: (item.sid, sorted(elements_of(item))))
