"""Find the places of the statements of a policy in its text.

Source: IAM API Reference, Statement and Position: lines and columns count from 1, and the end is the column after the
last character (SimulateCustomPolicy, "Examples").
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, as offsets from its start."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlacedStatement:
    span: Span
    body: dict[str, Any]


def place_statements(text: str) -> list[PlacedStatement]:
    """Return the statements of a policy with their places, in the order of the text. text: a JSON object."""
    statements: list[PlacedStatement] = []
    offset = _skip_space(text, text.index("{") + 1)
    while text[offset] != "}":
        name, offset = _DECODER.raw_decode(text, offset)
        offset = _skip_space(text, _skip_space(text, offset) + 1)
        _, end = _DECODER.raw_decode(text, offset)
        if name == "Statement":  # if the element is written twice, the last one counts
            statements = _read_statements(text, offset)
        offset = _skip_space(text, end)
        if text[offset] == ",":
            offset = _skip_space(text, offset + 1)
    return statements


def _read_statements(text: str, offset: int) -> list[PlacedStatement]:
    if text[offset] != "[":
        body, end = _DECODER.raw_decode(text, offset)
        return [PlacedStatement(Span(offset, end), body)]
    statements = []
    offset = _skip_space(text, offset + 1)
    while text[offset] != "]":
        body, end = _DECODER.raw_decode(text, offset)
        statements.append(PlacedStatement(Span(offset, end), body))
        offset = _skip_space(text, end)
        if text[offset] == ",":
            offset = _skip_space(text, offset + 1)
    return statements


def _skip_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    assert match is not None
    return match.end()


def position_of(text: str, offset: int) -> dict[str, int]:
    """Return the line and the column of an offset, as AWS writes them."""
    line_start = text.rfind("\n", 0, offset) + 1
    return {"Line": text.count("\n", 0, offset) + 1, "Column": offset - line_start + 1}
