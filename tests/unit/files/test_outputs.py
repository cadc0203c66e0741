"""Places of output that a person names: through no planted link, for his eyes alone, into no folder of another."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.files import outputs
from reconciler.files.outputs import check_folder, is_stream, open_for_append, open_new, open_stream, write_text

MALLORY = 54_321
PATHS = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
"""The environment of a program that imports this package from another folder."""
ROOT_ONLY = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("there")
    (tmp_path / "dir").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, target in {
        "link": "file",
        "dangling": "absent",
        "loop": "loop",
        "to-dir": "dir",
        "to-pipe": "pipe",
        "to-null": "/dev/null",
        "to-output": "/dev/stdout",
    }.items():
        (tmp_path / name).symlink_to(target)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("file", False),
        ("absent", False),
        ("pipe", True),
        ("to-pipe", True),
        ("to-null", True),
        ("/dev/null", True),
        ("/dev/stdout", True),
        ("/dev/fd/1", True),
    ],
)
def test_pipes_and_devices_are_written_to_and_files_replaced(folder: Path, name: str, expected: bool) -> None:
    assert is_stream(folder / name) is expected


def test_a_pipe_that_nobody_reads_keeps_nobody_waiting(folder: Path) -> None:
    with pytest.raises(OSError, match="nobody reads"):
        open_stream(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = open_stream(folder / "to-pipe")
    assert os.get_blocking(writer)
    os.close(writer)
    os.close(reader)


REFUSED = ["link", "dangling", "loop", "to-dir", "dir", "a\0b", "\ud800", "x" * 5000, "file/x"]


@pytest.mark.parametrize("name", REFUSED)
def test_links_and_folders_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(OSError):
        is_stream(folder / name)


@pytest.mark.parametrize("name", ["link", "dangling", "loop", "to-dir"])
@pytest.mark.parametrize(
    "writing", [open_for_append, lambda path: write_text(path, "x"), lambda path: open_new(path, {})]
)
def test_a_link_that_is_put_there_in_between_is_not_followed(folder: Path, name: str, writing: object) -> None:
    with pytest.raises(OSError):
        writing(folder / name)  # type: ignore[operator]
    assert (folder / "file").read_text() == "there"
    assert not (folder / "absent").exists()


@pytest.mark.parametrize("before", [None, 0o644, 0o666, 0o600, 0o640])
def test_what_is_appended_to_is_its_owners_alone(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / "journal"
    if before is not None:
        path.write_text("a")
        path.chmod(before)
    os.close(open_for_append(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@ROOT_ONLY
def test_another_users_file_is_not_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("")
    os.chown(path, MALLORY, MALLORY)
    with pytest.raises(PermissionError, match=f"uid {MALLORY}"):
        open_for_append(path)


FOLDERS = [
    ("his own", 1000, 1000, {}, True),
    ("root's, as /tmp", 1000, 0, {}, True),
    ("another user's", 1000, MALLORY, {}, False),
    ("root's own", 0, 0, {}, True),
    ("another user's, for root in a container", 0, MALLORY, {}, True),
    ("another user's, for root through sudo", 0, MALLORY, {"SUDO_UID": "1000"}, False),
    ("that of the user who called sudo", 0, 1000, {"SUDO_UID": "1000"}, True),
]


@ROOT_ONLY
@pytest.mark.parametrize(
    ("uid", "owner", "environ", "allowed"), [case[1:] for case in FOLDERS], ids=[case[0] for case in FOLDERS]
)
def test_whose_folder_takes_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, owner: int, environ: dict[str, str], allowed: bool
) -> None:
    os.chown(tmp_path, owner, owner)
    monkeypatch.setattr(outputs.os, "geteuid", lambda: uid)
    if allowed:
        check_folder(tmp_path / "plan.json", environ)
    else:
        with pytest.raises(PermissionError, match=f"uid {owner}"):
            check_folder(tmp_path / "plan.json", environ)


def test_a_new_file_is_new_and_its_owners_alone(tmp_path: Path) -> None:
    os.close(open_new(tmp_path / "seed", {}))
    assert stat.S_IMODE((tmp_path / "seed").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        open_new(tmp_path / "seed", {})


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize("new", [True, False])
def test_a_text_that_does_not_fit_on_the_disk_leaves_no_half_file(tmp_path: Path, new: bool) -> None:
    """`init` would keep it as the user's own, and `export --split` would find its folder in use."""
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from reconciler.files.outputs import write_text\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))\n"
        f"write_text(Path('roles.yaml'), 'x' * 1000, new={new})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env=PATHS
    )
    assert (done.returncode, "File too large" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []
