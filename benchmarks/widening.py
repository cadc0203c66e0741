"""Measure the share of a plan's processor time that it takes to tell what everybody can newly do."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import measure_cost, write_desired_file
from benchmarks.server import ReplayServer
from benchmarks.table import Row, row_of

MAX_SHARES = {"policies": 25.0, "power": 50.0}
"""Change of the file (`benchmarks.desired`) → the highest allowed addition to the rest of the plan of L, in percent."""
LABELS = {"policies": "20 policies change", "power": "PowerUserAccess for 1,000 users"}


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        with ReplayServer(size) as server:
            for change, goal in MAX_SHARES.items():
                command = [sys.executable, "-m", "benchmarks.timed_plan", str(write_desired_file(size, folder, change))]
                times = [_read_times(measure_cost(command, server).output) for _ in range(runs)]
                share = statistics.median(100 * permissions / (whole - permissions) for permissions, whole in times)
                permissions, whole = times[0]
                detail = f"{permissions:.1f} s of {whole:.1f} s of processor time"
                label = f"{size}: {LABELS[change]}: added by the permissions"
                yield row_of(label, share, goal if size == "L" else None, " %", detail)


def _read_times(output: str) -> tuple[float, float]:
    permissions, whole = output.splitlines()[-1].split()
    return float(permissions), float(whole)
