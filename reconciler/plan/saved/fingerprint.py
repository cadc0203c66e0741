"""What an entity means, as a short text: equal exactly when the compared views are equal.

Independent of formatting, of the order of a file, of spelling that IAM does not mind, and of the process.
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
    """`sha256:…` of the view, or `absent`."""
    return (
        compute_digest({path: _to_json_value(value) for path, value in flatten_entity(entity).items()})
        if entity
        else ABSENT
    )


def compute_digest(value: Any, *, allow_surrogates: bool = False) -> str:
    """`sha256:…` of a JSON value, whatever the order of its keys.

    allow_surrogates: it holds names of files, which may be bytes that are no text (lone surrogates). Nothing else
    may: that is a ValueError.
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
