"""Journals are found by their names alone, oldest first, without a change to their folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from reconciler.files.journal_files import (
    account_of_journal,
    find_journal_folder,
    find_own_journals,
    make_journal_name,
    time_of_journal,
)

TIME = datetime(2026, 1, 2, 12, 30, 1, 5, tzinfo=UTC)


def test_a_name_tells_account_and_time() -> None:
    path = Path("/x", make_journal_name("123456789012", TIME))
    assert path.name == "123456789012-20260102T123001.000005.jsonl"
    assert account_of_journal(path) == "123456789012"
    assert time_of_journal(path) == TIME.replace(tzinfo=None)
    assert time_of_journal(Path("odd.jsonl")) is None


def test_journals_of_all_accounts_are_sorted_by_time_and_their_folder_stays_as_it_is(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    folder = find_journal_folder(environ)
    assert folder == tmp_path / "state/reconcile/journals"
    assert find_own_journals(environ) == []
    folder.mkdir(parents=True, mode=0o755)
    names = [make_journal_name(account, TIME.replace(day=day)) for account, day in (("9", 1), ("1", 2), ("5", 3))]
    for name in (*reversed(names), "notes.txt"):
        (folder / name).write_text("")
    assert [path.name for path in find_own_journals(environ)] == names
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_user_without_a_home_has_no_journals() -> None:
    assert find_journal_folder({}) is None
    assert find_own_journals({}) == []
