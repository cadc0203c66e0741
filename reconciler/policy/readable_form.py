"""Write a live document as a person would: the same meaning, AWS's grammar, one stable form.

Elements come in the order of AWS's own examples, and a list of one becomes its value. Elements without effect are left
out: an empty Sid or Condition, and the Version that a file need not write. Statements, actions, resources and values
keep their author's order. Principals are sorted, because IAM stores those of a trust policy by unique id and shows
them in any order.
"""

from __future__ import annotations

import json
from typing import cast

from reconciler.model.document import Document, Json
from reconciler.policy.canonical import CURRENT_VERSION

_ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
    "Condition",
)


def to_readable(document: Document) -> Json:
    """Return the document for a file; return the text itself if it is not JSON."""
    if document.opaque:
        return document.opaque
    body: dict[str, Json] = json.loads(document.text)
    content: dict[str, Json] = {} if document.version == CURRENT_VERSION else {"Version": document.version}
    content |= {key: value for key, value in body.items() if key not in ("Version", "Statement")}
    written = body.get("Statement")
    listed = written if isinstance(written, list) else [written]
    content["Statement"] = [_format_statement(item) if isinstance(item, dict) else item for item in listed]
    return content


def _format_statement(raw: dict[str, Json]) -> Json:
    ordered = [*(key for key in _ELEMENTS if key in raw), *(key for key in raw if key not in _ELEMENTS)]
    elements = {key: _format_element(key, raw[key]) for key in ordered}
    return {key: value for key, value in elements.items() if not (key in ("Sid", "Condition") and not value)}


def _format_element(key: str, value: Json) -> Json:
    if key == "Condition":
        return format_conditions(value)
    if key in ("Principal", "NotPrincipal") and isinstance(value, dict):
        return {kind: unwrap_single(_sort_names(names)) for kind, names in value.items()}
    return unwrap_single(value)


def format_conditions(raw: Json) -> Json:
    """Return a Condition block in which a list of one value became that value."""
    return {
        operator: {key: unwrap_single(value) for key, value in block.items()} if isinstance(block, dict) else block
        for operator, block in (raw.items() if isinstance(raw, dict) else ())
    }


def unwrap_single(value: Json) -> Json:
    """Return a list of one as its value, and a float as text, which YAML reads back unchanged and IAM accepts."""
    if isinstance(value, list):
        return unwrap_single(value[0]) if len(value) == 1 else [unwrap_single(item) for item in value]
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value


def _sort_names(names: Json) -> Json:
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return cast("Json", sorted(cast("list[str]", names)))
    return names
