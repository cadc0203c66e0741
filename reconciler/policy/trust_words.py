"""Put a trust policy into words, as a rule of the file would say it: `user/alice and role/ci, with MFA`."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.document import Condition, Document, Statement
from reconciler.model.durations import annotate_age
from reconciler.model.sentence import format_list
from reconciler.policy.global_keys import MFA_KEYS
from reconciler.policy.trust import entity_of

_MOST_NAMED = 5
"""The number of principals or conditions that one rule names."""

_PLAIN_ACTIONS = frozenset(["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"])


def describe_trust(document: Document, account: str) -> list[str] | None:
    """Return a text for each statement; None if words would leave something out."""
    statements = document.statements
    if document.opaque or not statements or any(map(_is_unusual, statements)):
        return None
    return sorted(_describe_statement(statement, account) for statement in statements)


def _is_unusual(statement: Statement) -> bool:
    return bool(
        statement.not_principal
        or statement.not_action
        or statement.empty_operators
        or statement.unknown
        or not statement.principals
        or statement.resources is not None
        or len(statement.principals) > _MOST_NAMED
        or len(statement.conditions) > _MOST_NAMED
    )


def _describe_statement(statement: Statement, account: str) -> str:
    principals = sorted(_describe_principal(kind, value, account) for kind, value in statement.principals or ())
    actions = sorted(map(statement.spelling_of, statement.actions - _PLAIN_ACTIONS))
    added = f", also {format_list(actions, _MOST_NAMED)}" if actions else ""
    conditions = ", ".join(_describe_conditions(statement))
    deny = "Deny " if statement.effect == "Deny" else ""
    return f"{deny}{format_list(principals, _MOST_NAMED)}{added}{f', {conditions}' if conditions else ''}"


def _describe_principal(kind: str, value: str, account: str) -> str:
    if "*" in (kind, value):
        return "everyone"
    entity = entity_of(value, account, kind)
    if entity is not None:
        return str(entity)
    if kind == "AWS" and value.endswith(":root"):
        owner = value.split(":")[4]
        return "every principal of this account" if owner == account else f"account {owner}"
    return f"{kind.lower()}:{value}" if kind in ("Service", "Federated") else value


def _describe_conditions(statement: Statement) -> Iterator[str]:
    others = []
    for condition in sorted(statement.conditions, key=lambda one: (one.key, one.operator)):
        if condition.operator == "Bool" and condition.key in MFA_KEYS and condition.values == {"true"}:
            yield "with MFA"
        else:
            others.append(_describe_condition(condition, statement))
    if others:
        yield f"if {' and '.join(others)}"


def _describe_condition(condition: Condition, statement: Statement) -> str:
    values = ", ".join(sorted(map(statement.spelling_of, condition.values)))
    return annotate_age(f"{condition.operator} {statement.spelling_of(condition.key)} {values}")
