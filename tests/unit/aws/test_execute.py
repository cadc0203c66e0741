"""What asks a run to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from reconciler.aws.execute import Stop
from reconciler.cli.reporting import stoppable


@pytest.fixture
def _signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_time_asks_and_the_second_stops_at_once() -> None:
    stop = Stop()
    assert (stop.event.is_set(), stop.at_once) == (False, False)
    assert stop.ask()
    assert (stop.event.is_set(), stop.at_once) == (True, False)
    assert not stop.ask()
    assert (stop.event.is_set(), stop.at_once) == (True, True)


@pytest.mark.usefixtures("_signals_as_before")
def test_a_signal_in_the_middle_of_the_answer_to_another_is_the_second() -> None:
    """As where a terminal and a wrapper both pass on one Ctrl-C."""
    told = []

    def tell() -> None:
        told.append(True)
        signal.raise_signal(signal.SIGTERM)

    with stoppable(tell) as stop:
        signal.raise_signal(signal.SIGINT)
        assert (stop.event.is_set(), stop.at_once, len(told)) == (True, True, 1)
