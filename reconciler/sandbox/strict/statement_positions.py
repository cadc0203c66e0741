"""Finds the places of the statements of a policy in its text.

Source: IAM API Reference, Statement and Position: lines and columns are counted from 1, and the end is the column after
the last character (SimulateCustomPolicy, "Examples").
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
    """Return the statements of a policy with their places, in the order of the text, which is a JSON object."""
    found: list[PlacedStatement] = []
    at = _skip_space(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip_space(text, _skip_space(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        if name == "Statement":  # where the element is there twice, the last one counts
            found = _read_statements(text, at)
        at = _skip_space(text, end)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
    return found


def _read_statements(text: str, at: int) -> list[PlacedStatement]:
    if text[at] != "[":
        body, end = _DECODER.raw_decode(text, at)
        return [PlacedStatement(Span(at, end), body)]
    found = []
    at = _skip_space(text, at + 1)
    while text[at] != "]":
        body, end = _DECODER.raw_decode(text, at)
        found.append(PlacedStatement(Span(at, end), body))
        at = _skip_space(text, end)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
    return found


def _skip_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def position_of(text: str, offset: int) -> dict[str, int]:
    """Return the line and the column of an offset, as AWS tells them."""
    line_start = text.rfind("\n", 0, offset) + 1
    return {"Line": text.count("\n", 0, offset) + 1, "Column": offset - line_start + 1}
