"""Calls at the same time: never more than allowed, none lost, and none that a program must wait for at its end."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import CancelledError, wait
from threading import Barrier, Event, Lock

import pytest

from reconciler.aws.concurrency import DaemonExecutor, prompt_turns, start_call


def test_every_call_is_made_once_and_answers_keep_their_order() -> None:
    made: list[int] = []

    def call(n: int) -> int:
        made.append(n)
        return n * n

    with DaemonExecutor(3) as pool:
        assert list(pool.map(call, range(100))) == [n * n for n in range(100)]
        assert list(pool.map(call, range(100, 200))) == [n * n for n in range(100, 200)]
    assert sorted(made) == list(range(200))


def test_as_many_calls_as_allowed_go_on_at_once_and_no_more() -> None:
    lock, going, most = Lock(), 0, 0
    together = Barrier(4, timeout=30)

    def call(n: int) -> None:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
        together.wait()
        with lock:
            going -= 1

    with DaemonExecutor(4) as pool:
        list(pool.map(call, range(16)))
    assert most == 4


def test_a_call_that_waits_for_others_does_not_keep_them_from_being_made() -> None:
    with DaemonExecutor(4) as pool:
        outer = [pool.submit(lambda: sum(pool.map(int, range(10)))) for _ in range(3)]
        assert [one.result(30) for one in outer] == [45, 45, 45]


def test_what_a_call_raises_is_raised_where_its_answer_is_asked_for() -> None:
    with DaemonExecutor(2) as pool:
        failing, fine = pool.submit(int, "x"), pool.submit(int, "7")
        with pytest.raises(ValueError, match="invalid literal"):
            failing.result(30)
        assert fine.result(30) == 7
    with pytest.raises(ZeroDivisionError):
        start_call(divmod, 1, 0).result(30)


def test_what_was_not_begun_at_the_end_never_is() -> None:
    begun, release = Event(), Event()

    def first() -> None:
        begun.set()
        release.wait(30)

    with DaemonExecutor(1) as pool:
        under_way = pool.submit(first)
        waiting = pool.submit(begun.set)
        assert begun.wait(30)
    with pytest.raises(CancelledError):
        waiting.result(0)
    release.set()
    assert under_way.result(30) is None


def test_what_is_asked_for_after_the_end_is_cancelled_at_once() -> None:
    """A call that is under way may ask for others then; it would wait for them for ever."""
    with DaemonExecutor(2) as pool:
        release = Event()
        late = pool.submit(lambda: release.wait(30) and sum(pool.map(int, range(10))))
    release.set()
    with pytest.raises(CancelledError):
        late.result(30)
    assert not wait([pool.submit(int)], timeout=30).not_done


def test_a_program_ends_while_calls_are_under_way() -> None:
    code = (
        "from threading import Event\n"
        "from reconciler.aws.concurrency import DaemonExecutor, prompt_turns, start_call\n"
        "pool = DaemonExecutor(2)\n"
        "for _ in range(5): pool.submit(Event().wait)\n"
        "start_call(Event().wait)\n"
        "print('over')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")


def test_turns_are_prompt_within_the_block_and_as_before_after_it() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(KeyboardInterrupt), prompt_turns():
        assert sys.getswitchinterval() < before
        raise KeyboardInterrupt
    assert sys.getswitchinterval() == before
