"""How long a warm `assume` takes, beside a Python that does nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.documents import ACCOUNT
from benchmarks.measure import RECONCILE, Cost, alternating, cost, desired_file, expect, median, ratio
from benchmarks.server import Replay
from benchmarks.table import Row, number

MORE_RUNS = 4
"""Times the runs of other measurements: these take hundredths of a second."""
ALIAS = f"aliases:\n  bench: {{role: 'arn:aws:iam::{ACCOUNT}:role/bench', mfa: false}}\n"


def rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        found = measured(size, runs * MORE_RUNS, folder)
        warm, bare = found["assume"], found["python"]
        detail = f"{median(warm) * 1000:.0f} ms ÷ {median(bare) * 1000:.0f} ms"
        yield Row(f"{size}: time of a warm assume ÷ python -c pass", f"{number(ratio(warm, bare))} × ({detail})")
        yield Row(f"{size}: API calls of a warm assume", number(max(one.calls for one in warm)))


def measured(size: str, runs: int, folder: Path) -> dict[str, list[Cost]]:
    """The costs of `assume`, which the first and dropped round has warmed, and of `python`, run in turn."""
    file = folder / f"{size}-aliases.yaml"
    shutil.copyfile(desired_file(size, folder), file)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(ALIAS)
    assume = [*RECONCILE, "assume", "bench", "--file", str(file), "--print"]
    with Replay(size) as server:
        return alternating(
            {
                "python": lambda: cost([sys.executable, "-c", "pass"], server),
                "assume": lambda: expect("AWS_SESSION_TOKEN", cost(assume, server), "assume"),
            },
            runs,
        )
