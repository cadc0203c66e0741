"""A file is replaced whole or not at all, by one writer at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.files import atomic

POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
NOT_ROOT = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@POSIX
@pytest.mark.parametrize(
    ("before", "given", "after"),
    [(None, None, 0o600), (0o644, None, 0o644), (0o640, None, 0o640), (0o644, 0o600, 0o600), (None, 0o640, 0o640)],
)
def test_the_mode_is_kept_unless_one_is_given(
    before: int | None, given: int | None, after: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(b"old")
        path.chmod(before)
    atomic.replace_file(path, b"new\r\n", given)
    assert path.read_bytes() == b"new\r\n"
    assert mode(path) == after
    assert list(tmp_path.iterdir()) == [path]


@POSIX
def test_a_new_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        atomic.replace_file(tmp_path / "file", b"x")
        atomic.make_folder(tmp_path / "a" / "b")
        with atomic.hold_lock(tmp_path / "lock"):
            pass
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == mode(tmp_path / "lock") == 0o600
    assert mode(tmp_path / "a" / "b") == 0o700


@POSIX
def test_nobody_else_can_read_it_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: seen.append(stat.S_IMODE(os.fstat(handle).st_mode)))
    path = tmp_path / "file"
    path.write_bytes(b"")
    path.chmod(0o644)
    atomic.replace_file(path, b"secret", 0o644)
    assert seen[0] == 0o600


@POSIX
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_what_it_points_to_is_replaced(exists: bool, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "file", tmp_path / "link"
    if exists:
        target.write_bytes(b"old")
    link.symlink_to("real/file")
    atomic.replace_file(link, b"new")
    assert link.is_symlink() and link.readlink() == Path("real/file")
    assert target.read_bytes() == b"new"
    assert list((tmp_path / "real").iterdir()) == [target]


@pytest.mark.parametrize("target", ["file", "absent"])
def test_if_no_link_may_be_followed_it_stays_and_so_does_what_it_points_to(target: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(OSError):
        atomic.replace_file(tmp_path / "link", b"new", follow=False)
    assert (tmp_path / "link").readlink() == Path(target)
    assert (tmp_path / "file").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_folder_on_the_way_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    atomic.replace_file(tmp_path / "link/file", b"new", follow=False)
    assert (tmp_path / "real/file").read_bytes() == b"new"


def test_a_lock_file_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("elsewhere")
    with pytest.raises(OSError), atomic.hold_lock(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="Not a regular file"):
        atomic.replace_file(tmp_path / "folder", b"x")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError):
        atomic.replace_file(tmp_path / "file" / "below", b"x")


@NOT_ROOT
def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o400)
    with pytest.raises(PermissionError):
        atomic.replace_file(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_lock_lets_one_in_at_a_time(tmp_path: Path) -> None:
    """Without it, eight processes that read, add one and write would lose some."""
    code = (
        "import sys; from pathlib import Path; from reconciler.files import atomic\n"
        "path = Path(sys.argv[1])\n"
        "for _ in range(20):\n"
        "    with atomic.hold_lock(path.with_name('lock')):\n"
        "        atomic.replace_file(path, str(int(path.read_text()) + 1).encode())\n"
    )
    path = tmp_path / "count"
    path.write_text("0")
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    assert path.read_text() == "80"
