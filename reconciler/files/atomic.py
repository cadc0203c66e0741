"""Replace a file whole or not at all, and let one process write at a time. Standard library only.

For files with secrets, and files that other programs read at any time: caches, and the files of the AWS CLI.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def replace_file(path: Path, content: bytes, mode: int | None = None, *, follow: bool = True) -> None:
    """Replace the content of a file in one step: a reader, or a crash, finds the old file or the new one.

    A link stays, and its target is replaced. The file keeps its owner, and its mode unless `mode` is given. A new file
    gets `mode`, or 0600. Others can never read the content before that. The folder must exist. Raises OSError, also for
    a read-only file or one that is not regular; the file then stays as it was.

    follow: False to refuse a link, and to make the file the user's own.
    """
    target = Path(os.path.realpath(path)) if follow else Path(os.path.realpath(path.parent), path.name)
    before = _stat_existing(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{os.urandom(6).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _set_owner_and_mode(temporary, before if follow else None, mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, which only its owner may enter, if it is missing; an existing one stays. Raises OSError."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


@contextmanager
def hold_lock(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Wait until no other process holds the lock file `path`, then hold it during the block. Raises OSError.

    The file is made if it is missing, with mode 0600. It stays, because removing it could let two processes in. The
    system releases the lock if its holder dies.

    on_wait: called once if another process holds the lock, to tell the user.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), PRIVATE_FILE)
    with os.fdopen(handle, "r+b") as file:
        if not _try_lock(file):
            if on_wait is not None:
                on_wait()
            _wait_for_lock(file)
        yield


def _stat_existing(target: Path) -> os.stat_result | None:
    try:
        status = target.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "Not a regular file", str(target))
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "Read-only file", str(target))
    return status


def _set_owner_and_mode(temporary: Path, before: os.stat_result | None, mode: int | None) -> None:
    """Set the owner, then the mode: changing the owner may drop bits of the mode."""
    if before is not None and hasattr(os, "chown"):
        now = temporary.stat()
        if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
            os.chown(temporary, before.st_uid, before.st_gid)
    if mode is None and before is not None:
        mode = stat.S_IMODE(before.st_mode)
    if mode is not None:
        temporary.chmod(mode)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, if the file system can; otherwise the old file is still there."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


if os.name == "nt":

    def _try_lock(file: IO[bytes]) -> bool:
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

    def _wait_for_lock(file: IO[bytes]) -> None:
        import msvcrt

        while True:
            with suppress(OSError):  # raises after ten tries, one per second
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
                return

else:

    def _try_lock(file: IO[bytes]) -> bool:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _wait_for_lock(file: IO[bytes]) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
