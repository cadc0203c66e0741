"""Find the journals that `apply` keeps in the user's state folder. Standard library only: completion reads only names.

A journal is named ACCOUNT-TIME.jsonl, with the time in UTC, so that names sort by time.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from reconciler.files.owners import find_foreign_owner, trusted_uids
from reconciler.files.user_dirs import find_state_folder

_FOLDER = "journals"
_TIME = "%Y%m%dT%H%M%S.%f"


def find_journal_folder(environ: Mapping[str, str]) -> Path | None:
    """Return the user's folder of journals, which may not exist; None if the user has no home folder."""
    base = find_state_folder(environ)
    return Path(base, _FOLDER) if base else None


def make_journal_name(account: str, time: datetime) -> str:
    """Return the name of a new journal. time: in UTC."""
    return f"{account}-{time:{_TIME}}.jsonl"


def account_of_journal(path: Path) -> str:
    """Return the account in the name of a journal."""
    return path.name.partition("-")[0]


def time_of_journal(path: Path) -> datetime | None:
    """Return the time in the name of a journal, in UTC; None if there is none."""
    with suppress(ValueError):
        return datetime.strptime(path.stem.partition("-")[2], _TIME)
    return None


def find_own_journals(environ: Mapping[str, str]) -> list[Path]:
    """Return the journals of the user's own folder, oldest first. Raises OSError if another user owns the folder."""
    folder = find_journal_folder(environ)
    if folder is None or not folder.is_dir():
        return []
    if find_foreign_owner(folder, trusted_uids(environ)) is not None:
        raise PermissionError(errno.EPERM, "it belongs to another user", str(folder))
    return sorted(folder.glob("*.jsonl"), key=lambda path: path.name.partition("-")[2])
