"""Measure an apply that creates everything: beside the same calls made one at a time, and under a limit of writes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import RECONCILE, Cost, expect_output, measure_cost, write_desired_file
from benchmarks.server import ROOT, ReplayServer
from benchmarks.table import Row, format_number, row_at_least, row_at_most

LATENCY = 30
"""Milliseconds of each call."""
MIN_SPEEDUP = 4.0
WRITES_PER_SECOND = 10
MAX_TIME_RATIO = 1.3
THROTTLED_SIZE = "S"
"""S has a few hundred writes and takes half a minute at the limit; M would take minutes."""


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    """Yield the rows. Each is measured once: an apply of M makes thousands of calls, which evens out noise."""
    for size in sizes:
        yield from compare_with_serial(size, folder)
    yield from measure_throttled(folder)


def compare_with_serial(size: str, folder: Path) -> Iterator[Row]:
    """Compare a whole apply, with its reads and its verification, to a loop that makes only the calls of the plan."""
    plan = write_plan_file(size, folder)
    with ReplayServer(size, empty=True, latency=LATENCY) as server:
        applied = measure_apply(size, folder, server)
    with ReplayServer(size, empty=True, latency=LATENCY) as server:
        serial = measure_cost([sys.executable, "-m", "benchmarks.serial", str(plan)], server)
    label = f"{size}: apply, times faster than one call at a time, {LATENCY} ms a call"
    detail = f"{serial.calls:,} writes: {serial.seconds:.1f} s ÷ {applied.seconds:.1f} s"
    if size == "M":
        yield row_at_least(label, serial.seconds / applied.seconds, MIN_SPEEDUP, " ×", detail)
    else:
        yield Row(label, f"{format_number(serial.seconds / applied.seconds)} × ({detail})")
    yield Row(f"{size}: most calls in flight", str(applied.most_in_flight))
    yield Row(f"{size}: peak memory of the apply", f"{applied.mib:.0f} MiB")


def measure_throttled(folder: Path) -> Iterator[Row]:
    """Yield a row about an apply under a limit of writes: it must succeed in little more than the shortest time."""
    size = THROTTLED_SIZE
    with ReplayServer(size, empty=True, latency=LATENCY, writes_per_second=WRITES_PER_SECOND) as server:
        applied = measure_apply(size, folder, server)
        calls = server.read_stats()["calls"]
    throttled = applied.throttled
    writes = sum(count for name, count in calls.items() if not name.startswith(("Get", "List"))) - throttled
    least_seconds = writes / WRITES_PER_SECOND
    detail = f"{writes} writes: {applied.seconds:.1f} s ÷ {least_seconds:.1f} s; {throttled} were throttled"
    label = f"{size}: apply, time ÷ writes at {WRITES_PER_SECOND} a second"
    yield row_at_most(label, applied.seconds / least_seconds, MAX_TIME_RATIO, " ×", detail)


def measure_apply(size: str, folder: Path, server: ReplayServer) -> Cost:
    file = str(write_desired_file(size, folder))
    return expect_output("Live IAM matches", measure_cost([*RECONCILE, "apply", file, "--yes"], server), "apply")


def write_plan_file(size: str, folder: Path) -> Path:
    """Write the plan that creates everything, as JSON, and return its path."""
    target, file = folder / f"{size}-plan.json", write_desired_file(size, folder)
    with ReplayServer(size, empty=True) as server, target.open("w", encoding="utf-8") as stream:
        command = [*RECONCILE, "plan", str(file), "--format", "json"]
        subprocess.run(command, cwd=ROOT, env=server.build_environment(), stdout=stream, check=True)
    return target
