"""Measure the first plan of an empty account: its lines, its time beside a plan without changes, and its memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import (
    RECONCILE,
    Cost,
    expect_output,
    measure_cost,
    measure_in_turn,
    write_desired_file,
)
from benchmarks.server import ReplayServer
from benchmarks.table import Row, row_of

MAX_LINES = {"L": 300, "XL": 400}
MAX_RATIOS = {"L": 2.0}
"""The highest allowed ratio of the first plan's time to that of a plan without changes."""
MAX_SECONDS = {"XL": 30}
"""Of processor time."""
MAX_MEMORY = {"XL": 1024}
"""In MiB."""


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        costs = measure_costs(size, runs, folder)
        first, unchanged = costs["first"], costs["unchanged"]
        lines, memory = len(first[0].output.splitlines()), round(max(cost.mib for cost in first))
        yield row_of(f"{size}: lines of the first plan", lines, MAX_LINES.get(size))
        seconds, base_seconds = (statistics.median(cost.cpu_seconds for cost in side) for side in (first, unchanged))
        label = f"{size}: processor time of the first plan"
        yield row_of(label, seconds, MAX_SECONDS.get(size), " s")
        detail = f"{seconds:.1f} s ÷ {base_seconds:.1f} s"
        ratio = seconds / base_seconds
        yield row_of(f"{label} ÷ a plan without changes", ratio, MAX_RATIOS.get(size), " ×", detail)
        yield row_of(f"{size}: peak memory of the first plan", memory, MAX_MEMORY.get(size), " MiB")


def measure_costs(size: str, runs: int, folder: Path) -> dict[str, list[Cost]]:
    """Return the costs of a `first` plan, and of one of the account that is `unchanged`, run in turn."""
    plan = [*RECONCILE, "plan", str(write_desired_file(size, folder))]
    with ReplayServer(size) as full, ReplayServer(size, empty=True) as empty:
        return measure_in_turn(
            {
                "unchanged": lambda: expect_output("No changes", measure_cost(plan, full), "plan"),
                "first": lambda: expect_output("0 to update", measure_cost(plan, empty), "plan"),
            },
            runs,
        )
