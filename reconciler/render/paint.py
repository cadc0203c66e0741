"""One line of text in a colour, as every renderer paints it."""

from __future__ import annotations

from reconciler.model.escape import escape_line


def paint_line(text: str, code: str | None, color: bool) -> str:
    """Return the text as one escaped line; in a colour (parameters of SGR, ECMA-48) if there is one and `color`."""
    shown = escape_line(text)
    return f"\x1b[{code}m{shown}\x1b[0m" if color and code else shown
