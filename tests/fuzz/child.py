"""Run a fuzz target for some seconds, or replay one input, in a process of `make fuzz`.

The process reports in files of its folder, which remain when it dies: `current` is the input that is being read;
`events` has a line for each fault and, from time to time, the counts.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.loop import MAX_MEMORY, SECONDS_OF_ONE, Fault, FuzzCounts, FuzzLoop, peak_memory, read_once
from tests.fuzz.targets import TARGETS

CURRENT, EVENTS = "current", "events"
TOO_LARGE = 3
"""Exit code after too much memory. The peak of a process never falls, so it cannot measure later inputs."""
_EVERY = 5.0


def limit_memory() -> None:
    """Limit the memory of this process to protect the machine. `FuzzLoop` has the lower limit that is a fault."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = 3 * MAX_MEMORY
    if most == resource.RLIM_INFINITY or most > limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


class _Report:
    """Write the files that the parent process reads."""

    def __init__(self, folder: Path) -> None:
        self._current = (folder / CURRENT).open("wb", buffering=0)
        self._events = (folder / EVENTS).open("a", encoding="utf-8")
        self._next = time.monotonic() + _EVERY
        self.loop: FuzzLoop | None = None

    def begin_input(self, data: bytes) -> None:
        self._current.seek(0)
        self._current.truncate()
        self._current.write(data)
        if self.loop and time.monotonic() > self._next:
            self.write_counts(self.loop.counts)
            self._next = time.monotonic() + _EVERY

    def write_counts(self, counts: FuzzCounts) -> None:
        self._write(counts=asdict(counts))

    def write_fault(self, fault: Fault) -> None:
        self._write(place=fault.place, trace=fault.trace, data=fault.data.hex())
        if fault.place == "memory" and self.loop:
            self.write_counts(self.loop.counts)
            sys.exit(TOO_LARGE)

    def _write(self, **event: Any) -> None:
        self._events.write(f"{json.dumps(event)}\n")
        self._events.flush()


def fuzz(name: str, seconds: float, seed: int, folder: Path) -> None:
    """Run one target. Write its faults and counts to files in `folder`."""
    with TemporaryDirectory() as scratch:
        report = _Report(folder)
        report.loop = FuzzLoop(TARGETS[name](Path(scratch)), seed, report.write_fault, report.begin_input)
        report.write_counts(report.loop.run(seconds))


def replay(name: str, data: bytes) -> str:
    """Read one input again, and return the fault; "" if there is none."""
    with TemporaryDirectory() as scratch:
        target = TARGETS[name](Path(scratch))
        began = time.process_time()
        _, fault, _ = read_once(target, data)
        took, memory = time.process_time() - began, peak_memory()
    if fault:
        return fault.trace
    if took > SECONDS_OF_ONE:
        return f"{took:.1f} seconds of the processor"
    return f"{memory:,} bytes at once" if memory > MAX_MEMORY else ""
