"""Progress on stderr, on a terminal only: a pipe sees nothing of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.model.call_stats import OnCall, ignore_calls


@contextmanager
def show_progress(activity: str) -> Iterator[OnCall]:
    """A spinner while something takes its time; what is yielded may be told of calls, which it then counts."""
    if not sys.stderr.isatty():
        yield ignore_calls
        return
    from rich.console import Console

    started = time.monotonic()
    with Console(stderr=True).status(f"{activity} …") as status:

        def show_count(total: int) -> None:
            rate = total / max(time.monotonic() - started, 0.1)
            status.update(f"{activity} … {total} calls, {rate:.0f}/s")

        yield show_count
