"""The hint of what this machine applied lately: kept for minutes, private, never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.assume.recent_applies import HINT_TTL, note_applied, seconds_since_applied
from reconciler.model.address import Address

ACCOUNT = "123456789012"
APP, DB = Address("role", "App"), Address("role", "db")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def file_of(environ: dict[str, str]) -> Path:
    return Path(environ["HOME"], ".cache", "reconcile", "applied.json")


def test_it_tells_how_long_ago_an_entity_was_applied(environ: dict[str, str]) -> None:
    note_applied(environ, ACCOUNT, [APP], 1000.0)
    assert seconds_since_applied(environ, ACCOUNT, Address("role", "app"), 1012.0) == 12.0


@pytest.mark.parametrize(
    ("account", "address", "now"),
    [
        (ACCOUNT, DB, 1012.0),
        (ACCOUNT, Address("user", "App"), 1012.0),
        ("210987654321", APP, 1012.0),
        (ACCOUNT, APP, 1000.0 + HINT_TTL + 1),
        (ACCOUNT, APP, 900.0),
    ],
    ids=["another name", "another kind", "another account", "long ago", "a clock that was set back"],
)
def test_nothing_else_was_applied(environ: dict[str, str], account: str, address: Address, now: float) -> None:
    note_applied(environ, ACCOUNT, [APP], 1000.0)
    assert seconds_since_applied(environ, account, address, now) is None


def test_a_later_apply_keeps_what_still_counts_and_drops_the_rest(environ: dict[str, str]) -> None:
    note_applied(environ, ACCOUNT, [Address("role", "old")], 1.0)
    note_applied(environ, ACCOUNT, [APP], 1000.0)
    note_applied(environ, ACCOUNT, [DB], 1100.0)
    assert sorted(json.loads(file_of(environ).read_text())) == [f"{ACCOUNT}/role/app", f"{ACCOUNT}/role/db"]


def test_the_file_is_private(environ: dict[str, str]) -> None:
    note_applied(environ, ACCOUNT, [APP], 1000.0)
    path = file_of(environ)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [item.name for item in path.parent.iterdir()] == ["applied.json"]


def test_an_apply_that_did_nothing_writes_nothing(environ: dict[str, str]) -> None:
    note_applied(environ, ACCOUNT, [], 1000.0)
    assert not file_of(environ).exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "b"}', f'{{"{ACCOUNT}/role/app": null}}', "\x00"])
def test_a_file_that_is_not_ours_says_nothing_and_is_replaced(environ: dict[str, str], content: str) -> None:
    file_of(environ).parent.mkdir(parents=True)
    file_of(environ).write_text(content)
    assert seconds_since_applied(environ, ACCOUNT, APP, 1000.0) is None
    note_applied(environ, ACCOUNT, [APP], 1000.0)
    assert seconds_since_applied(environ, ACCOUNT, APP, 1001.0) == 1.0


def test_without_a_home_or_if_nothing_can_be_written_nothing_is_noted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for environ in ({}, {"HOME": str(tmp_path / "file")}):
        note_applied(environ, ACCOUNT, [APP], 1000.0)
        assert seconds_since_applied(environ, ACCOUNT, APP, 1000.0) is None
