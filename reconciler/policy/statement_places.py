"""Find a statement in the document that its author wrote, and its line in the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from reconciler.model.document import Document, Statement
from reconciler.model.problem import Place
from reconciler.policy.canonical import canonical


def find_statement_index(document: Document, statement: Statement | None, partition: str) -> int | None:
    """Return the index (from 0) of a statement in the document as written; None if the document lacks it."""
    if statement is None or document.opaque or not document.text:
        return None
    return _index_statements(document.text, partition).get(statement)


@lru_cache(maxsize=2048)
def _index_statements(text: str, partition: str) -> Mapping[Statement, int]:
    """Map each statement of a document to its index."""
    written = json.loads(text)
    listed = written["Statement"] if isinstance(written["Statement"], list) else [written["Statement"]]
    indexes: dict[Statement, int] = {}
    for index, item in enumerate(listed):
        for statement in canonical({**written, "Statement": item}, partition).statements:
            indexes.setdefault(statement, index)
    return indexes


def find_statement_place(document: Document, statement: Statement | None, partition: str) -> Place | None:
    """Return the line of a statement of a file's document; None if the document lacks it, or is no file's."""
    index = find_statement_index(document, statement, partition)
    return document.places[index] if index is not None and index < len(document.places) else None
