"""How long an apply that creates everything takes: beside the same calls one at a time, and under a limit of writes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import RECONCILE, Cost, cost, desired_file, expect
from benchmarks.server import ROOT, Replay
from benchmarks.table import Row, at_least, at_most, number

LATENCY = 30
"""Milliseconds of each call."""
FASTER = 4.0
WRITES_PER_SECOND = 10
ABOVE_LIMIT = 1.3
THROTTLED_SIZE = "S"
"""A few hundred writes, half a minute at the limit; M would be minutes."""


def rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    """One run each: an apply of M makes thousands of calls, so that noise evens out by itself."""
    for size in sizes:
        yield from beside_one_at_a_time(size, folder)
    yield from throttled(folder)


def beside_one_at_a_time(size: str, folder: Path) -> Iterator[Row]:
    """The whole `apply`, reads and verification included, against the loop that makes only its plan's calls."""
    plan = plan_file(size, folder)
    with Replay(size, empty=True, latency=LATENCY) as server:
        applied = apply(size, folder, server)
    with Replay(size, empty=True, latency=LATENCY) as server:
        serial = cost([sys.executable, "-m", "benchmarks.serial", str(plan)], server)
    what = f"{size}: apply, times faster than one call at a time, {LATENCY} ms a call"
    detail = f"{serial.calls:,} writes: {serial.seconds:.1f} s ÷ {applied.seconds:.1f} s"
    if size == "M":
        yield at_least(what, serial.seconds / applied.seconds, FASTER, " ×", detail)
    else:
        yield Row(what, f"{number(serial.seconds / applied.seconds)} × ({detail})")
    yield Row(f"{size}: most calls in flight", str(applied.most_in_flight))
    yield Row(f"{size}: peak memory of the apply", f"{applied.mib:.0f} MiB")


def throttled(folder: Path) -> Iterator[Row]:
    """An apply that ends without an error, in about the time that the limit leaves for its writes."""
    size = THROTTLED_SIZE
    with Replay(size, empty=True, latency=LATENCY, writes_per_second=WRITES_PER_SECOND) as server:
        applied = apply(size, folder, server)
        calls = server.stats()["calls"]
    refused = applied.throttled
    writes = sum(count for name, count in calls.items() if not name.startswith(("Get", "List"))) - refused
    least = writes / WRITES_PER_SECOND
    detail = f"{writes} writes: {applied.seconds:.1f} s ÷ {least:.1f} s; {refused} were throttled"
    what = f"{size}: apply, time ÷ writes at {WRITES_PER_SECOND} a second"
    yield at_most(what, applied.seconds / least, ABOVE_LIMIT, " ×", detail)


def apply(size: str, folder: Path, server: Replay) -> Cost:
    file = str(desired_file(size, folder))
    return expect("Live IAM matches", cost([*RECONCILE, "apply", file, "--yes"], server), "apply")


def plan_file(size: str, folder: Path) -> Path:
    """The plan that creates everything, as JSON."""
    target, file = folder / f"{size}-plan.json", desired_file(size, folder)
    with Replay(size, empty=True) as server, target.open("w", encoding="utf-8") as stream:
        command = [*RECONCILE, "plan", str(file), "--format", "json"]
        subprocess.run(command, cwd=ROOT, env=server.environment(), stdout=stream, check=True)
    return target
