"""Find, read and write the user's AWS files, config and credentials, without losing anything in them.

Standard library only. Their places follow the AWS SDKs and Tools Reference Guide, "Location of the shared config and
credentials files". `~` and variables in a path are expanded, as in botocore.
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
    """Return the path of the config file. Raises ReconcileError if the user has no home folder."""
    return _locate_file(environ, CONFIG)


def locate_credentials_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the credentials file. Raises ReconcileError if the user has no home folder."""
    return _locate_file(environ, CREDENTIALS)


def read_file(path: Path) -> str:
    """Return the text of a file, byte for byte (`surrogateescape`); "" if it does not exist. Raises ReconcileError."""
    try:
        return read_regular(path, LARGEST_SETTINGS).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        if os.path.realpath(path) == os.devnull:
            return ""
        raise make_error("cannot-read", f"Cannot read {path}: {reason_of(error)}.") from None


def write_file(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read a new file. Raises ReconcileError."""
    try:
        atomic.make_folder(Path(os.path.realpath(path)).parent)
        atomic.replace_file(path, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        hint = "Make it writable, or set AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE to another file."
        raise make_error("cannot-write", f"Cannot write {path}: {reason_of(error)}.", hint=hint) from None


def check_writable(path: Path) -> None:
    """Write the unchanged text once more, to find out early if the file can be written. Raises ReconcileError."""
    write_file(path, read_file(path))


@contextmanager
def hold_file_lock(path: Path, environ: Mapping[str, str], notice: Callable[[str], None]) -> Iterator[None]:
    """Keep other runs of reconcile from changing the file during the block.

    The lock is in the cache folder; without a usable one there is no lock. Raises ReconcileError if the folder of the
    file is not writable.

    notice: gets a line if this run must wait for another.
    """
    target = Path(os.path.realpath(path))
    try:
        atomic.make_folder(target.parent)
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise PermissionError(0, "Permission denied")
    except OSError as error:
        raise make_error("cannot-write", f"Cannot write into {target.parent}: {reason_of(error)}.") from None
    with ExitStack() as stack:
        folder = find_cache_folder(environ)
        if folder is not None:
            name = f"file-{sha256(os.fsencode(target)).hexdigest()}"
            with suppress(OSError):
                locks = ensure_private_folder(str(Path(ensure_private_folder(folder), "locks")))
                wait = f"Waiting: another run of reconcile is changing {path}."
                stack.enter_context(atomic.hold_lock(Path(locks, name), lambda: notice(wait)))
        yield


def _locate_file(environ: Mapping[str, str], file: tuple[str, str]) -> Path:
    variable, usual = file
    written = environ.get(variable) or usual
    path = os.path.expanduser(os.path.expandvars(written))  # noqa: PTH111 - Path.expanduser raises without a home
    if path.startswith("~"):
        raise make_error(
            "no-home",
            f"Cannot find {written}: HOME is not set.",
            hint=f"Set HOME, or set {variable} to the path of the file.",
        )
    return Path(path).absolute()
