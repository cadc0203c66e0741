"""Write JSON that is safe to print: readable in every script, and with no control characters."""

from __future__ import annotations

import json

from reconciler.model.escape import escape_json


def dump_json(value: object, *, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """Return the value as JSON. Escape characters that a terminal or a log reader would obey."""
    return escape_json(json.dumps(value, indent=indent, separators=separators, ensure_ascii=False))
