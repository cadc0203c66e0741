"""Write files that the user names for output, so that nobody else can read, redirect or exchange them.

A symbolic link with the name of the output is refused, because somebody may have made it to have another file
overwritten. Names that the user's shell makes for redirections are accepted: `/dev/stdout`, `/dev/fd/N`, `>(command)`,
and so is a link to a pipe or a terminal. Errors are OSErrors with a `strerror` to show. Standard library only.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.files.bounded_reads import is_descriptor, is_valid_path, make_blocking
from reconciler.files.owners import ROOT_UID, trusted_uids, user_name_of

PRIVATE_FILE = 0o600

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def is_stream(path: Path) -> bool:
    """Return whether the path is an open descriptor, a pipe or a character device, to be written and not replaced.

    Raises OSError for a path that no output may go to: a symbolic link, a folder, a block device.
    """
    if not is_valid_path(path):
        raise OSError(errno.EINVAL, "no path can hold such a character", str(path))
    if is_descriptor(path):
        return True
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    mode = status.st_mode
    if stat.S_ISLNK(mode):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            mode = status.st_mode
        if not _is_pipe_or_device(mode):
            raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", str(path))
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    if not stat.S_ISREG(mode) and not _is_pipe_or_device(mode):
        raise OSError(errno.EINVAL, "it is neither a file nor a pipe", str(path))
    return not stat.S_ISREG(mode)


def check_folder(path: Path, environ: Mapping[str, str]) -> None:
    """Raise PermissionError if the file is in a folder of another user, who could exchange it.

    Root without sudo may write into every folder: containers run as root in a workspace that a user of the host owns.
    """
    trusted = trusted_uids(environ)
    if trusted is None or (os.geteuid() == ROOT_UID and "SUDO_UID" not in environ):
        return
    owner = path.parent.stat().st_uid
    if owner not in trusted:
        raise PermissionError(
            errno.EPERM, f"its folder belongs to {user_name_of(owner)}, who could exchange it", str(path)
        )


def open_stream(path: Path) -> int:
    """Return a handle that writes to a stream (`is_stream`). Raises OSError, also for a pipe that nobody reads."""
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | _BINARY
    try:
        handle = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads from this pipe", str(path)) from None
        raise
    make_blocking(handle)
    return handle


def open_for_append(path: Path) -> int:
    """Return a handle that reads a file and appends to it; make the file if it is missing.

    Only the owner may read the file from now on. Raises OSError for a link, and for a file of another user.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_FOLLOW | _BINARY, PRIVATE_FILE)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, f"it belongs to {user_name_of(status.st_uid)}", str(path))
        if hasattr(os, "fchmod") and stat.S_IMODE(status.st_mode) != PRIVATE_FILE:
            os.fchmod(handle, PRIVATE_FILE)
    except OSError:
        os.close(handle)
        raise
    return handle


def open_new(path: Path, environ: Mapping[str, str]) -> int:
    """Return a handle that writes to a new file, which only its owner may read. Raises OSError if the path exists."""
    if not is_valid_path(path):
        raise OSError(errno.EINVAL, "no path can hold such a character", str(path))
    check_folder(path, environ)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY, PRIVATE_FILE)


def write_text(path: Path, content: str, *, new: bool = False) -> None:
    """Write a file that everybody may read. Raises OSError, also if the path is a link; then no half file is left.

    new: True to raise FileExistsError if there is anything at the path.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else os.O_TRUNC) | _NO_FOLLOW | _BINARY, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode(errors="backslashreplace"))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def make_parent(folder: Path, path: Path) -> None:
    """Make the folders between `folder` and a path below it. Raises OSError if one of them is a link."""
    for part in reversed(path.relative_to(folder).parents[:-1]):
        level = folder / part
        with suppress(FileExistsError):  # if that is not a folder, writing below it says so
            level.mkdir()
        if level.is_symlink():
            raise OSError(errno.ELOOP, "it is a symbolic link, and reconcile follows none", str(level))


def _is_pipe_or_device(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)
