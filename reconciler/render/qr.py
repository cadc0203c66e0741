"""A text as a QR code that a telephone reads off a terminal, dark or light: half blocks, two modules a character.

segno makes the code (ISO/IEC 18004); here it is only drawn. What is drawn may be a secret: it is never printed
by this module, only returned.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.render.paint import BLACK_ON_WHITE, paint_escaped

MARGIN, NARROW_MARGIN = 4, 2
"""Modules of empty margin on every side: of the standard, and what telephones still take where room is short."""

_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
"""(upper, lower) → the character whose ink they are."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to write to a terminal, and how many columns and lines that takes."""

    text: str = field(repr=False)
    columns: int
    lines: int


def draw_code(content: str, *, color: bool, margin: int = MARGIN) -> Drawing:
    """`content` as a QR code with its quiet zone, in modules.

    color: black on white, whatever the terminal's own colours are. Without it the light modules are the ink, as
    fits a dark terminal; a light one shows it inverted, which most telephones read all the same.
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
