"""Measure how the time to match a glob grows with text and pattern, for patterns that make backtracking hang."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.table import Row, format_number, row_at_most
from reconciler.model.account_caches import empty_account_caches
from reconciler.model.globs import compile_glob, globs_meet

SHORT, LONG = 4_000, 32_000
GROWTH = LONG / SHORT
MAX_GROWTH = 1.5 * GROWTH
"""Linear time grows by GROWTH; quadratic time would grow by 8 times that."""

TRIES = 5

TEXTS: dict[str, str] = {
    "`*?` twelve times": "*?" * 12 + "b",
    "`*a` a hundred times": "*a" * 100 + "*b*",
    "`*ab?` a hundred times": "*ab?" * 100,
    "a beginning, a piece and an end": "a*" + "a" * 50 + "b*a",
}
"""Patterns that are matched against texts of `a` only, of two lengths."""

PATTERNS: dict[str, Callable[[int], str]] = {
    "as many `*?`": lambda length: "*?" * (length // 2) + "b",
    "as many `*a`": lambda length: "*a" * (length // 2) + "*b*",
}
"""Patterns of two lengths that are matched against one text of the longer length."""


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    """Yield a row for each hostile pattern. Sizes and folder are not used."""
    for name, pattern in TEXTS.items():
        yield _measure_growth(f"{name}: text", partial(_match_long_text, pattern), runs)
    for name, make in PATTERNS.items():
        yield _measure_growth(f"{name}: pattern", partial(_match_long_pattern, make), runs)
    yield _measure_growth("two patterns: one of them", _compare_patterns, runs)


def _match_long_text(pattern: str, length: int) -> bool:
    return compile_glob(pattern)("a" * length)


def _match_long_pattern(make: Callable[[int], str], length: int) -> bool:
    return compile_glob(make(length))("a" * LONG)


def _compare_patterns(length: int) -> bool:
    return globs_meet("?a*" * (length // 3), "*?" * (SHORT // 2) + "b")


def _measure_growth(label: str, call: Callable[[int], object], runs: int) -> Row:
    pairs = [(_time_call(call, SHORT), _time_call(call, LONG)) for _ in range(runs)]
    ratio = statistics.median(long / max(short, 1e-9) for short, long in pairs)
    short, long = (statistics.median(side) for side in zip(*pairs, strict=True))
    detail = f"{format_number(long * 1e3)} ms ÷ {format_number(short * 1e3)} ms"
    return row_at_most(f"{label} of {LONG:,} ÷ {SHORT:,} characters", ratio, MAX_GROWTH, " ×", detail)


def _time_call(call: Callable[[int], object], length: int) -> float:
    """Return the processor seconds of the fastest of several calls, since others use the machine too."""
    durations = []
    for _ in range(TRIES):
        empty_account_caches()
        start = time.process_time()
        call(length)
        durations.append(time.process_time() - start)
    return min(durations)
