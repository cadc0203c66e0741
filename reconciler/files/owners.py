"""Find out who owns a file: the user, root, or somebody else, whose files are not trusted.

After git's `safe.directory` (git-config(1)), including SUDO_UID. On Windows files have no uid, and every file counts as
the user's own. Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT_UID = 0


def trusted_uids(environ: Mapping[str, str]) -> frozenset[int] | None:
    """Return the uids whose files this user trusts: the user, root, and under sudo the user who called it.

    None if the system has no uids.
    """
    if not hasattr(os, "geteuid"):
        return None
    own = os.geteuid()
    before = environ.get("SUDO_UID", "") if own == ROOT_UID else ""
    return frozenset({own, ROOT_UID, *([int(before)] if before.isdecimal() and len(before) < 11 else [])})


def find_foreign_owner(path: Path, trusted: frozenset[int] | None) -> int | None:
    """Return the uid of an untrusted user who owns the file, or a link with its name; None if there is none.

    Raises OSError if there is no such file.
    """
    if trusted is None:
        return None
    owners = (path.lstat().st_uid, path.stat().st_uid)
    return next((uid for uid in owners if uid not in trusted), None)


def user_name_of(uid: int) -> str:
    """Return a user's name with the uid, as `mallory (uid 1001)`; only the uid if no name is known."""
    try:
        import pwd

        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (ImportError, KeyError):
        return f"uid {uid}"
