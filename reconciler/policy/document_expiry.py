"""Let a document expire by itself: every statement gets a condition that compares `aws:CurrentTime` with a date.

IAM User Guide, "Date condition operators" and "AWS global condition context keys" (`aws:CurrentTime` is in every
request); an explicit Deny wins over every Allow, of resource policies and trusts too ("Policy evaluation logic").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from reconciler.model.document import Document, Json
from reconciler.policy.canonical import CURRENT_VERSION, parse_authored
from reconciler.policy.timestamps import InvalidTimestamp, format_timestamp, parse_timestamp

_BEFORE_OPERATOR, _FROM_OPERATOR, _TIME_KEY = "DateLessThan", "DateGreaterThanEquals", "aws:CurrentTime"


class ExpiryConflict(ValueError):
    """Says that a statement already has a condition on the time. args: the index of the statement."""


def add_expiry(document: Document, at: datetime, partition: str) -> Document:
    """Return the document with each statement limited to the time before `at`.

    Raises ExpiryConflict if a statement already has such a condition.
    """
    body: dict[str, Json] = json.loads(document.text)
    statements: list[Json] = [_add_expiry_condition(item, at, index) for index, item in enumerate(_statements_of(body))]
    return replace(parse_authored({**body, "Statement": statements}, partition), places=document.places)


def _add_expiry_condition(statement: Mapping[str, Any], at: datetime, index: int) -> dict[str, Json]:
    conditions: dict[str, Any] = dict(statement.get("Condition") or {})
    block = dict(conditions.get(_BEFORE_OPERATOR) or {})
    if any(key.lower() == _TIME_KEY.lower() for key in block):
        raise ExpiryConflict(index)
    return {**statement, "Condition": {**conditions, _BEFORE_OPERATOR: {**block, _TIME_KEY: format_timestamp(at)}}}


def split_expiry(document: Document, partition: str) -> tuple[Document, datetime] | None:
    """Return the document and the time that `add_expiry` made this document of; None if it did not make it."""
    if document.opaque:
        return None
    body: dict[str, Json] = json.loads(document.text)
    ends: set[str] = set()
    statements: list[Json] = []
    for item in _statements_of(body):
        conditions = dict(item.get("Condition") or {})
        block = conditions.pop(_BEFORE_OPERATOR, None)
        if not isinstance(block, dict):
            return None
        remaining_keys = {key: value for key, value in block.items() if key.lower() != _TIME_KEY.lower()}
        ends |= {value if isinstance(value, str) else "" for key, value in block.items() if key not in remaining_keys}
        conditions |= {_BEFORE_OPERATOR: remaining_keys} if remaining_keys else {}
        lasting = {key: value for key, value in item.items() if key != "Condition"}
        statements.append(lasting | ({"Condition": conditions} if conditions else {}))
    try:
        at = parse_timestamp(ends.pop()) if len(ends) == 1 else None
        original = parse_authored({**body, "Statement": statements}, partition)
        return (original, at) if at is not None and add_expiry(original, at, partition) == document else None
    except (InvalidTimestamp, ExpiryConflict):
        return None


def _statements_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    raw_statements = body.get("Statement")
    listed = raw_statements if isinstance(raw_statements, list) else [raw_statements]
    return [item for item in listed if isinstance(item, dict)]


def build_denial(at: datetime | None, partition: str) -> Document:
    """Return a document that denies everything from `at` on; always, if `at` is None."""
    statement: dict[str, Json] = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    if at is not None:
        statement["Condition"] = {_FROM_OPERATOR: {_TIME_KEY: format_timestamp(at)}}
    return parse_authored({"Version": CURRENT_VERSION, "Statement": [cast("Json", statement)]}, partition)


def denial_start_of(document: Document, partition: str) -> datetime | None:
    """Return the time that `build_denial` made this document of; None if it did not make it."""
    for statement in document.statements:
        for condition in statement.conditions:
            try:
                at = parse_timestamp(next(iter(condition.values), ""))
            except InvalidTimestamp:
                return None
            return at if build_denial(at, partition) == document else None
    return None
