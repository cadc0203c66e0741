"""Show the changes inside a document to people. Equality decides if it changed; DeepDiff finds where.

This module is imported only to show a plan with changed documents. Statements are paired first
(`policy/statements.py`), so that DeepDiff's paths name a statement and an element, and never an index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.document import Document, Statement
from reconciler.model.durations import annotate_age
from reconciler.policy.statements import Pair, elements_of, pair_statements


@dataclass(frozen=True, slots=True)
class ElementChange:
    """One action, resource, principal or condition that was added (`+`) or removed (`-`)."""

    sign: str
    element: str
    value: str


@dataclass(frozen=True, slots=True)
class StatementChange:
    """One changed statement. sign: as in `Action.symbol`. label: names the statement. parts: its changed elements."""

    sign: str
    label: str
    parts: tuple[ElementChange, ...]


def diff_documents(before: Document | None, after: Document | None) -> list[StatementChange]:
    """Return a change for every statement that differs between two documents."""
    changes = [_diff_pair(pair) for pair in pair_statements(before, after)]
    if before and after and before.version != after.version:
        parts = (ElementChange("-", "Version", before.version), ElementChange("+", "Version", after.version))
        changes.insert(0, StatementChange("~", "the document", parts))
    if before and after and before.id != after.id:
        changes.insert(
            0,
            StatementChange(
                "~", "the document", (ElementChange("-", "Id", before.id), ElementChange("+", "Id", after.id))
            ),
        )
    return changes


def _diff_pair(pair: Pair) -> StatementChange:
    old, new = pair
    if old is None or new is None:
        statement = new or old
        if statement is None:
            raise ValueError("a pair of nothing")
        sign = "+" if old is None else "-"
        parts = tuple(ElementChange(sign, element, value) for element, value in _list_elements(statement))
        return StatementChange(sign, _label_statement(statement), parts)
    return StatementChange("~", _label_statement(new, old), tuple(_diff_elements(old, new)))


def _diff_elements(old: Statement, new: Statement) -> list[ElementChange]:
    from deepdiff import DeepDiff

    changes: list[ElementChange] = []
    tree = DeepDiff(
        to_comparable_dict(old), to_comparable_dict(new), view="tree", verbose_level=2, threshold_to_diff_deeper=0
    )
    for report, sign in (("dictionary_item_removed", "-"), ("dictionary_item_added", "+")):
        for level in tree.get(report, ()):
            path = level.path(output_format="list")
            inside: Mapping[str, object] = level.t1 if sign == "-" else level.t2
            keys = [path[1]] if len(path) > 1 else list(inside)
            changes += [
                ElementChange(sign, str(path[0]), _format_value(json.loads(str(key)), old, new)) for key in keys
            ]
    return sorted(changes, key=lambda part: (part.element, part.sign, part.value))


def to_comparable_dict(statement: Statement) -> dict[str, dict[str, bool]]:
    """Return a statement for DeepDiff: maps element and parts (as JSON) to True, so that order does not count."""
    elements: dict[str, dict[str, bool]] = {}

    def put(element: str, *parts: str) -> None:
        elements.setdefault(element, {})[json.dumps(parts)] = True

    put("Effect", statement.effect)
    if statement.sid:
        put("Sid", statement.sid)
    if statement.unknown:
        put("Unknown", statement.unknown)
    if statement.resources is not None:
        elements["NotResource" if statement.not_resource else "Resource"] = {}
    if statement.principals is not None:
        elements["NotPrincipal" if statement.not_principal else "Principal"] = {}
    if statement.not_action:
        elements["NotAction"] = {}
    for element, *parts in elements_of(statement):
        put(element, *parts)
    return elements


def _format_value(parts: list[str], *sides: Statement) -> str:
    """Return the parts of one element as text, in the author's letter case."""
    if parts == ["*", "*"]:  # a principal that is everyone
        return "*"
    spelled = (next((side.spelling[part] for side in reversed(sides) if part in side.spelling), part) for part in parts)
    return annotate_age(" ".join(spelled))


def _list_elements(statement: Statement) -> list[tuple[str, str]]:
    return [(element, _format_value(parts, statement)) for element, *parts in sorted(elements_of(statement))]


def _label_statement(statement: Statement, before: Statement | None = None) -> str:
    """Return a name for a statement: its Sid, else its first action, and in a trust its first principal.

    Actions and principals that it had before come first, because people know it by them.
    """
    if statement.sid:
        return f"{statement.effect} {statement.sid!r}"
    old = elements_of(before) if before else set()
    listed = sorted(statement.actions, key=lambda action: (("Action", action) not in old, action))
    actions = _summarize_items([statement.spelling_of(action) for action in listed])
    if statement.principals is None:
        return f"{statement.effect} {'all but ' if statement.not_action else ''}{actions}"
    principals = sorted(statement.principals, key=lambda pair: (("Principal", *pair) not in old, pair))
    labels = [value if kind in ("AWS", "*") else f"{kind} {value}" for kind, value in principals]
    return f"{statement.effect} {actions} to {'all but ' if statement.not_principal else ''}{_summarize_items(labels)}"


def _summarize_items(items: list[str]) -> str:
    more = f" and {len(items) - 1} more" if len(items) > 1 else ""
    return f"{items[0] if items else 'nothing'}{more}"
