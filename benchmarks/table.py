"""Format measurements and their goals as the Markdown tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement. goal, is_met: "" and None if there is no goal."""

    label: str
    measured: str
    goal: str = ""
    is_met: bool | None = None


def row_at_most(label: str, value: float, goal: float, unit: str = "", detail: str = "") -> Row:
    """Return a row whose value must not exceed its goal. detail: the numbers that the value was computed from."""
    return Row(label, _format_measured(value, unit, detail), f"≤ {format_number(goal)}{unit}", value <= goal)


def row_at_least(label: str, value: float, goal: float, unit: str = "", detail: str = "") -> Row:
    """Return a row whose value must reach its goal. detail: the numbers that the value was computed from."""
    return Row(label, _format_measured(value, unit, detail), f"≥ {format_number(goal)}{unit}", value >= goal)


def row_of(label: str, value: float, most: float | None, unit: str = "", detail: str = "") -> Row:
    """Return a row whose value must not exceed `most`; None: it has no goal."""
    if most is None:
        return Row(label, _format_measured(value, unit, detail))
    return row_at_most(label, value, most, unit, detail)


def _format_measured(value: float, unit: str, detail: str) -> str:
    return f"{format_number(value)}{unit}{f' ({detail})' if detail else ''}"


def format_number(value: float) -> str:
    """Return counts as whole numbers with thousands separators, and small measures with two decimals."""
    if value >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def format_markdown(title: str, rows: Iterable[Row]) -> str:
    """Return a heading and its table, with aligned columns."""
    marks = {True: "yes", False: "no", None: ""}
    lines = [["", "measured", "goal", "met"], ["---"] * 4]
    lines += [[row.label, row.measured, row.goal, marks[row.is_met]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ([text.ljust(width) for text, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join([f"### {title}", "", *(f"| {' | '.join(cells)} |" for cells in padded), ""])
