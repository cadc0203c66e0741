"""Rows of what was measured, each with its goal, as the Markdown that docs/performance.md shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """goal and is_met: empty and None where nothing is promised."""

    what: str
    measured: str
    goal: str = ""
    is_met: bool | None = None


def row_at_most(what: str, value: float, goal: float, unit: str = "", detail: str = "") -> Row:
    """A row whose value must not be above its goal. The detail says what the value was computed from."""
    return Row(what, _format_measured(value, unit, detail), f"≤ {format_number(goal)}{unit}", value <= goal)


def row_at_least(what: str, value: float, goal: float, unit: str = "", detail: str = "") -> Row:
    return Row(what, _format_measured(value, unit, detail), f"≥ {format_number(goal)}{unit}", value >= goal)


def _format_measured(value: float, unit: str, detail: str) -> str:
    return f"{format_number(value)}{unit}{f' ({detail})' if detail else ''}"


def format_number(value: float) -> str:
    """Counts whole and with thousands, small measures with two digits."""
    if value >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def format_markdown(title: str, rows: Iterable[Row]) -> str:
    """A heading and its table, columns aligned."""
    marks = {True: "yes", False: "no", None: ""}
    lines = [["", "measured", "goal", "met"], ["---"] * 4]
    lines += [[row.what, row.measured, row.goal, marks[row.is_met]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ([text.ljust(width) for text, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join([f"### {title}", "", *(f"| {' | '.join(cells)} |" for cells in padded), ""])
