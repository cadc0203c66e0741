"""One apply at a time on a machine, and whether another wrote since a plan was read."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.app.apply_lock import hold_apply_lock
from reconciler.model.problem import ReconcileError

ACCOUNT = "123456789012"
LATER = timedelta(seconds=30)


def now() -> datetime:
    return datetime.now(UTC)


def fail_waiting() -> None:
    raise AssertionError("nobody else is there")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


def test_the_first_apply_of_a_machine_is_told_of_nobody(environ: dict[str, str]) -> None:
    with hold_apply_lock(environ, ACCOUNT, now(), fail_waiting) as since:
        assert not since


def test_an_apply_that_ended_before_the_plan_was_read_counts_not(environ: dict[str, str]) -> None:
    with hold_apply_lock(environ, ACCOUNT, now(), fail_waiting):
        pass
    with hold_apply_lock(environ, ACCOUNT, now() + LATER, fail_waiting) as since:
        assert not since


def test_an_apply_that_ended_after_the_plan_was_read_is_told(environ: dict[str, str]) -> None:
    read = now()
    with hold_apply_lock(environ, ACCOUNT, now(), fail_waiting):
        pass
    with hold_apply_lock(environ, ACCOUNT, read - LATER, fail_waiting) as since:
        assert since


def test_the_clock_of_a_file_server_does_not_count(environ: dict[str, str], tmp_path: Path) -> None:
    read = now()
    with hold_apply_lock(environ, ACCOUNT, now(), fail_waiting):
        pass
    os.utime(tmp_path / "reconcile" / "turns" / f"{ACCOUNT}.last", (0, 0))
    with hold_apply_lock(environ, ACCOUNT, read, fail_waiting) as since:
        assert since


def test_accounts_do_not_wait_for_each_other(environ: dict[str, str]) -> None:
    with (
        hold_apply_lock(environ, ACCOUNT, now(), fail_waiting),
        hold_apply_lock(environ, "210987654321", now(), fail_waiting) as since,
    ):
        assert not since


def test_an_apply_that_was_killed_while_it_wrote_may_have_written(environ: dict[str, str], tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    with pytest.raises(Killed), hold_apply_lock(environ, ACCOUNT, now(), fail_waiting):
        raise Killed
    with hold_apply_lock(environ, ACCOUNT, now() + LATER, fail_waiting) as since:
        assert since
    with hold_apply_lock(environ, ACCOUNT, now() + LATER, fail_waiting) as since:
        assert not since


def test_the_second_waits_for_the_first_and_says_so(environ: dict[str, str]) -> None:
    told, order = threading.Event(), []
    read = now()

    def second() -> None:
        with hold_apply_lock(environ, ACCOUNT, read, told.set) as since:
            order.append(("second", since))

    with hold_apply_lock(environ, ACCOUNT, now(), fail_waiting):
        thread = threading.Thread(target=second)
        thread.start()
        assert told.wait(10)
        order.append(("first", False))
    thread.join(10)
    assert order == [("first", False), ("second", True)]


def test_if_it_cannot_be_kept_nothing_is_done(tmp_path: Path) -> None:
    (tmp_path / "reconcile").write_text("a file where the folder should be")
    with (
        pytest.raises(ReconcileError) as failed,
        hold_apply_lock({"XDG_STATE_HOME": str(tmp_path)}, ACCOUNT, now(), fail_waiting),
    ):
        raise AssertionError("it must not begin")
    assert failed.value.problems[0].code == "cannot-write"


def test_an_end_that_cannot_be_kept_hides_nothing_of_what_was_done(environ: dict[str, str], tmp_path: Path) -> None:
    """The next apply takes it for one that was killed."""
    last = tmp_path / "reconcile" / "turns" / f"{ACCOUNT}.last"
    with hold_apply_lock(environ, ACCOUNT, now(), fail_waiting):
        last.unlink()
        last.mkdir()
    last.rmdir()
    last.write_text("")
    with hold_apply_lock(environ, ACCOUNT, now() + LATER, fail_waiting) as since:
        assert since


def test_without_a_home_there_is_nothing_to_share() -> None:
    with hold_apply_lock({}, ACCOUNT, now(), fail_waiting) as since:
        assert not since
    assert not Path("turns").exists()
