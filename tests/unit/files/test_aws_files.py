"""One run of ours at a time changes a file of AWS's tools, and leaves nothing beside it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reconciler.files import aws_files
from reconciler.model.problem import ReconcileError


def nobody_waits(line: str) -> None:
    raise AssertionError(line)


def enter_lock(
    path: Path, environ: dict[str, str]
) -> tuple[threading.Thread, threading.Event, threading.Event, list[str]]:
    """Another run at work on `path`: it has told that it waits, or it is in."""
    told, inside, said = threading.Event(), threading.Event(), list[str]()

    def say(line: str) -> None:
        said.append(line)
        told.set()

    def work() -> None:
        with aws_files.hold_file_lock(path, environ, say):
            inside.set()
            told.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, told, inside, said


def test_the_lock_is_in_the_cache_folder_and_nothing_lies_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "aws" / "config"
    with aws_files.hold_file_lock(path, {"HOME": str(tmp_path)}, nobody_waits):
        aws_files.write_file(path, "x")
    assert [item.name for item in path.parent.iterdir()] == ["config"]
    (lock,) = (tmp_path / ".cache" / "reconcile" / "locks").iterdir()
    assert "config" not in lock.name
    assert (lock.stat().st_mode & 0o777, lock.parent.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_second_run_waits_says_so_and_goes_on_and_a_link_is_the_same_file(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    (tmp_path / "config").touch()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "config")
    with aws_files.hold_file_lock(tmp_path / "config", environ, nobody_waits):
        thread, told, inside, said = enter_lock(link, environ)
        assert told.wait(10) and not inside.is_set()
        assert len(said) == 1 and str(link) in said[0]
    thread.join(10)
    assert inside.is_set()


def test_another_file_does_not_wait(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    with (
        aws_files.hold_file_lock(tmp_path / "config", environ, nobody_waits),
        aws_files.hold_file_lock(tmp_path / "credentials", environ, nobody_waits),
    ):
        pass


def test_without_a_cache_folder_there_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for environ in ({}, {"HOME": str(tmp_path / "file")}):
        with aws_files.hold_file_lock(tmp_path / "config", environ, nobody_waits):
            aws_files.write_file(tmp_path / "config", "x")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["config", "file"]


def test_an_error_in_the_block_is_its_own(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="mine"),
        aws_files.hold_file_lock(tmp_path / "config", {"HOME": str(tmp_path)}, nobody_waits),
    ):
        raise OSError("mine")


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path, environ = tmp_path / "file" / "config", {"HOME": str(tmp_path)}
    with (
        pytest.raises(ReconcileError, match="Cannot write into"),
        aws_files.hold_file_lock(path, environ, nobody_waits),
    ):
        raise AssertionError


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_said_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "aws").mkdir(mode=0o500)
    path, environ = tmp_path / "aws" / "config", {"HOME": str(tmp_path)}
    with (
        pytest.raises(ReconcileError, match="Cannot write into"),
        aws_files.hold_file_lock(path, environ, nobody_waits),
    ):
        raise AssertionError
