"""Measure the time and the calls of a plan without changes, beside the floor (`benchmarks.floor`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import (
    RECONCILE,
    Cost,
    describe_ratio,
    expect_output,
    measure_cost,
    measure_in_turn,
    median_ratio_of,
    write_desired_file,
)
from benchmarks.server import ReplayServer
from benchmarks.table import Row, format_number, row_at_most

MAX_CALLS = {"S": 10, "M": 14, "L": 40, "XL": 90}
MAX_FLOOR_RATIOS = {0: 2.0, 100: 1.0}
"""Latency of each call in milliseconds → the highest allowed ratio to the floor, for M and L."""
MAX_FLOOR_RATIO_OF_XL = 0.5
"""Of XL at any latency: a reader that keeps Python's garbage collector on slows down with size."""
MAX_MEMORY = {"L": 300, "XL": 512}
"""In MiB."""
SIZES_WITHOUT_GOAL = ("XS", "S")


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        for latency, goal in MAX_FLOOR_RATIOS.items():
            costs = measure_costs(size, latency, runs, folder)
            plan, floor = costs["plan"], costs["floor"]
            if not latency:
                yield from _measure_counts(size, plan)
            label = f"{size}: time of the plan ÷ floor, {latency} ms a call"
            ratio = median_ratio_of(plan, floor)
            detail = describe_ratio(plan, floor, costs["uncollected"])
            if size in SIZES_WITHOUT_GOAL:
                yield Row(label, f"{format_number(ratio)} × ({detail})")
            else:
                yield row_at_most(label, ratio, MAX_FLOOR_RATIO_OF_XL if size == "XL" else goal, " ×", detail)


def _measure_counts(size: str, plan: list[Cost]) -> Iterator[Row]:
    calls, mib = max(cost.calls for cost in plan), max(cost.mib for cost in plan)
    yield row_at_most(f"{size}: API calls of the plan", calls, MAX_CALLS.get(size, MAX_CALLS["S"]))
    if size in MAX_MEMORY:
        yield row_at_most(f"{size}: peak memory", round(mib), MAX_MEMORY[size], " MiB")
    else:
        yield Row(f"{size}: peak memory", f"{mib:.0f} MiB")


def measure_costs(size: str, latency: float, runs: int, folder: Path) -> dict[str, list[Cost]]:
    """Return the costs of `plan`, `floor`, and the floor without garbage collector, run in turn."""
    file = str(write_desired_file(size, folder))
    floor = [sys.executable, "-m", "benchmarks.floor", file]
    with ReplayServer(size, latency=latency) as server:
        return measure_in_turn(
            {
                "floor": lambda: measure_cost(floor, server),
                "plan": lambda: expect_output("No changes", measure_cost([*RECONCILE, "plan", file], server), "plan"),
                "uncollected": lambda: measure_cost([*floor, "--uncollected"], server),
            },
            runs,
        )
