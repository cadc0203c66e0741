"""Whose a file is: the user's own, root's, or somebody else's, who could have put anything there.

After git's `safe.directory` (git-config(1)), SUDO_UID included. On Windows files have no uid: everything is the
user's own. Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT_UID = 0


def trusted_uids(environ: Mapping[str, str]) -> frozenset[int] | None:
    """Return the uids whose files this user takes for his own: his, root's, and through sudo his own from before.

    None where the system has no uids.
    """
    if not hasattr(os, "geteuid"):
        return None
    own = os.geteuid()
    before = environ.get("SUDO_UID", "") if own == ROOT_UID else ""
    return frozenset({own, ROOT_UID, *([int(before)] if before.isdecimal() and len(before) < 11 else [])})


def find_foreign_owner(path: Path, trusted: frozenset[int] | None) -> int | None:
    """Return the uid of another user who decides what `path` holds: owner of the file, or of a link on its name.

    None where there is none. Raises OSError where there is no such file.
    """
    if trusted is None:
        return None
    owners = (path.lstat().st_uid, path.stat().st_uid)
    return next((uid for uid in owners if uid not in trusted), None)


def user_name_of(uid: int) -> str:
    """Return a user's name with the uid, as `mallory (uid 1001)`; the uid alone where no name is known."""
    try:
        import pwd

        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (ImportError, KeyError):
        return f"uid {uid}"
