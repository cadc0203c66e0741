"""The place of the cache folder, and the users that may look into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.files import user_dirs
from reconciler.files.user_dirs import ensure_private_folder, find_cache_folder

ROOT_ONLY = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives folders away")

PLACES = [
    ("the cache folder of XDG", {"XDG_CACHE_HOME": "/x/cache", "HOME": "/home/a"}, "/x/cache/reconcile"),
    ("below home", {"HOME": "/home/a"}, "/home/a/.cache/reconcile"),
    ("a relative XDG_CACHE_HOME is to be ignored", {"XDG_CACHE_HOME": "c", "HOME": "/h"}, "/h/.cache/reconcile"),
    ("an empty one too", {"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/reconcile"),
    ("XDG without a home", {"XDG_CACHE_HOME": "/x"}, "/x/reconcile"),
    ("no home", {}, None),
    ("an empty home", {"HOME": ""}, None),
    ("Windows' variable elsewhere", {"LOCALAPPDATA": "/l"}, None),
]


@pytest.mark.parametrize(("environ", "expected"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES])
def test_the_folder_is_where_the_system_keeps_caches(environ: dict[str, str], expected: str | None) -> None:
    assert find_cache_folder(environ) == expected


def test_on_windows_it_is_in_the_local_application_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_dirs, "_WINDOWS", True)
    assert find_cache_folder({"LOCALAPPDATA": "/l", "HOME": "/h"}) == "/l/reconcile"
    assert find_cache_folder({"USERPROFILE": "/u", "HOME": "/h"}) == "/u/AppData/Local/reconcile"
    assert find_cache_folder({"HOME": "/h"}) is None


def test_asking_where_it_is_makes_nothing(tmp_path: Path) -> None:
    assert find_cache_folder({"HOME": str(tmp_path)}) == str(tmp_path / ".cache" / "reconcile")
    assert list(tmp_path.iterdir()) == []


def test_a_private_folder_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    made = ensure_private_folder(str(tmp_path / "a" / "b"))
    assert Path(made).stat().st_mode & 0o777 == 0o700


def test_one_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    tmp_path.joinpath("b").mkdir()
    tmp_path.joinpath("b").chmod(0o755)
    assert Path(ensure_private_folder(str(tmp_path / "b"))).stat().st_mode & 0o777 == 0o700


@ROOT_ONLY
@pytest.mark.parametrize("theirs", ["folder", "link"])
def test_a_folder_or_a_link_of_another_user_is_refused_and_left_as_it_is(tmp_path: Path, theirs: str) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir(mode=0o755)
    link.symlink_to("folder")
    os.chown(tmp_path / theirs, 54_321, 54_321, follow_symlinks=False)
    before = folder.stat()
    with pytest.raises(PermissionError, match="another user"):
        ensure_private_folder(str(link))
    assert (folder.stat().st_mode, folder.stat().st_uid) == (before.st_mode, before.st_uid)


def test_a_link_of_ones_own_to_a_folder_of_ones_own_is_fine(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    assert ensure_private_folder(str(tmp_path / "link"))


def test_what_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        ensure_private_folder(str(tmp_path / "file" / "b"))
