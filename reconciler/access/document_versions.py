"""Write the conditions of a document of an older Version as Version 2012-10-17 does, to compare the two.

IAM User Guide, "IAM policy elements: Variables and tags": only Version 2012-10-17 reads variables. In an older document
`${aws:username}` is text, and a document of 2012-10-17 writes this text as `${$}{aws:username}`.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.document import Condition, Document, Statement
from reconciler.policy.canonical import CURRENT_VERSION


def write_as_current(document: Document) -> Document:
    """Return a document whose conditions mean the same under Version 2012-10-17; its Version stays."""
    if document.version == CURRENT_VERSION:
        return document
    listed = tuple(map(_escape_statement, document.listed))
    return replace(document, statements=frozenset(map(_escape_statement, document.statements)), listed=listed)


def becomes_variables(before: Condition, after: Condition) -> bool:
    """Return whether a condition of a current document has the texts of an escaped one, but as variables."""
    return before != after and _escape_condition(after) == before


def _escape_statement(statement: Statement) -> Statement:
    return replace(statement, conditions=frozenset(map(_escape_condition, statement.conditions)))


def _escape_condition(condition: Condition) -> Condition:
    return replace(condition, values=frozenset(value.replace("${", "${$}{") for value in condition.values))
