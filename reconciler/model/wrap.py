"""Break lines of text to the width of a terminal, between words only.

A terminal breaks a long line in the middle of a path, an ARN or a command. This module breaks it earlier, and keeps
texts in one piece that somebody may want to copy: a word, a command between backticks, and the texts that the caller
names. A piece wider than the terminal gets a line of its own, which the terminal copies as one line. Standard library
only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from reconciler.model.escape import COLOR_PATTERN, ESCAPE

MIN_WIDTH = 20
"""The smallest width, in columns, at which lines are wrapped; below it most words would not fit."""

_COLOR = re.compile(COLOR_PATTERN)
_PIECE = re.compile(r"`[^`]*`|\S|\s")


def wrap_line(text: str, width: int | None, indent: str = "    ", *, unbreakable: Iterable[str] = ()) -> list[str]:
    """Return one line as lines of at most `width` columns; every line but the first begins with `indent`.

    Spaces at a break are dropped. All other spaces stay, including those at the beginning of the text.

    width: None, or less than `MIN_WIDTH`, leaves the line as it is.
    unbreakable: parts of the text that are never broken, such as a path with spaces.
    """
    if width is None or width < MIN_WIDTH or columns_of(text) <= width:
        return [text]
    lines: list[str] = []
    line, room = "", width
    for blank, piece in _split_pieces(text, tuple(part for part in unbreakable if " " in part)):
        size = columns_of(blank) + columns_of(piece)
        if line.strip() and size > room:
            lines.append(line)
            line, room, blank = indent, width - columns_of(indent), ""
            size = columns_of(piece)
        line += blank + piece
        room -= size
    return [*lines, line]


def columns_of(text: str) -> int:
    """Return the columns that a terminal needs for a text; colours need none, East Asian wide characters two."""
    if ESCAPE in text:
        text = _COLOR.sub("", text)
    return len(text) if text.isascii() else sum(map(_columns_of_character, text))


def _columns_of_character(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _split_pieces(text: str, whole: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each piece from the left, as (spaces before it, piece). whole: texts that are one piece."""
    pattern = re.compile("|".join([*map(re.escape, whole), _PIECE.pattern])) if whole else _PIECE
    blank, piece = "", ""
    for token in pattern.findall(text):
        if not token.isspace():
            piece += token
        elif piece:
            yield blank, piece
            blank, piece = token, ""
        else:
            blank += token
    if piece or blank:
        yield blank, piece
