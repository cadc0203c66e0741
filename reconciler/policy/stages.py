"""One edit of a document as several: Denies on, Allows on, Allows off, Denies off, each document whole and valid.

For an edit that must come both before and after other calls of a plan (`plan/order/constraints.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.document import Document, Json, Statement
from reconciler.policy.canonical import canonical
from reconciler.policy.permission_delta import is_covered

RawStatements = dict[Statement, dict[str, Json]]
"""Statement without its Sid → as it is written."""


def split_into_stages(before: Document | None, after: Document, limit: int) -> tuple[Document, ...]:
    """The documents to write one after the other; the last one is `after`. before: None where there is none yet.

    Only `after` where the two do not mix (they differ in Version, so that one text may mean two things), where there
    is nothing to take apart, or where one between them would have more than `limit` characters.
    """
    if after.opaque or (before and (before.opaque or before.version != after.version)):
        return (after,)
    old, new = _raw_statements_of(before) if before else {}, _raw_statements_of(after)
    both = {**old, **new}
    lifted = {one for one in old if one.effect == "Deny"}
    denied = set(old) | {one for one in new if one.effect == "Deny"}
    gives = any(one.effect == "Allow" and not is_covered(one, frozenset(old)) for one in new)
    kept = {one for one in old if one.effect == "Allow" and not is_covered(one, frozenset(new))}
    found, last = [], set(old)
    for wanted in (denied, set(new) | lifted | kept if gives else denied, set(new) | lifted):
        if wanted not in (last, set(new)):
            found.append(_compose_document(after, ((both[one], one in new) for one in both if one in wanted)))
        last = wanted
    return (after,) if any(len(one.text) > limit for one in found) else (*found, after)


def _raw_statements_of(document: Document) -> RawStatements:
    listed = json.loads(document.text).get("Statement")
    found: RawStatements = {}
    for raw in listed if isinstance(listed, list) else [listed]:
        (statement,) = canonical({"Version": document.version, "Statement": [raw]}).statements
        found[replace(statement, sid="")] = raw
    return found


def _compose_document(after: Document, statements: Iterable[tuple[dict[str, Json], bool]]) -> Document:
    return canonical({**json.loads(after.text), "Statement": list(_drop_removed_sids(statements))})


def _drop_removed_sids(statements: Iterable[tuple[dict[str, Json], bool]]) -> Iterator[dict[str, Json]]:
    """Sids must be unique in a document: statements that go lose theirs."""
    for raw, stays in statements:
        yield raw if stays else {key: value for key, value in raw.items() if key != "Sid"}
