"""Draw marked lines of text: a quiet colour for the mark, and a colour of the risk for the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.escape import escape_line
from reconciler.model.wrap import columns_of, wrap_line
from reconciler.plan.digest.tones import Tone
from reconciler.render.paint import BLUE, CYAN, GRAY, GREEN, MAGENTA, RED, YELLOW, paint_escaped

DEFAULT_WIDTH = 100
"""Columns to wrap at if the width of the terminal is not known."""

TONE_COLORS: Mapping[Tone, str | None] = {
    Tone.DANGER: RED,
    Tone.WIDENS: YELLOW,
    Tone.SAFE: GREEN,
    Tone.PLAIN: None,
}
_SIGN_COLORS = {"+": CYAN, "~": BLUE, "-": MAGENTA, "@": GRAY}


@dataclass(frozen=True)
class LineWriter:
    """Draws the lines of a plan. color: with ANSI colours. width: columns to wrap at; None for the default."""

    color: bool = False
    width: int | None = None

    @property
    def columns(self) -> int:
        return max(self.width or DEFAULT_WIDTH, 40)

    def draw(self, sign: str, depth: int, text: str, note: str = "", tone: Tone = Tone.PLAIN) -> str:
        """Return one marked line, wrapped with a hanging indent. depth: indent levels. note: follows if it fits."""
        margin = "    " * depth
        indent = f"{margin}      "
        wrapped = wrap_line(margin + escape_line(f"{sign} {text}"), self.columns, indent)
        start = len(margin) + len(sign)
        lines = "\n".join(map(escape_line, wrapped))
        output = margin + paint_escaped(sign, _SIGN_COLORS.get(sign), self.color)
        output += paint_escaped(lines[start:], TONE_COLORS[tone], self.color)
        if not note or columns_of(wrapped[-1]) + columns_of(note) <= self.columns:
            return output + escape_line(note)
        return "\n".join(
            [output, *map(escape_line, wrap_line(indent + escape_line(note.strip()), self.columns, indent))]
        )

    def paint(self, text: str, tone: Tone) -> str:
        """Return an escaped text in the colour of its risk."""
        return paint_escaped(text, TONE_COLORS[tone], self.color)
