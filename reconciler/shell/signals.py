"""Handle signals with a function of ours, and restore the earlier handlers. No other module sets a handler."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
"""The signals that ask a program to end: Ctrl-C, a pipeline's warning before it kills, and a closed terminal."""


@contextmanager
def handle_signals(
    names: Collection[str], handler: Callable[[signal.Signals], None], keep_ignored: Collection[str] | None = None
) -> Iterator[None]:
    """Call `handler` for each of the signals during the block, then restore the earlier handlers.

    Names that this system does not know are left out. Python sets handlers only in its main thread: in another thread
    the block runs without any.
    keep_ignored: the names that stay ignored if they were when the process started, as SIGHUP under nohup; None: all.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        handler(signal.Signals(number))

    may_stay_ignored = names if keep_ignored is None else keep_ignored
    before = {
        one: signal.signal(one, handle)
        for one in _find_signals(names)
        if not (one.name in may_stay_ignored and _is_ignored(one))
    }
    try:
        yield
    finally:
        for one, previous in before.items():
            signal.signal(one, previous)


def ignore_signals(names: Collection[str]) -> None:
    """Ignore the signals from now on, or until the block of `handle_signals` around the call ends."""
    for one in _find_signals(names):
        signal.signal(one, signal.SIG_IGN)


def _find_signals(names: Collection[str]) -> list[signal.Signals]:
    return [signal.Signals[name] for name in names if hasattr(signal, name)]


def _is_ignored(one: signal.Signals) -> bool:
    return signal.getsignal(one) is signal.SIG_IGN
