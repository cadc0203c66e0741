"""Run one target in one process: spoil good inputs, read them, keep those that reach new code, and report faults.

This is an engine of our own, because no dependency does the same. Hypothesis keeps every example in memory and draws
from a grammar, which bytes do not have; atheris is built only for a few Pythons on Linux. The idea is theirs: an input
that reaches new lines of the product, or gives a new word, becomes a seed itself. Lines are traced for one example in
`TRACED_EVERY`, since tracing takes several times as long.
"""

from __future__ import annotations

import faulthandler
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from tests.fuzz.mutations import MAX_INPUT_BYTES
from tests.fuzz.target import FuzzTarget

SECONDS_OF_ONE = 5.0
"""The longest processor time of one input. Processor time, so that a busy machine is not a fault."""
SECONDS_OF_WAITING = 20.0
"""The longest clock time of one input. Then the process prints the stacks of its threads to stderr and exits."""
MAX_MEMORY = 2**30
TRACED_EVERY = 8
_MAX_KEPT = 3000
_LONGEST_TRACED = 20_000
_REDUCE_SECONDS = 5.0
_PRODUCT = f"{Path(__file__).parents[2] / 'reconciler'}/"


@dataclass
class FuzzCounts:
    """The counts of a run. slowest: in seconds. memory: the peak of the process, in bytes."""

    examples: int = 0
    kept: int = 0
    words: int = 0
    lines: int = 0
    slowest: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class Fault:
    """An exception that a reader did not catch. place: its class, and the innermost function of reconcile."""

    place: str
    trace: str
    data: bytes = field(repr=False)


class FuzzLoop:
    """The examples of one run. The same seed gives the same ones, as long as the product behaves the same."""

    def __init__(
        self, target: FuzzTarget, seed: int, on_fault: Callable[[Fault], None], before: Callable[[bytes], None]
    ):
        self.counts = FuzzCounts()
        self._target = target
        self._random = Random(seed)
        self._on_fault = on_fault
        self._before = before
        self._seeds: list[bytes] = []
        self._kept: list[bytes] = []
        self._words: set[str] = set()
        self._lines: set[tuple[str, int]] = set()
        self._faults: set[str] = set()

    def run(self, seconds: float, most: int | None = None) -> FuzzCounts:
        """Read every seed unchanged, then spoilt inputs until the time is over.

        most: the largest number of inputs, of which at most a third are seeds.
        """
        ends = time.monotonic() + seconds
        self._seeds = list(self._target.make_seeds())
        for number, data in enumerate(self._seeds[: None if most is None else most // 3]):
            self._try_input(data, traced=most is None and number % 2 == 0 and len(data) < _LONGEST_TRACED)
        while time.monotonic() < ends and (most is None or self.counts.examples < most):
            data = self._draw_input()
            traced = self.counts.examples % TRACED_EVERY == 0 and len(data) < _LONGEST_TRACED
            if self._try_input(data, traced=traced) and len(data) < MAX_INPUT_BYTES // 4:
                self._keep_input(data)
        return self.counts

    def _draw_input(self) -> bytes:
        random = self._random
        from_kept = self._kept and random.randrange(2)
        data = random.choice(self._kept if from_kept else self._seeds)
        for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
            data = self._target.spoil(random, data, random.choice(self._seeds))[: 2 * MAX_INPUT_BYTES]
        return data

    def _keep_input(self, data: bytes) -> None:
        if len(self._kept) < _MAX_KEPT:
            self._kept.append(data)
        else:
            self._kept[self._random.randrange(_MAX_KEPT)] = data
        self.counts.kept += 1

    def _try_input(self, data: bytes, *, traced: bool) -> bool:
        """Read one input, and return whether it reached new code or gave a new word."""
        self._before(data)
        began = time.process_time()
        words, fault, lines = read_once(self._target, data, traced=traced)
        took = 0.0 if traced else time.process_time() - began
        if took > SECONDS_OF_ONE:
            fault = Fault("slow", f"{took:.1f} seconds of the processor\n{fault.trace if fault else ''}", data)
        counts = self.counts
        counts.examples += 1
        counts.slowest = max(counts.slowest, took)
        counts.memory = peak_memory()
        if counts.memory > MAX_MEMORY and not fault:
            fault = Fault("memory", f"{counts.memory:,} bytes at once", data)
        if fault and fault.place not in self._faults:
            self._faults.add(fault.place)
            self._on_fault(fault if fault.place in ("slow", "memory") else reduce_input(self._target, fault))
        new = bool(words - self._words or lines - self._lines)
        self._words |= words
        self._lines |= lines
        counts.words, counts.lines = len(self._words), len(self._lines)
        return new and fault is None


def read_once(
    target: FuzzTarget, data: bytes, *, traced: bool = False
) -> tuple[set[str], Fault | None, set[tuple[str, int]]]:
    """Read one input. Return the words, the fault or None, and the lines of the product that ran."""
    lines: set[tuple[str, int]] = set()
    faulthandler.dump_traceback_later(SECONDS_OF_WAITING, exit=True)
    before = sys.gettrace()
    try:
        if traced:
            sys.settrace(_make_tracer(lines))
        return set(target.read(data)), None, lines
    except Exception as error:
        sys.settrace(before)
        return set(), Fault(_place_of(error), traceback.format_exc(limit=-12), data), lines
    finally:
        sys.settrace(before)
        faulthandler.cancel_dump_traceback_later()


def _make_tracer(lines: set[tuple[str, int]]) -> Any:
    def on_line(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return on_line

    def on_call(frame: FrameType, event: str, argument: object) -> Any:
        return on_line if frame.f_code.co_filename.startswith(_PRODUCT) else None

    return on_call


def _place_of(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_PRODUCT)] or frames
    file = ours[-1].filename.removeprefix(_PRODUCT)
    message = f" {str(error)[:60]!r}" if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__}{message} in {file}:{ours[-1].name}"


def reduce_input(target: FuzzTarget, fault: Fault) -> Fault:
    """Return the same fault with the shortest input that a few seconds of search find."""
    ends, data = time.monotonic() + _REDUCE_SECONDS, fault.data
    size = max(1, len(data) // 2)
    while time.monotonic() < ends:
        shorter = next(_iter_shorter(target, fault.place, data, size, ends), None)
        if shorter is not None:
            data = shorter
        elif size == 1:
            break
        else:
            size = max(1, min(size, len(data)) // 2)
    return Fault(fault.place, fault.trace, data)


def _iter_shorter(target: FuzzTarget, place: str, data: bytes, size: int, ends: float) -> Iterable[bytes]:
    for at in range(0, len(data), size):
        if time.monotonic() > ends:
            return
        candidate = data[:at] + data[at + size :]
        found = read_once(target, candidate)[1]
        if found and found.place == place:
            yield candidate


def peak_memory() -> int:
    """Return the peak memory of this process, in bytes; 0 if the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
