"""The person's own AWS files, config and credentials: where they are, and changing them without a loss.

Standard library only. Places are those of the AWS SDKs and Tools Reference Guide, "Location of the shared config
and credentials files"; as botocore does, `~` and variables in them are expanded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from reconciler.files import atomic
from reconciler.files.bounded_reads import LARGEST_SETTINGS, read_regular, reason_of
from reconciler.files.settings_files import CONFIG, CREDENTIALS
from reconciler.files.user_dirs import ensure_private_folder, find_cache_folder
from reconciler.model.problem import make_error


def locate_config_file(environ: Mapping[str, str]) -> Path:
    """Raises Failed where there is no home folder to look in."""
    return _locate_file(environ, CONFIG)


def locate_credentials_file(environ: Mapping[str, str]) -> Path:
    """Raises Failed where there is no home folder to look in."""
    return _locate_file(environ, CREDENTIALS)


def read_file(path: Path) -> str:
    """What is there, byte for byte (`surrogateescape`); "" where there is no file. Raises Failed."""
    try:
        return read_regular(path, LARGEST_SETTINGS).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        if os.path.realpath(path) == os.devnull:
            return ""
        raise make_error("cannot-read", f"Cannot read {path}: {reason_of(error)}.") from None


def write_file(path: Path, text: str) -> None:
    """At one stroke; a new file is for its owner alone. Raises Failed."""
    try:
        atomic.make_folder(Path(os.path.realpath(path)).parent)
        atomic.replace_file(path, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        hint = "Make it writable, or let AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE name another."
        raise make_error("cannot-write", f"Cannot write {path}: {reason_of(error)}.", hint=hint) from None


def check_writable(path: Path) -> None:
    """Write what is there once more, so that a file that cannot be written is known beforehand. Raises Failed."""
    write_file(path, read_file(path))


@contextmanager
def hold_file_lock(path: Path, environ: Mapping[str, str], notice: Callable[[str], None]) -> Iterator[None]:
    """No other run of ours changes the file during the block; `notice` gets a line where this one waits for another.

    The lock is kept in the cache folder; without a usable one there is none. Raises Failed where the folder of the
    file cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        atomic.make_folder(target.parent)
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise PermissionError(0, "Permission denied")
    except OSError as error:
        raise make_error("cannot-write", f"Cannot write into {target.parent}: {reason_of(error)}.") from None
    with ExitStack() as held:
        folder = find_cache_folder(environ)
        if folder is not None:
            name = f"file-{sha256(os.fsencode(target)).hexdigest()}"
            with suppress(OSError):
                locks = ensure_private_folder(str(Path(ensure_private_folder(folder), "locks")))
                wait = f"Waiting for another run of reconcile that changes {path}."
                held.enter_context(atomic.hold_lock(Path(locks, name), lambda: notice(wait)))
        yield


def _locate_file(environ: Mapping[str, str], file: tuple[str, str]) -> Path:
    variable, usual = file
    written = environ.get(variable) or usual
    path = os.path.expanduser(os.path.expandvars(written))  # noqa: PTH111 - Path.expanduser raises without a home
    if path.startswith("~"):
        raise make_error(
            "no-home",
            f"Cannot tell where {written} is: there is no home folder.",
            hint=f"Set HOME, or let {variable} name the file.",
        )
    return Path(path).absolute()
