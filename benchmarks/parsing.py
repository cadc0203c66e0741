"""Measure `validate`, beside PyYAML's C loader alone on the same file."""

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

MAX_LOADER_RATIO = 3.0
LOAD = "import sys, yaml; yaml.load(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader)"
COLLECTOR_OFF = "import gc; gc.disable(); "
"""Turns the garbage collector off, as `reconcile` does: on large files it takes longer than the loader."""


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        file = write_desired_file(size, folder)
        costs = measure_costs(str(file), runs)
        ratio = median_ratio_of(costs["validate"], costs["loader"])
        label = f"{size}: time of validate ÷ PyYAML's C loader, {file.stat().st_size / 1e6:.1f} MB"
        detail = describe_ratio(costs["validate"], costs["loader"], costs["uncollected"])
        if size == "L":
            yield row_at_most(label, ratio, MAX_LOADER_RATIO, " ×", detail)
        else:
            yield Row(label, f"{format_number(ratio)} × ({detail})")


def measure_costs(file: str, runs: int) -> dict[str, list[Cost]]:
    """Return the costs of `validate`, the `loader`, and the loader without garbage collector, run in turn."""
    with ReplayServer("XS") as server:
        return measure_in_turn(
            {
                "loader": lambda: measure_cost([sys.executable, "-c", LOAD, file], server),
                "validate": lambda: expect_output(
                    "Valid", measure_cost([*RECONCILE, "validate", file], server), "validate"
                ),
                "uncollected": lambda: measure_cost([sys.executable, "-c", COLLECTOR_OFF + LOAD, file], server),
            },
            runs,
        )
