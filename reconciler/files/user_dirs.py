"""Find the user's folders for cached data and for state, and keep them private. Standard library only.

The folders follow the XDG Base Directory Specification; on Windows, %LOCALAPPDATA%. A folder is made only when
something is written, and only the user may read it. Paths are texts, because pathlib is too slow for a warm `assume`.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping

NAME = "reconcile"

_WINDOWS = sys.platform == "win32"


def find_cache_folder(environ: Mapping[str, str]) -> str | None:
    """Return the path of reconcile's cache folder, which may not exist; None if the user has no home folder."""
    return _find_folder(environ, "XDG_CACHE_HOME", (".cache",))


def find_state_folder(environ: Mapping[str, str]) -> str | None:
    """Return the path of reconcile's state folder, which may not exist; None if the user has no home folder."""
    return _find_folder(environ, "XDG_STATE_HOME", (".local", "state"))


def _find_folder(environ: Mapping[str, str], variable: str, fallback: tuple[str, ...]) -> str | None:
    """Return the path from the variable, else the fallback; the specification says to ignore a relative path."""
    base = environ.get("LOCALAPPDATA" if _WINDOWS else variable, "")
    if base and os.path.isabs(base):
        return os.path.join(base, NAME)
    home = environ.get("USERPROFILE" if _WINDOWS else "HOME", "")
    if not home or not os.path.isabs(home):
        return None
    return os.path.join(home, *(("AppData", "Local") if _WINDOWS else fallback), NAME)


def ensure_private_folder(path: str) -> str:
    """Make the folder if it is missing, allow only its owner into it (mode 0700), and return it.

    Raises OSError if it cannot be made, if it belongs to another user, or if it is a link of another user. Otherwise
    another user could choose the folder into which root writes.
    """
    os.makedirs(path, mode=0o700, exist_ok=True)
    if _WINDOWS:
        return path
    status = os.stat(path)
    if {status.st_uid, os.lstat(path).st_uid} != {os.geteuid()}:
        raise PermissionError(errno.EPERM, "it belongs to another user", path)
    if status.st_mode & 0o777 != 0o700:
        os.chmod(path, 0o700)
    return path


def is_private_folder(path: str) -> bool:
    """Return whether the folder belongs to the user and nobody else may enter it; only then are its files trusted."""
    return os.path.isdir(path) and is_private_file(path)


def is_private_file(path: str | int) -> bool:
    """Return whether a file, by name or handle, belongs to the user and nobody else may open it."""
    if _WINDOWS:
        return True
    try:
        status = os.stat(path)
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077
