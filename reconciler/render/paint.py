"""Paint texts in colours of a terminal. Only this module does, with rich, which it imports only for a colour."""

from __future__ import annotations

from reconciler.model.escape import escape_line

GREEN, RED, YELLOW, CYAN, BOLD = "green", "red", "yellow", "cyan", "bold"
BLUE, MAGENTA, GRAY = "blue", "magenta", "bright_black"
BLACK_ON_WHITE = "color(16) on color(231)"
"""Styles of rich. Terminals let a person choose the colours, except for this black and white, which are fixed."""


def paint_line(text: str, style: str | None, color: bool) -> str:
    """Return a text as one escaped line, in a style of rich if there is one and `color` is set."""
    return paint_escaped(escape_line(text), style, color)


def paint_escaped(text: str, style: str | None, color: bool) -> str:
    """Return a text that is escaped already, in a style of rich if there is one and `color` is set."""
    if not (color and style):
        return text
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.EIGHT_BIT)
