"""Write the summary of a run (`--summary`), and check beforehand that it can be written."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.files.outputs import check_folder, is_stream
from reconciler.files.whole_files import write_whole
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.run_summary import RunSummary
from reconciler.render.run_summary import render_summary

_FIRST_BYTES = 200
_BEGINNING = re.compile(rb'\{\s*"format_version": \d+,\s*"version": ')
"""The first bytes of every summary."""


def find_same_file(path: str, others: Mapping[str, str]) -> str | None:
    """Return the use of the file that `path` names, too; None if it names no other file. others: path → its use."""
    return next((use for other, use in others.items() if _is_same_file(path, other)), None)


def _is_same_file(path: str, other: str) -> bool:
    if os.path.realpath(path) == os.path.realpath(other):
        return True
    try:
        return Path(path).samefile(other)
    except (OSError, ValueError):  # one of them does not exist yet, or is not a path
        return False


def check_summary_file(path: Path, environ: Mapping[str, str]) -> None:
    """Raise ReconcileError if the summary cannot be written, so that a run ends before it asks AWS anything.

    A file that exists must be a summary, or empty: a slip of the hand must not cost a desired-state file.
    """
    try:
        if is_stream(path):
            return
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path))
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "its folder is read-only", str(path))
        check_folder(path, environ)
        if path.exists() and not _may_be_replaced(path):
            summary = f"{path} exists and is not a summary; nothing was written."
            raise make_error("not-a-summary", summary, hint="Pass --summary with a new file.")
    except OSError as error:
        raise _make_write_error(path, error) from None


def _may_be_replaced(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.read(_FIRST_BYTES)
    return not first or _BEGINNING.match(first) is not None


def write_summary(summary: RunSummary, path: Path, environ: Mapping[str, str]) -> None:
    """Write the summary as a whole. Raises ReconcileError if it cannot be written."""
    content = f"{render_summary(summary)}\n".encode(errors="backslashreplace")
    try:
        write_whole(path, content, environ)
    except OSError as error:
        raise _make_write_error(path, error) from None


def _make_write_error(path: Path, error: OSError) -> ReconcileError:
    return make_error(
        "cannot-write",
        f"Cannot write the summary to {path}: {error.strerror or type(error).__name__}.",
        hint="Name another file with --summary.",
    )
