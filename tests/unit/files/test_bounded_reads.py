"""Reads of files that somebody else may have put there: so much, regular ones, at once."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.files.bounded_reads import (
    MEGABYTE,
    check_settings,
    is_descriptor,
    is_valid_path,
    read_regular,
    read_regular_or_pipe,
    reason_of,
)

READERS = [read_regular, read_regular_or_pipe]


@pytest.mark.parametrize("read", READERS)
def test_a_file_is_read_up_to_its_limit(tmp_path: Path, read: Callable[[Path, int], bytes]) -> None:
    path = tmp_path / "file"
    for content in (b"", b"a", b"a" * 70_000):
        path.write_bytes(content)
        assert read(path, 70_000) == content


@pytest.mark.parametrize("read", READERS)
def test_a_larger_one_is_refused_with_both_sizes_and_not_read(
    tmp_path: Path, read: Callable[[Path, int], bytes]
) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(5 * 1024 * MEGABYTE)
    with pytest.raises(OSError) as caught:
        read(path, MEGABYTE)
    assert caught.value.errno == errno.EFBIG
    assert reason_of(caught.value) == "it has 5120 MB; at most 1 MB are read"


def test_a_file_that_tells_no_size_is_bounded_as_well() -> None:
    path = Path("/proc/self/maps")
    if not path.exists():
        pytest.skip("this system has no /proc")
    assert read_regular(path, MEGABYTE).count(b"\n") > 10
    with pytest.raises(OSError, match="more"):
        read_regular(path, 100)


NO_FILES = ["/dev/zero", "/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/", "."]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such devices")
@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("path", NO_FILES)
def test_a_device_or_a_folder_is_refused_at_once(path: str, read: Callable[[str, int], bytes]) -> None:
    with pytest.raises(OSError):
        read(path, MEGABYTE)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_pipe_without_a_writer_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "pipe", MEGABYTE)
    assert read_regular_or_pipe(tmp_path / "pipe", MEGABYTE) == b""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
@pytest.mark.parametrize("size", [0, 100_000])
def test_what_a_command_writes_into_a_pipe_is_read_to_its_end(size: int) -> None:
    read, write = os.pipe()

    def fill() -> None:
        with os.fdopen(write, "wb") as file:
            file.write(b"a" * size)

    filling = threading.Thread(target=fill)
    filling.start()
    assert read_regular_or_pipe(f"/dev/fd/{read}", MEGABYTE) == b"a" * size
    filling.join()
    os.close(read)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_an_endless_pipe_is_read_to_its_limit() -> None:
    script = "from reconciler.files.bounded_reads import *\nread_regular_or_pipe('/dev/stdin', 1000000)"
    with subprocess.Popen(["cat", "/dev/zero"], stdout=subprocess.PIPE) as endless:
        done = subprocess.run(
            [sys.executable, "-c", script], stdin=endless.stdout, capture_output=True, text=True, timeout=30
        )
        endless.kill()
    assert "it has more" in done.stderr


IMPOSSIBLE = ["a\0b", "\ud800", "a\udfff.yaml" + "\ud83d"]


@pytest.mark.parametrize("path", IMPOSSIBLE)
def test_a_path_that_cannot_be_is_an_error_like_any_other(path: str) -> None:
    assert not is_valid_path(path)
    with pytest.raises(OSError, match="no path can hold"):
        read_regular(path, 1)


@pytest.mark.parametrize("path", ["a b", "é", "a\nb", "\udcff\udce9", "", "/" + "x" * 5000])
def test_every_other_path_may_be(path: str) -> None:
    assert is_valid_path(path)


def test_a_link_to_itself_and_a_path_that_is_too_long_are_told(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for path, code in ((tmp_path / "loop", errno.ELOOP), (Path("x" * 5000), errno.ENAMETOOLONG)):
        with pytest.raises(OSError) as caught:
            read_regular(path, 1)
        assert caught.value.errno == code


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/dev/stdin", True),
        ("/dev/stdout", True),
        ("/dev/fd/0", True),
        ("/dev/fd/63", True),
        ("/dev/fd/", False),
        ("/dev/fd/../sda", False),
        ("/dev/fd/1/x", False),
        ("/dev/sda", False),
        ("dev/stdin", False),
        ("/dev/stdin/..", False),
        ("/x/../dev/stdin", False),
    ],
)
def test_only_what_the_shell_itself_opens_counts_as_a_descriptor(path: str, expected: bool) -> None:
    assert is_descriptor(path) is expected


SETTINGS = [
    ("a file", "file", True),
    ("none", "absent", True),
    ("none in a folder that is a file", "file/x", True),
    ("a link to a file", "link", True),
    ("the null device, which says none", "/dev/null", True),
    ("a folder, which botocore passes over", ".", True),
    ("an endless device", "/dev/zero", False),
    ("a pipe", "pipe", False),
    ("a file past the limit", "large", False),
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such devices")
@pytest.mark.parametrize(("name", "readable"), [case[1:] for case in SETTINGS], ids=[case[0] for case in SETTINGS])
def test_what_a_library_would_read_without_end_is_refused(tmp_path: Path, name: str, readable: bool) -> None:
    (tmp_path / "file").write_text("[default]\n")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(1024 * MEGABYTE)
    if readable:
        check_settings(str(tmp_path / name))
    else:
        with pytest.raises(OSError):
            check_settings(str(tmp_path / name))
