"""The aliases of a file, found without reading YAML: an index that holds as long as nothing it was made from changed.

Standard library only, and little of it: this is on the path of every warm `assume`. What was looked at is kept as a
`Manifest`; an index whose manifest does not hold is a miss.
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
"""Seconds that the times of files may lag behind the clock."""

Manifest = dict[str, object]
"""files: path → SHA-256 of its content. absent: paths that must not exist. patterns: glob → what it matched."""


def index_key_of(
    files: Sequence[str], variables: Mapping[str, str], account: str | None, partition: str, environ: Mapping[str, str]
) -> str:
    """The name of the index for these arguments, given here: the same words mean other files in another folder."""
    named = list(files) or ["", environ.get("RECONCILE_FILE", "")]
    return key_of(FORMAT, __version__, _find_working_folder(), named, dict(variables), account, partition)


def build_manifest(
    files: Iterable[str], absent: Iterable[str], patterns: Iterable[str], since: float
) -> Manifest | None:
    """What the files are now; None where one of them cannot be read. Relative paths are of the working folder.

    `since`: when reading them began, seconds since 1970. None as well where one was written after that: what was read
    may be another content than what is there now.
    """
    digests = {os.path.abspath(path): _digest_of(path) for path in files}
    if not all(digests.values()) or any(_modification_time_of(path) > since - CLOCK_TICK for path in digests):
        return None
    matched = {pattern: _glob_paths(pattern) for pattern in map(os.path.abspath, patterns)}
    return {"files": digests, "absent": sorted(map(os.path.abspath, absent)), "patterns": matched}


def _modification_time_of(path: str) -> float:
    """When the file came to be what it is: its content written, or another file put in its place."""
    found = os.stat(path)
    return found.st_mtime if os.name == "nt" else max(found.st_mtime, found.st_ctime)


def read_index(cache: Cache, name: str, kind: str = INDEXES) -> Entry | None:
    """The index of that name, where everything it was made from is as it was."""
    found = cache.get(kind, name)
    return found if found is not None and _is_unchanged(found.get("looked")) else None


def find_parent_file(entry: Entry) -> str:
    """The default file, if nobody named one and it is one of a parent folder; else "".

    Only then are there files that would come before it.
    """
    looked: Any = entry["looked"]
    return os.path.relpath(next(iter(looked["files"]), "")) if looked["absent"] else ""


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
