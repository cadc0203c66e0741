"""What a change of documents gives and takes, so that a step lands in the phase its content calls for."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.document import Document, Statement
from reconciler.model.plan import Phase

Statements = frozenset[Statement]
NOTHING: Statements = frozenset()


def statements_of(documents: Iterable[Document]) -> Statements:
    return frozenset(statement for document in documents for statement in document.statements)


def phase_of(before: Statements, after: Statements) -> Phase:
    """Taking an Allow away waits for what replaces it; a new Deny goes on before new Allows.

    One call that gives an Allow and takes another stands between the two: after all that only give, before
    all that only take. One that denies and takes waits as well: losing access for a moment is an outage.
    """
    gone, new = before - after, after - before
    takes = any(statement.effect == "Allow" and not _covered(statement, after) for statement in gone)
    gives = any(statement.effect == "Deny" for statement in gone) or any(
        statement.effect == "Allow" and not _covered(statement, before) for statement in new
    )
    if takes:
        return Phase.SWAP if gives else Phase.NARROW
    denies = any(statement.effect == "Deny" for statement in new)
    return Phase.RESTRICT if denies else Phase.WIDEN


def _covered(old: Statement, candidates: Statements) -> bool:
    """True where one new Allow grants at least all of `old`: the same shape with no element smaller."""
    return any(
        new.effect == "Allow"
        and (new.not_principal, new.not_action, new.not_resource) == (False, False, False)
        and (old.not_principal, old.not_action, old.not_resource) == (False, False, False)
        and old.actions <= new.actions
        and (old.resources or frozenset()) <= (new.resources or frozenset())
        and (old.principals or frozenset()) <= (new.principals or frozenset())
        and new.conditions <= old.conditions
        for new in candidates
    )
