"""Whose a file is: the user's own, root's, or somebody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.files.owners import find_foreign_owner, trusted_uids, user_name_of

MALLORY = 54_321
ROOT_ONLY = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")

TRUSTED = [
    ("the user and root", 1000, {}, {1000, 0}),
    ("root", 0, {}, {0}),
    ("root through sudo, and who that was", 0, {"SUDO_UID": "1000"}, {0, 1000}),
    ("SUDO_UID says nothing to a user", 1000, {"SUDO_UID": "1001"}, {1000, 0}),
    ("a SUDO_UID that is not a number", 0, {"SUDO_UID": "x"}, {0}),
    ("an endless one", 0, {"SUDO_UID": "9" * 5000}, {0}),
    ("an empty one", 0, {"SUDO_UID": ""}, {0}),
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no uids")
@pytest.mark.parametrize(
    ("uid", "environ", "expected"), [case[1:] for case in TRUSTED], ids=[case[0] for case in TRUSTED]
)
def test_whose_files_are_trusted(
    monkeypatch: pytest.MonkeyPatch, uid: int, environ: dict[str, str], expected: set[int]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert trusted_uids(environ) == expected


def test_if_files_have_no_uid_everything_is_the_users_own(tmp_path: Path) -> None:
    assert find_foreign_owner(tmp_path / "absent", None) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no uids")
def test_the_owner_is_told_if_it_is_none_of_them(tmp_path: Path) -> None:
    own = tmp_path.stat().st_uid
    assert find_foreign_owner(tmp_path, frozenset({own})) is None
    assert find_foreign_owner(tmp_path, frozenset({own + 1})) == own


@ROOT_ONLY
def test_who_made_a_link_decides_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    (tmp_path / "link").symlink_to("mine")
    os.chown(tmp_path / "link", MALLORY, MALLORY, follow_symlinks=False)
    assert find_foreign_owner(tmp_path / "mine", frozenset({0})) is None
    assert find_foreign_owner(tmp_path / "link", frozenset({0})) == MALLORY


def test_a_uid_without_a_name_is_called_by_its_number() -> None:
    assert user_name_of(MALLORY) == f"uid {MALLORY}"
    if os.name != "nt":
        assert user_name_of(0) == "root (uid 0)"
