"""Split one edit of a document into stages: add the Denies, add the Allows, remove Allows, remove Denies.

Each stage is a whole, valid document. A plan needs stages if one edit must come both before and after other calls
(`plan/order/constraints.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.document import Document, Json, Statement
from reconciler.policy.canonical import canonical
from reconciler.policy.permission_delta import is_covered

RawStatements = dict[Statement, dict[str, Json]]
"""Maps each statement, without its Sid, to its JSON as the author wrote it."""


def split_into_stages(before: Document | None, after: Document, limit: int) -> tuple[Document, ...]:
    """Return the documents to write one after the other; the last one is `after`.

    Return only `after` if the edit cannot be split: the two documents differ in Version (one text may then mean two
    things), the edit has only one stage, or a stage would be too long.

    before: the live document; None if there is none yet.
    limit: the largest number of characters that AWS accepts.
    """
    if after.opaque or (before and (before.opaque or before.version != after.version)):
        return (after,)
    old, new = _raw_statements_of(before) if before else {}, _raw_statements_of(after)
    both = {**old, **new}
    old_denies = {statement for statement in old if statement.effect == "Deny"}
    lost_allows = {
        statement for statement in old if statement.effect == "Allow" and not is_covered(statement, frozenset(new))
    }
    gives = any(statement.effect == "Allow" and not is_covered(statement, frozenset(old)) for statement in new)
    with_denies = set(old) | {statement for statement in new if statement.effect == "Deny"}
    with_allows = set(new) | old_denies | lost_allows if gives else with_denies
    stages, previous = [], set(old)
    for stage in (with_denies, with_allows, set(new) | old_denies):
        if stage not in (previous, set(new)):
            raws = ((both[statement], statement in new) for statement in both if statement in stage)
            stages.append(_compose_document(after, raws))
        previous = stage
    return (after,) if any(len(document.text) > limit for document in stages) else (*stages, after)


def _raw_statements_of(document: Document) -> RawStatements:
    listed = json.loads(document.text).get("Statement")
    raw_statements: RawStatements = {}
    for raw in listed if isinstance(listed, list) else [listed]:
        (statement,) = canonical({"Version": document.version, "Statement": [raw]}).statements
        raw_statements[replace(statement, sid="")] = raw
    return raw_statements


def _compose_document(after: Document, statements: Iterable[tuple[dict[str, Json], bool]]) -> Document:
    return canonical({**json.loads(after.text), "Statement": list(_drop_removed_sids(statements))})


def _drop_removed_sids(statements: Iterable[tuple[dict[str, Json], bool]]) -> Iterator[dict[str, Json]]:
    """Yield the statements; those that the edit removes lose their Sid, which must be unique in a document.

    statements: each with True if it is in the document after the edit.
    """
    for raw, stays in statements:
        yield raw if stays else {key: value for key, value in raw.items() if key != "Sid"}
