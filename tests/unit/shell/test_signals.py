"""Signals reach one function of ours while a block lasts, and what was there before comes back."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from reconciler.shell.signals import STOP_SIGNALS, handle_signals, ignore_signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {name: signal.signal(signal.Signals[name], signal.SIG_DFL) for name in STOP_SIGNALS}
    yield
    for name, handler in before.items():
        signal.signal(signal.Signals[name], handler)


def handlers() -> list[object]:
    return [signal.getsignal(signal.Signals[name]) for name in STOP_SIGNALS]


def test_each_signal_is_handed_over_and_the_handlers_of_before_come_back() -> None:
    received: list[str] = []
    with handle_signals((*STOP_SIGNALS, "SIGNONSENSE"), lambda one: received.append(one.name)):
        for name in STOP_SIGNALS:
            signal.raise_signal(signal.Signals[name])
    assert received == list(STOP_SIGNALS)
    assert handlers() == [signal.SIG_DFL] * 3


def test_the_handlers_come_back_after_an_exception_of_the_handler_too() -> None:
    def interrupt(received: signal.Signals) -> None:
        ignore_signals(STOP_SIGNALS)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), handle_signals(STOP_SIGNALS, interrupt):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            assert handlers() == [signal.SIG_IGN] * 3
            signal.raise_signal(signal.SIGTERM)
    assert handlers() == [signal.SIG_DFL] * 3


@pytest.mark.parametrize(("keep_ignored", "kept"), [(None, True), (["SIGHUP"], True), (["SIGINT"], False)])
def test_what_this_process_was_started_to_ignore_stays_ignored_if_the_caller_says_so(
    keep_ignored: list[str] | None, kept: bool
) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    received: list[str] = []
    with handle_signals(STOP_SIGNALS, lambda one: received.append(one.name), keep_ignored):
        signal.raise_signal(signal.SIGHUP)
    assert received == ([] if kept else ["SIGHUP"])
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_in_another_thread_the_block_runs_without_handlers() -> None:
    ran: list[list[object]] = []

    def run() -> None:
        with handle_signals(STOP_SIGNALS, lambda one: None):
            ran.append(handlers())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert ran == [[signal.SIG_DFL] * 3]
