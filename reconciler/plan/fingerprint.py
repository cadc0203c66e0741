"""What an entity means, as a short text: equal exactly when the compared views are equal.

Independent of formatting, of the order of a file, of spelling that IAM does not mind, and of the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from reconciler.kinds.view import view
from reconciler.model.address import Address
from reconciler.model.entity import Entity

ABSENT = "absent"


def fingerprint(entity: Entity | None) -> str:
    """`sha256:…` of the view, or `absent`."""
    return digest({path: _meaning(value) for path, value in view(entity).items()}) if entity else ABSENT


def digest(value: Any, *, of_names: bool = False) -> str:
    """`sha256:…` of a JSON value, whatever the order of its keys.

    of_names: it holds names of files, which may be bytes that are no text (lone surrogates). Nothing else may: that is
    a ValueError.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = text.encode(errors="surrogatepass" if of_names else "strict")
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _meaning(value: object) -> Any:
    if isinstance(value, Address):
        return list(value.key)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _meaning(getattr(value, field.name)) for field in fields(value) if field.compare}
    if isinstance(value, frozenset):
        return sorted((_meaning(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, tuple):
        return [_meaning(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _meaning(item) for key, item in value.items()}
    return value
