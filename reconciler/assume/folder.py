"""Where this machine keeps what it may forget: the user's cache folder. Standard library only.

Places: XDG Base Directory Specification; on Windows, %LOCALAPPDATA%. Nothing here makes a folder before something is
to be written, and nobody but the user may look inside.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "reconcile"

_WINDOWS = sys.platform == "win32"


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """`reconcile` in the user's cache folder; None where there is no home. Makes nothing.

    A relative XDG_CACHE_HOME is to be ignored, as the specification says.
    """
    base = environ.get("LOCALAPPDATA" if _WINDOWS else "XDG_CACHE_HOME", "")
    if base and Path(base).is_absolute():
        return Path(base) / NAME
    home = environ.get("USERPROFILE" if _WINDOWS else "HOME", "")
    if not home or not Path(home).is_absolute():
        return None
    return Path(home, *(("AppData", "Local") if _WINDOWS else (".cache",)), NAME)


def private_folder(path: Path) -> Path:
    """The folder, made where it is missing, and open to nobody but its owner (mode 0700).

    Raises OSError where it cannot be made or its mode cannot be set, as where it is someone else's.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _WINDOWS and path.stat().st_mode & 0o777 != 0o700:
        path.chmod(0o700)
    return path
