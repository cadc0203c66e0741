"""How long `validate` takes, beside PyYAML's C loader alone on the same file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import RECONCILE, Cost, alternating, beside, cost, desired_file, expect, ratio
from benchmarks.server import Replay
from benchmarks.table import Row, at_most, number

AGAINST_LOADER = 3.0
LOAD = "import sys, yaml; yaml.load(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader)"
COLLECTOR_OFF = "import gc; gc.disable(); "
"""As in `reconcile`: on large files the garbage collector takes longer than the loader."""


def rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        file = desired_file(size, folder)
        found = measured(str(file), runs)
        times = ratio(found["validate"], found["loader"])
        what = f"{size}: time of validate ÷ PyYAML's C loader, {file.stat().st_size / 1e6:.1f} MB"
        detail = beside(found["validate"], found["loader"], found["uncollected"])
        if size == "L":
            yield at_most(what, times, AGAINST_LOADER, " ×", detail)
        else:
            yield Row(what, f"{number(times)} × ({detail})")


def measured(file: str, runs: int) -> dict[str, list[Cost]]:
    """The costs of `validate`, of the `loader` alone, and of that without the garbage collector, run in turn."""
    with Replay("XS") as server:
        return alternating(
            {
                "loader": lambda: cost([sys.executable, "-c", LOAD, file], server),
                "validate": lambda: expect("Valid", cost([*RECONCILE, "validate", file], server), "validate"),
                "uncollected": lambda: cost([sys.executable, "-c", COLLECTOR_OFF + LOAD, file], server),
            },
            runs,
        )
