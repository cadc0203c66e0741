"""Where this machine keeps what is the user's own: what it may forget, and what it did. Standard library only.

Places: XDG Base Directory Specification; on Windows, %LOCALAPPDATA%. Nothing here makes a folder before something is
to be written, and nobody but the user may look inside. Paths are texts: a warm `assume` has no time for pathlib.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping

NAME = "reconcile"

_WINDOWS = sys.platform == "win32"


def find_cache_folder(environ: Mapping[str, str]) -> str | None:
    """`reconcile` in the user's cache folder; None where there is no home. Makes nothing."""
    return _find_folder(environ, "XDG_CACHE_HOME", (".cache",))


def find_state_folder(environ: Mapping[str, str]) -> str | None:
    """`reconcile` among what programs keep of their doings; None where there is no home. Makes nothing."""
    return _find_folder(environ, "XDG_STATE_HOME", (".local", "state"))


def _find_folder(environ: Mapping[str, str], variable: str, fallback: tuple[str, ...]) -> str | None:
    """A relative path in the variable is to be ignored, as the specification says."""
    base = environ.get("LOCALAPPDATA" if _WINDOWS else variable, "")
    if base and os.path.isabs(base):
        return os.path.join(base, NAME)
    home = environ.get("USERPROFILE" if _WINDOWS else "HOME", "")
    if not home or not os.path.isabs(home):
        return None
    return os.path.join(home, *(("AppData", "Local") if _WINDOWS else fallback), NAME)


def ensure_private_folder(path: str) -> str:
    """The folder, made where it is missing, and open to nobody but its owner (mode 0700).

    Raises OSError where it cannot be made, or belongs to another user, as does a link that another user made: root may
    write there, and would write where that user has it written.
    """
    os.makedirs(path, mode=0o700, exist_ok=True)
    if _WINDOWS:
        return path
    found = os.stat(path)
    if {found.st_uid, os.lstat(path).st_uid} != {os.geteuid()}:
        raise PermissionError(errno.EPERM, "it belongs to another user", path)
    if found.st_mode & 0o777 != 0o700:
        os.chmod(path, 0o700)
    return path


def is_private_folder(path: str) -> bool:
    """True where the folder is the user's own and open to nobody else: only then what it holds is believed."""
    return os.path.isdir(path) and is_private_file(path)


def is_private_file(path: str | int) -> bool:
    """True where a file, by name or handle, is the user's own and open to nobody else."""
    if _WINDOWS:
        return True
    try:
        found = os.stat(path)
    except OSError:
        return False
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077
