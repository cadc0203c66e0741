"""Show progress on stderr, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.model.call_stats import OnCall, ignore_calls


@contextmanager
def show_account_progress(activity: str, total: int, *, quiet: bool = False) -> Iterator[Callable[[object], None]]:
    """Show a spinner with the number of accounts that are done. Yield a function to call after each account."""
    if quiet or not sys.stderr.isatty():
        yield lambda result: None
        return
    from rich.console import Console

    done = 0
    with Console(stderr=True).status(f"{activity} … 0 of {total} accounts") as status:

        def show_count(_: object) -> None:
            nonlocal done
            done += 1
            status.update(f"{activity} … {done} of {total} accounts")

        yield show_count


@contextmanager
def show_progress(activity: str) -> Iterator[OnCall]:
    """Show a spinner during the block. Yield a function that takes the number of calls so far and shows it."""
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
