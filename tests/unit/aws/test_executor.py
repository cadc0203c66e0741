"""Signals that ask a run to stop, and the words said to who sends them."""

from __future__ import annotations

import io
import signal
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reconciler.aws.executor import StopSignal, execute_steps
from reconciler.aws.meter import Meter
from reconciler.aws.retry import SentCall
from reconciler.aws.session import Connection
from reconciler.cli.reporting import TextLog, stop_on_signals
from reconciler.model.address import Address
from reconciler.model.plan import Phase, Step
from reconciler.model.problem import Problem
from reconciler.plan.order.schedule import Schedule
from tests.support.steps import bare_step


@pytest.fixture
def _signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_time_asks_and_the_second_stops_at_once() -> None:
    stop = StopSignal()
    assert (stop.event.is_set(), stop.immediate) == (False, False)
    assert stop.request()
    assert (stop.event.is_set(), stop.immediate) == (True, False)
    assert not stop.request()
    assert (stop.event.is_set(), stop.immediate) == (True, True)


@pytest.mark.usefixtures("_signals_as_before")
def test_a_signal_in_the_middle_of_the_answer_to_another_is_the_second() -> None:
    """As where a terminal and a wrapper both pass on one Ctrl-C."""
    told = []

    def tell() -> None:
        told.append(True)
        signal.raise_signal(signal.SIGTERM)

    with stop_on_signals(tell) as stop:
        signal.raise_signal(signal.SIGINT)
        assert (stop.event.is_set(), stop.immediate, len(told)) == (True, True, 1)


@pytest.mark.usefixtures("_signals_as_before")
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_second_hangup_changes_nothing_though_it_comes_before_the_first_is_handled() -> None:
    """As the kernel and the shell send them at the end of a terminal."""
    with stop_on_signals(lambda: None) as stop:
        request = stop.request

        def hang_up_twice() -> bool:
            stop.request = request  # type: ignore[method-assign]
            signal.raise_signal(signal.SIGHUP)
            return request()

        stop.request = hang_up_twice  # type: ignore[method-assign]
        signal.raise_signal(signal.SIGHUP)
        assert (stop.event.is_set(), stop.immediate) == (True, False)


@pytest.mark.usefixtures("_signals_as_before")
def test_what_is_said_to_who_stops_it_is_on_a_line_of_its_own_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with TextLog().handle_interrupts() as stop:
        signal.raise_signal(signal.SIGINT)
        written = cast(Terminal, sys.stderr).getvalue()
    assert stop.event.is_set()
    assert "\x1b[2KStopping when" in written


class _Observer:
    def on_start(self, index: int, step: Step) -> None:
        pass

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        pass


def test_a_thread_wakes_only_when_a_call_may_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen threads that wake after each of a hundred calls take the processor from the calls."""
    looks = []
    start = Schedule.start

    def count_starts(schedule: Schedule) -> int | None:
        looks.append(schedule)
        return start(schedule)

    def call(**parameters: Any) -> dict[str, Any]:
        time.sleep(0.002)  # the others have time to fall asleep
        return {}

    monkeypatch.setattr(Schedule, "start", count_starts)
    client = SimpleNamespace(CreateRole=call, create_role=call)
    connection = cast(Connection, SimpleNamespace(iam_once=client, account="1", meter=Meter()))
    steps = [bare_step(Address("role", "one"), Phase.CREATE, "CreateRole", {}) for _ in range(100)]
    result = execute_steps(connection, steps, _Observer(), StopSignal())
    assert len(result.done) == 100
    assert len(looks) < 500
