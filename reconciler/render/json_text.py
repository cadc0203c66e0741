"""Values → JSON that can stand in a log: readable in every script, and nothing in it is obeyed."""

from __future__ import annotations

import json

from reconciler.model.escape import escape_json


def dump_json(value: object, *, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """Return the value as JSON, its texts escaped wherever a terminal or a log's reader would obey them."""
    return escape_json(json.dumps(value, indent=indent, separators=separators, ensure_ascii=False))
