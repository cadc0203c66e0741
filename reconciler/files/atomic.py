"""A file replaced whole or not at all, and one writer at a time. Standard library only.

For files that hold secrets or that other programs read at any moment: caches, and the files of the AWS CLI.
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
    """Write `content` to `path` at one stroke: a reader sees the old file or the new one, and so does a crash.

    A link stays, and what it points to is replaced. The owner is kept, and the mode unless `mode` is given; a
    new file gets `mode` or 0600. Before that the content is never readable by others. The folder must exist.
    Raises OSError, and leaves the file as it was; one that is read-only or not a regular file is refused.

    follow False: a link is refused as well, and the file becomes the user's own, whoever's it was.
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
    """Make a folder where there is none, for its owner alone; one that is there stays as it is. Raises OSError."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


@contextmanager
def hold_lock(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Waits until no other process holds the lock file `path`, and holds it for the block.

    `on_wait` is called once where another holds it, so that the person knows what this process waits for.
    The file is made where it is missing, with mode 0600, and stays: removing it would let two in at once.
    The system lets go of the lock when its holder dies. Raises OSError.
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
        found = target.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "Not a regular file", str(target))
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "Read-only file", str(target))
    return found


def _set_owner_and_mode(temporary: Path, before: os.stat_result | None, mode: int | None) -> None:
    """Owner first: changing it may drop bits of the mode."""
    if before is not None and hasattr(os, "chown"):
        now = temporary.stat()
        if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
            os.chown(temporary, before.st_uid, before.st_gid)
    if mode is None and before is not None:
        mode = stat.S_IMODE(before.st_mode)
    if mode is not None:
        temporary.chmod(mode)


def _sync_folder(folder: Path) -> None:
    """So that the new name outlives a power cut; some file systems cannot, which loses nothing that was there."""
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
            with suppress(OSError):  # gives up after ten tries, one per second
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
