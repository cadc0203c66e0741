"""Colour one line of text. Every renderer uses this."""

from __future__ import annotations

from reconciler.model.escape import escape_line


def paint_line(text: str, code: str | None, color: bool) -> str:
    """Return the text as one escaped line, coloured if `color`. code: SGR parameters (ECMA-48), None for no colour."""
    shown = escape_line(text)
    return f"\x1b[{code}m{shown}\x1b[0m" if color and code else shown
