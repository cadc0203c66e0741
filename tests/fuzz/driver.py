"""Run every fuzz target in processes of its own, one for each core, and print the results (`make fuzz`).

A process that hangs, dies or takes too much memory is a fault if a second process does the same with that input alone.
The target then continues in a new process until its time is over.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.child import CURRENT, EVENTS, TOO_LARGE
from tests.fuzz.loop import SECONDS_OF_WAITING, FuzzCounts

ROOT = Path(__file__).parents[2]
SAVED = ROOT / ".fuzz"
"""The folder of inputs that showed a fault."""
ENDING = ".input"
_START_SECONDS = 60.0
_PRODUCT_FOLDER = "/reconciler/"
_MOST_RESTARTS = 200


@dataclass
class TargetResult:
    """The result of one target. faults: kind of fault → the file of an input that shows it."""

    name: str
    counts: FuzzCounts = field(default_factory=FuzzCounts)
    processes: int = 0
    faults: dict[str, Path] = field(default_factory=dict)
    unconfirmed: int = 0


def run_all(names: Sequence[str], seconds: float, jobs: int, seed: int) -> int:
    """Run the targets and print their results. Return 1 if one found a fault, else 0."""
    print(f"Fuzzing {', '.join(names)}: {seconds:.0f} s each, {jobs} at once, seed {seed}.", flush=True)
    results: list[TargetResult] = []
    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(_run_target, name, seconds, seed) for name in names]):
            results.append(future.result())
            print(_line_of(results[-1]), flush=True)
    for one in results:
        for place, path in one.faults.items():
            print(f"\n{one.name}: {place}\n  make fuzz-replay INPUT={path.relative_to(ROOT)}")
    return 1 if any(one.faults for one in results) else 0


def _line_of(result: TargetResult) -> str:
    counts = result.counts
    parts = (
        f"{result.name:<8} {counts.examples:>8,} examples",
        f"{counts.kept:>5,} kept",
        f"{counts.lines:>6,} lines",
        f"slowest {counts.slowest:5.2f} s",
        f"peak {counts.memory / 2**20:5.0f} MiB",
        f"faults: {len(result.faults)}",
        *([f"({result.unconfirmed} not seen again alone)"] if result.unconfirmed else []),
    )
    return "  ".join(parts)


def _run_target(name: str, seconds: float, seed: int) -> TargetResult:
    result, ends = TargetResult(name), time.monotonic() + seconds
    while (seconds_left := ends - time.monotonic()) > 0.5 and result.processes < _MOST_RESTARTS:
        with TemporaryDirectory() as folder:
            completed = _run_process(
                "child",
                name,
                f"{seconds_left}",
                f"{seed + 1000 * result.processes}",
                folder,
                timeout=seconds_left + 120,
            )
            result.processes += 1
            before = result.counts.examples
            _add_events(result, Path(folder))
            current = Path(folder, CURRENT)
            if completed.returncode not in (0, TOO_LARGE):
                _add_death(result, current.read_bytes() if current.exists() else b"", completed)
            if result.counts.examples == before and not current.exists():
                break  # the process does not start
    return result


def _add_events(result: TargetResult, folder: Path) -> None:
    last = FuzzCounts()
    for event in _read_events(folder / EVENTS):
        if "counts" in event:
            last = FuzzCounts(**event["counts"])
        elif event["place"] == "memory" and not replay_alone(result.name, bytes.fromhex(event["data"])):
            result.unconfirmed += 1
        else:
            _add_fault(result, event["place"], event["trace"], bytes.fromhex(event["data"]))
    total = result.counts
    total.examples += last.examples
    total.kept += last.kept
    total.words, total.lines = max(total.words, last.words), max(total.lines, last.lines)
    total.slowest, total.memory = max(total.slowest, last.slowest), max(total.memory, last.memory)


def _read_events(path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return  # the process died while it wrote this line


def _add_death(result: TargetResult, data: bytes, completed: subprocess.CompletedProcess[str]) -> None:
    """Add the fault of a process that ended by itself: after a hang (with stacks), by a signal, or at its start."""
    hung = "Timeout (" in completed.stderr
    if hung and not replay_alone(result.name, data):
        result.unconfirmed += 1
        return
    place = "no answer" if hung else f"the process ended with {completed.returncode}"
    frames = [
        line.split(_PRODUCT_FOLDER)[-1].replace('"', "")
        for line in completed.stderr.splitlines()
        if _PRODUCT_FOLDER in line
    ]
    _add_fault(result, f"{place} {frames[0] if frames else ''}".strip(), completed.stderr[-4000:], data)


def _add_fault(result: TargetResult, place: str, trace: str, data: bytes) -> None:
    if place in result.faults:
        return
    SAVED.mkdir(exist_ok=True)
    name = f"{result.name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path = SAVED / f"{name}{ENDING}"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(f"{place}\n\n{trace}\n", encoding="utf-8")
    result.faults[place] = path


def replay_alone(name: str, data: bytes) -> str:
    """Read one input in a process of its own, and return the fault; "" if there is none."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"{name}-again{ENDING}")
        path.write_bytes(data)
        completed = _run_process("replay", str(path), timeout=SECONDS_OF_WAITING + _START_SECONDS)
    return "" if completed.returncode == 0 else completed.stdout + completed.stderr


def _run_process(*arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace", timeout=timeout
        )
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(command, 1, "", f"Timeout ({error.timeout:.0f} s): the process did not end")
