"""How long a plan without changes takes, in how many calls, beside the floor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import RECONCILE, Cost, alternating, beside, cost, desired_file, expect, ratio
from benchmarks.server import Replay
from benchmarks.table import Row, at_most, number

CALLS = {"S": 10, "M": 14, "L": 40}
AGAINST_FLOOR = {0: 2.0, 100: 1.0}
"""Milliseconds of each call → times the floor, for M and L."""
MEMORY = 300
UNPROMISED = ("XS", "S")


def rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        for latency, goal in AGAINST_FLOOR.items():
            found = measured(size, latency, runs, folder)
            plan, floor = found["plan"], found["floor"]
            if not latency:
                yield from _counts(size, plan)
            what = f"{size}: time of the plan ÷ floor, {latency} ms a call"
            times = ratio(plan, floor)
            detail = beside(plan, floor, found["uncollected"])
            if size in UNPROMISED:
                yield Row(what, f"{number(times)} × ({detail})")
            else:
                yield at_most(what, times, goal, " ×", detail)


def _counts(size: str, plan: list[Cost]) -> Iterator[Row]:
    calls, mib = max(one.calls for one in plan), max(one.mib for one in plan)
    yield at_most(f"{size}: API calls of the plan", calls, CALLS.get(size, CALLS["S"]))
    if size == "L":
        yield at_most(f"{size}: peak memory", round(mib), MEMORY, " MiB")
    else:
        yield Row(f"{size}: peak memory", f"{mib:.0f} MiB")


def measured(size: str, latency: float, runs: int, folder: Path) -> dict[str, list[Cost]]:
    """The costs of `plan`, of `floor`, and of the floor without the garbage collector, run in turn."""
    file = str(desired_file(size, folder))
    floor = [sys.executable, "-m", "benchmarks.floor", file]
    with Replay(size, latency=latency) as server:
        return alternating(
            {
                "floor": lambda: cost(floor, server),
                "plan": lambda: expect("No changes", cost([*RECONCILE, "plan", file], server), "plan"),
                "uncollected": lambda: cost([*floor, "--uncollected"], server),
            },
            runs,
        )
