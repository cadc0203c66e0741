"""Find a statement in the document that its author wrote, and its line in the file."""

from __future__ import annotations

from reconciler.model.document import Document, Statement
from reconciler.model.problem import Place


def find_statement_index(document: Document, statement: Statement | None) -> int | None:
    """Return the index (from 0) of a statement in the document as written; None if the document lacks it."""
    return document.listed.index(statement) if statement in document.listed else None


def find_statement_place(document: Document, statement: Statement | None) -> Place | None:
    """Return the line of a statement of a file's document; None if the document lacks it, or is not a file's."""
    index = find_statement_index(document, statement)
    return document.places[index] if index is not None and index < len(document.places) else None
