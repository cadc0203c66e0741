"""Progress on stderr, on a terminal only: a pipe sees nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def working(doing: str) -> Iterator[None]:
    """A spinner while something takes its time."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{doing} …"):
        yield


@contextmanager
def applying(total: int) -> Iterator[Callable[[str], None]]:
    """A bar over `total` calls; the yielded function is told each call before it is made."""
    if not sys.stderr.isatty():
        yield lambda said: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=total)
        started = False

        def advance(said: str) -> None:
            nonlocal started
            progress.update(task, description=said, advance=1 if started else 0)
            started = True

        yield advance
        progress.update(task, completed=total, description="verifying")
