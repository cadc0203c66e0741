"""Measure the questions about access of a whole account, from its file."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import RECONCILE, Cost, measure_cost, write_desired_file
from benchmarks.server import ReplayServer
from benchmarks.table import Row, row_of
from benchmarks.workload import SIZES, make_workload

MAX_SECONDS = 10.0
"""Of L."""


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        file = str(write_desired_file(size, folder))
        role = f"role/{make_workload(SIZES[size]).roles[0].name}"
        questions = {
            "list": ["list", file],
            "show": ["show", role, "--file", file],
            "who-can": ["who-can", "s3:GetObject", "arn:aws:s3:::any/key", "--file", file],
        }
        with ReplayServer("XS") as server:
            for name, words in questions.items():
                costs: list[Cost] = [measure_cost([*RECONCILE, "access", *words], server) for _ in range(runs)]
                memory = f"{max(cost.mib for cost in costs):.0f} MiB"
                seconds = statistics.median(cost.cpu_seconds for cost in costs)
                goal = MAX_SECONDS if size == "L" else None
                yield row_of(f"{size}: processor time of access {name}", seconds, goal, " s", memory)
