"""Compute the fingerprint of an entity: a short text that is equal exactly if two entities mean the same.

It does not depend on formatting, on the order of a file, on letter case that IAM ignores, or on the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from reconciler.kinds.comparison import flatten_entity
from reconciler.model.address import Address
from reconciler.model.entity import Entity

ABSENT = "absent"


def fingerprint_of(entity: Entity | None) -> str:
    """Return `sha256:…` of the compared fields; `absent` for None."""
    return (
        compute_digest({path: _to_json_value(value) for path, value in flatten_entity(entity).items()})
        if entity
        else ABSENT
    )


def compute_digest(value: Any, *, allow_surrogates: bool = False) -> str:
    """Return `sha256:…` of a JSON value; the order of its keys does not count.

    Raises ValueError for a lone surrogate, which only names of files may have.

    allow_surrogates: True if the value holds names of files.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = text.encode(errors="surrogatepass" if allow_surrogates else "strict")
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _to_json_value(value: object) -> Any:
    if isinstance(value, Address):
        return list(value.key)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_json_value(getattr(value, field.name)) for field in fields(value) if field.compare}
    if isinstance(value, frozenset):
        return sorted((_to_json_value(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, tuple):
        return [_to_json_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _to_json_value(item) for key, item in value.items()}
    return value
