"""Read files that may be hostile: with a largest size, never a device, and never waiting for a writer.

Each function opens the file first and checks the open file, so that nobody can exchange it in between. Errors are
OSErrors with a `strerror` to show, so that callers that handle a missing file handle them too. Every warm `assume`
imports this module, so it uses little, and only the standard library.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1024 * 1024
LARGEST_DESIRED = 48 * MEGABYTE
"""The most bytes of a file with desired state, or of a document that it names."""
LARGEST_RECORD = 256 * MEGABYTE
"""The most bytes of a saved plan or a journal. A plan of 10,000 entities has about 30 MB."""
LARGEST_SETTINGS = 4 * MEGABYTE
"""The most bytes of a config or credentials file of AWS."""

STANDARD_INPUT_NAME = "<stdin>"
"""The name of standard input in places and messages, after Python and most linters."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def read_regular(path: str | Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes. Raises OSError, EFBIG if it is larger."""
    return _read(path, limit, pipes=False)


def read_regular_or_pipe(path: str | Path, limit: int) -> bytes:
    """Return the content of a regular file or a pipe, at most `limit` bytes. Raises OSError, EFBIG if it is larger."""
    return _read(path, limit, pipes=True)


def read_standard_input(limit: int) -> bytes:
    """Return all of standard input, at most `limit` bytes. Raises OSError, EFBIG if there is more."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise OSError(errno.EBADF, "it is closed", STANDARD_INPUT_NAME)
    content: bytes = stream.read(limit + 1)
    if len(content) > limit:
        raise _make_size_error(STANDARD_INPUT_NAME, limit, "more")
    return content


def check_settings(path: str) -> None:
    """Raise OSError for a settings file that a library could read without end: a device, a pipe, a huge file.

    A missing file is fine, and so is `/dev/null`, which means that there is none.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - pathlib takes longer than the rest
    except (OSError, ValueError):  # the library reports this itself
        return
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) or os.path.realpath(path) == os.devnull):
        raise OSError(errno.EINVAL, "not a regular file", path)
    if status.st_size > LARGEST_SETTINGS:
        raise _make_size_error(path, LARGEST_SETTINGS, f"{status.st_size / MEGABYTE:.0f} MB")


def is_valid_path(path: str | Path) -> bool:
    """Return whether a text can be a path: it has no NUL and no half of a surrogate pair."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def is_descriptor(path: str | Path) -> bool:
    """Return whether a path names a descriptor that the user's shell has opened: `/dev/stdin`, `/dev/fd/63`."""
    parts = os.fspath(path).split("/")
    return parts[:2] == ["", "dev"] and (
        (len(parts) == 3 and parts[2] in ("stdin", "stdout", "stderr"))
        or (len(parts) == 4 and parts[2] == "fd" and parts[3].isdecimal())
    )


def reason_of(error: OSError) -> str:
    """Return the reason of an error, for the end of a sentence: `no such file or directory`."""
    text = (error.strerror or type(error).__name__).rstrip(".")
    return text[:1].lower() + text[1:]


def make_blocking(handle: int) -> None:
    """Make reads and writes of a handle wait again, after it was opened without waiting. Not needed on Windows."""
    if hasattr(os, "O_NONBLOCK"):
        os.set_blocking(handle, True)


def _read(path: str | Path, limit: int, *, pipes: bool) -> bytes:
    handle = _open(path)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) and not (pipes and stat.S_ISFIFO(status.st_mode)):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if status.st_size > limit:
            raise _make_size_error(path, limit, f"{status.st_size / MEGABYTE:.0f} MB")
        if pipes:
            make_blocking(handle)
        content = _read_content(handle, status.st_size, limit)
    finally:
        os.close(handle)
    if len(content) > limit:  # a pipe, or a file that grew, or one without a size such as those of /proc
        raise _make_size_error(path, limit, "more")
    return content


def _read_content(handle: int, size: int, limit: int) -> bytes:
    """Return the content up to its end, or up to one byte past the limit. size: the expected number of bytes."""
    parts, remaining, chunk = [], limit + 1, max(size + 1, 65536)
    while remaining > 0 and (part := os.read(handle, min(chunk, remaining))):
        parts.append(part)
        remaining -= len(part)
    return b"".join(parts)


def _open(path: str | Path) -> int:
    if not is_valid_path(path):
        raise OSError(errno.EINVAL, "no path can hold such a character", str(path))
    return os.open(path, _FLAGS)


def _make_size_error(path: str | Path, limit: int, size: str) -> OSError:
    return OSError(errno.EFBIG, f"it has {size}; at most {limit // MEGABYTE} MB are read", str(path))
