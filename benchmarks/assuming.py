"""Measure a warm `assume`, beside a Python process that does nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.documents import ACCOUNT
from benchmarks.measure import (
    RECONCILE,
    Cost,
    expect_output,
    measure_cost,
    measure_in_turn,
    median_ratio_of,
    median_seconds_of,
    write_desired_file,
)
from benchmarks.server import ReplayServer
from benchmarks.table import Row, format_number

MORE_RUNS = 4
"""The factor of runs compared with other measurements: these take only hundredths of a second."""
ALIAS = f"aliases:\n  bench: {{role: 'arn:aws:iam::{ACCOUNT}:role/bench', mfa: false}}\n"


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        costs = measure_costs(size, runs * MORE_RUNS, folder)
        warm, bare = costs["assume"], costs["python"]
        detail = f"{median_seconds_of(warm) * 1000:.0f} ms ÷ {median_seconds_of(bare) * 1000:.0f} ms"
        yield Row(
            f"{size}: time of a warm assume ÷ python -c pass",
            f"{format_number(median_ratio_of(warm, bare))} × ({detail})",
        )
        yield Row(f"{size}: API calls of a warm assume", format_number(max(cost.calls for cost in warm)))


def measure_costs(size: str, runs: int, folder: Path) -> dict[str, list[Cost]]:
    """Return the costs of `assume` and `python`, run in turn. The first round, which is dropped, fills the cache."""
    file = folder / f"{size}-aliases.yaml"
    shutil.copyfile(write_desired_file(size, folder), file)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(ALIAS)
    assume = [*RECONCILE, "assume", "bench", "--file", str(file), "--print"]
    with ReplayServer(size) as server:
        return measure_in_turn(
            {
                "python": lambda: measure_cost([sys.executable, "-c", "pass"], server),
                "assume": lambda: expect_output("AWS_SESSION_TOKEN", measure_cost(assume, server), "assume"),
            },
            runs,
        )
