"""Draw a text as a QR code that a phone can scan from a terminal, with half blocks: two modules per character.

segno makes the code (ISO/IEC 18004). The content may be a secret, so this module prints nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.render.paint import BLACK_ON_WHITE, paint_escaped

MARGIN, NARROW_MARGIN = 4, 2
"""Modules of empty margin on every side: the standard's, and a narrower one that phones still accept."""

_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
"""(upper module, lower module) → the character that draws both, 1 is ink."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn QR code and its size in columns and lines."""

    text: str = field(repr=False)
    columns: int
    lines: int


def draw_code(content: str, *, color: bool, margin: int = MARGIN) -> Drawing:
    """Draw `content` as a QR code. margin: empty modules on every side.

    color: draw black on white, whatever the terminal's own colours are. Without it the light modules are drawn, for a
    dark terminal; a light one shows the code inverted, which most phones can read.
    """
    import segno

    rows = [list(row) for row in segno.make(content, error="l", micro=False).matrix_iter(border=margin)]
    columns = len(rows[0])
    if len(rows) % 2:
        rows.append([0] * columns)
    if not color:
        rows = [[1 - module for module in row] for row in rows]
    lines = [
        "".join(_BLOCKS[bool(upper), bool(lower)] for upper, lower in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]
    lines = [paint_escaped(line, BLACK_ON_WHITE, color) for line in lines]
    return Drawing("\n".join(lines) + "\n", columns, len(lines))
