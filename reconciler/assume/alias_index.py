"""An index of a file's aliases, so that a warm `assume` reads no YAML.

The index holds a `Manifest` of the files it was made from. If one of them has changed, the index is a cache miss.
Standard library only, and little of it: every warm `assume` imports this module.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence

from reconciler import __version__
from reconciler.assume.cache import INDEXES, Cache, Entry, key_of
from reconciler.files.bounded_reads import LARGEST_DESIRED, read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 2
CLOCK_TICK = 0.02
"""Seconds by which the timestamp of a file may lag behind the clock."""

Manifest = dict[str, object]
"""files: path → SHA-256 of its content. absent: paths that must not exist. patterns: glob → the paths it matched."""


def index_key_of(
    files: Sequence[str], variables: Mapping[str, str], account: str | None, partition: str, environ: Mapping[str, str]
) -> str:
    """Return the cache key of the index for these arguments.

    The working folder is part of the key, because a relative path names another file in another folder.
    """
    requested = list(files) or ["", environ.get("RECONCILE_FILE", "")]
    return key_of(FORMAT, __version__, _find_working_folder(), requested, dict(variables), account, partition)


def build_manifest(
    files: Iterable[str], absent: Iterable[str], patterns: Iterable[str], since: float
) -> Manifest | None:
    """Return the manifest of the files as they are now; None if it could not be trusted later.

    since: the time at which reading the files began, in seconds since 1970. There is no manifest if a file cannot be
    read, or was written after `since`: its content may then differ from the one that was read. Relative paths start
    at the working folder.
    """
    digests = {os.path.abspath(path): _digest_of(path) for path in files}
    if not all(digests.values()) or any(_modification_time_of(path) > since - CLOCK_TICK for path in digests):
        return None
    matched = {pattern: _glob_paths(pattern) for pattern in map(os.path.abspath, patterns)}
    return {"files": digests, "absent": sorted(map(os.path.abspath, absent)), "patterns": matched}


def _modification_time_of(path: str) -> float:
    """Return when the file was last written or replaced by another file, in seconds since 1970."""
    status = os.stat(path)
    return status.st_mtime if os.name == "nt" else max(status.st_mtime, status.st_ctime)


def read_index(cache: Cache, name: str, kind: str = INDEXES) -> Entry | None:
    """Return the index of that name; None if there is none, or if a file it was made from has changed."""
    entry = cache.get(kind, name)
    return entry if entry is not None and _is_unchanged(entry.get("looked")) else None


def find_parent_file(entry: Entry) -> str:
    """Return the default file if it was found in a parent folder; "" if the user named a file.

    The manifest lists absent files only in that case: those of the nearer folders.
    """
    manifest: Any = entry["looked"]
    return os.path.relpath(next(iter(manifest["files"]), "")) if manifest["absent"] else ""


def _is_unchanged(manifest: object) -> bool:
    if not isinstance(manifest, dict):
        return False
    try:
        return (
            all(_digest_of(path) == digest for path, digest in manifest["files"].items())
            and not any(os.path.exists(path) for path in manifest["absent"])
            and all(_glob_paths(pattern) == paths for pattern, paths in manifest["patterns"].items())
        )
    except (KeyError, TypeError, AttributeError):
        return False


def _digest_of(path: str) -> str | None:
    try:
        return hashlib.sha256(read_regular(path, LARGEST_DESIRED)).hexdigest()
    except OSError:
        return None


def _glob_paths(pattern: str) -> list[str]:
    from glob import glob

    return sorted(glob(pattern, recursive=True, include_hidden=True))


def _find_working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
