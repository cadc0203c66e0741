"""Whole processes, measured: by the clock, at their peak of memory, and by the calls that the server counted.

This process must stay small: Linux counts into a child's peak what its parent held when it was started. So files and
accounts are made in processes of their own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import ROOT, ReplayServer

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
RECONCILE = (sys.executable, "-m", "reconciler")


@dataclass(frozen=True)
class Cost:
    """mib: peak resident memory. calls: throttled ones too. output: what it printed, both streams."""

    seconds: float
    mib: float
    calls: int
    throttled: int
    most_in_flight: int
    output: str


def measure_cost(
    command: Sequence[str], server: ReplayServer, folder: Path = ROOT, more: Mapping[str, str] | None = None
) -> Cost:
    """Run one process with the server as its AWS, and more in its environment. Ends the bench where it fails."""
    server.clear_stats()
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command,
            env=server.build_environment() | dict(more or {}),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{said[-3000:]}")
    told = server.read_stats()
    mib = used.ru_maxrss * MAXRSS_UNIT / 2**20
    return Cost(seconds, mib, told["total"], told["throttled"], told["most_in_flight"], said)


def expect_output(text: str, found: Cost, doing: str) -> Cost:
    """The cost, if the process said so; a measurement of something else is worth nothing."""
    if text not in found.output:
        raise SystemExit(f"{doing} did not say {text!r}:\n{found.output[-3000:]}")
    return found


def measure_in_turn(measured: Mapping[str, Callable[[], Cost]], runs: int) -> dict[str, list[Cost]]:
    """Each in turn, so that what disturbs the machine disturbs all alike; a first round warms caches and is dropped."""
    found: dict[str, list[Cost]] = {name: [] for name in measured}
    for number in range(runs + 1):
        for name, once in measured.items():
            told = once()
            if number:
                found[name].append(told)
    return found


def median_seconds_of(costs: Sequence[Cost]) -> float:
    """Of the seconds."""
    return statistics.median(one.seconds for one in costs)


def median_ratio_of(costs: Sequence[Cost], base: Sequence[Cost]) -> float:
    """The median of the pairs' ratios: the two of a pair ran one after the other."""
    return statistics.median(one.seconds / other.seconds for one, other in zip(costs, base, strict=True))


def describe_ratio(costs: Sequence[Cost], base: Sequence[Cost], uncollected: Sequence[Cost]) -> str:
    """What a ratio was computed from, and what it is where Python's garbage collector is off in the base, too."""
    harder = f"{median_ratio_of(costs, uncollected):.2f} × with the collector off there, too"
    return f"{median_seconds_of(costs):.2f} s ÷ {median_seconds_of(base):.2f} s; {harder}"


def write_desired_file(size: str, folder: Path) -> Path:
    """The desired-state file of a size, made once."""
    file = folder / f"{size}.yaml"
    if not file.exists():
        with file.open("w", encoding="utf-8") as stream:
            subprocess.run([sys.executable, "-m", "benchmarks.desired", size], cwd=ROOT, stdout=stream, check=True)
    return file
