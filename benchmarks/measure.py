"""Measure whole processes: their time, their peak memory, and the calls that the server counted.

This process must stay small: on Linux, a child's peak includes the memory that its parent had at the start. So files
and accounts are made in processes of their own.
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
    """The cost of one process.

    seconds: from start to end. cpu_seconds: of the processor, which other load of the machine hardly changes.
    mib: peak resident memory. calls: API calls, throttled ones included. output: standard output and error.
    """

    seconds: float
    cpu_seconds: float
    mib: float
    calls: int
    throttled: int
    most_in_flight: int
    output: str


def measure_cost(
    command: Sequence[str], server: ReplayServer, folder: Path = ROOT, more: Mapping[str, str] | None = None
) -> Cost:
    """Run one process that uses the server as AWS, and return its cost. Exit if it fails.

    more: further environment variables.
    """
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
        printed = output.read().decode(errors="replace")
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{printed[-3000:]}")
    stats = server.read_stats()
    mib = used.ru_maxrss * MAXRSS_UNIT / 2**20
    return Cost(
        seconds,
        used.ru_utime + used.ru_stime,
        mib,
        stats["total"],
        stats["throttled"],
        stats["most_in_flight"],
        printed,
    )


def expect_output(text: str, cost: Cost, command: str) -> Cost:
    """Return the cost. Exit if the process did not print the text: the measurement would be worthless."""
    if text not in cost.output:
        raise SystemExit(f"{command} did not print {text!r}:\n{cost.output[-3000:]}")
    return cost


def measure_in_turn(measured: Mapping[str, Callable[[], Cost]], runs: int) -> dict[str, list[Cost]]:
    """Return the costs of each, run in turn so that other load affects all equally. Drop the first round (caches)."""
    costs: dict[str, list[Cost]] = {name: [] for name in measured}
    for number in range(runs + 1):
        for name, measure in measured.items():
            cost = measure()
            if number:
                costs[name].append(cost)
    return costs


def median_seconds_of(costs: Sequence[Cost]) -> float:
    """Return the median time, in seconds."""
    return statistics.median(cost.seconds for cost in costs)


def median_ratio_of(costs: Sequence[Cost], base: Sequence[Cost]) -> float:
    """Return the median ratio of times. Each cost is compared with the base that ran just before or after it."""
    return statistics.median(cost.seconds / base_cost.seconds for cost, base_cost in zip(costs, base, strict=True))


def describe_ratio(costs: Sequence[Cost], base: Sequence[Cost], uncollected: Sequence[Cost]) -> str:
    """Return the two times of a ratio, and the ratio to a base that runs without Python's garbage collector."""
    ratio = f"{median_ratio_of(costs, uncollected):.2f} × with the collector off there, too"
    return f"{median_seconds_of(costs):.2f} s ÷ {median_seconds_of(base):.2f} s; {ratio}"


def write_desired_file(size: str, folder: Path, change: str = "") -> Path:
    """Write the desired-state file of a size if it does not exist, and return its path.

    change: the name of a change that the file asks for (`benchmarks.desired`); "" for none.
    """
    file = folder / f"{size}{change}.yaml"
    if not file.exists():
        with file.open("w", encoding="utf-8") as stream:
            command = [sys.executable, "-m", "benchmarks.desired", size, *([change] if change else [])]
            subprocess.run(command, cwd=ROOT, stdout=stream, check=True)
    return file
