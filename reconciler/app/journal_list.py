"""The journals that `apply` keeps in the user's own folder: find them, list them, and find the last one of an account.

Asks AWS nothing. `app/journal.py` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.files.bounded_reads import LARGEST_RECORD, read_regular_or_pipe, reason_of
from reconciler.files.journal_files import account_of_journal, find_journal_folder, find_own_journals
from reconciler.model.listed_journal import ListedJournal
from reconciler.model.problem import Problem, ReconcileError, make_error
from reconciler.plan.saved.journal import FIRST_TEXT, ApplyRun, read_runs
from reconciler.plan.saved.journal_summary import summarize_journal

_NOT_READABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)


def _find_newest_first(environ: Mapping[str, str]) -> list[Path]:
    """Return the journals of the user's own folder. Raises ReconcileError if it is unreadable or another user's."""
    try:
        return find_own_journals(environ)[::-1]
    except OSError as error:
        folder = find_journal_folder(environ)
        raise make_error("cannot-read", f"Cannot read the journals in {folder}: {reason_of(error)}.") from None


def list_journals(environ: Mapping[str, str]) -> tuple[list[ListedJournal], list[Problem]]:
    """Return the user's own journals, newest first, and a problem for each one that cannot be read."""
    listed: list[ListedJournal] = []
    problems: list[Problem] = []
    for path in _find_newest_first(environ):
        try:
            lines = _read_lines(path)
            if not _is_cut_off_first(lines):
                listed.append(_summarize(path, lines))
        except ReconcileError as error:
            problems += error.problems
    return listed, problems


def read_summary(path: Path) -> ListedJournal:
    """Return what a journal records in a few words. Raises ReconcileError if it cannot be read or is not a journal."""
    return _summarize(path, _read_lines(path))


def _summarize(path: Path, lines: list[str]) -> ListedJournal:
    try:
        return summarize_journal(str(path), lines)
    except _NOT_READABLE:
        raise _make_no_journal_error(path) from None


def read_journal(path: Path) -> list[ApplyRun]:
    """Return the runs of a journal. Raises ReconcileError if it cannot be read or is not a journal.

    Also if it ends without a call: only a run that is over has surely made none.
    """
    lines = _read_lines(path)
    if _is_cut_off_first(lines):
        raise _make_no_call_error(path, "ends before the plan of its apply")
    runs = _read_runs(path, lines)
    if not any(run.touched for run in runs) and not all(run.has_end for run in runs):
        raise _make_no_call_error(path, "ends before the first call of its apply")
    return runs


def _read_runs(path: Path, lines: list[str]) -> list[ApplyRun]:
    try:
        return read_runs(lines)
    except _NOT_READABLE:
        raise _make_no_journal_error(path) from None


def _is_cut_off_first(lines: list[str]) -> bool:
    """Return whether the first line of a journal is not whole, so that no call can follow it."""
    (first, *more) = lines
    return not more and (first.startswith(FIRST_TEXT) or FIRST_TEXT.startswith(first))


def _read_lines(path: Path) -> list[str]:
    try:
        content = read_regular_or_pipe(path, LARGEST_RECORD)
    except OSError as error:
        raise make_error("cannot-read", f"Cannot read {path}: {reason_of(error)}.") from None
    try:
        return content.decode("utf-8").split("\n")
    except ValueError:
        raise _make_no_journal_error(path) from None


def _make_no_call_error(path: Path, end: str) -> ReconcileError:
    summary = f"{path} {end}: it records no call, so there is nothing in it to undo."
    why = "Either the apply was killed there and called nothing, or the file lost its other lines later."
    hint = "`reconcile plan` shows how live IAM differs from the file. `reconcile undo --list` shows other journals."
    return make_error("not-a-journal", summary, why, hint)


def _make_no_journal_error(path: Path) -> ReconcileError:
    hint = "Name the file that `reconcile apply` wrote: `reconcile undo --list` shows them."
    return make_error("not-a-journal", f"{path} is not a journal of this version.", hint=hint)


def find_last_journal(account: str, environ: Mapping[str, str]) -> tuple[Path, list[ApplyRun]]:
    """Return the newest of the user's own journals in which a call was made in the account, and its runs.

    Raises ReconcileError if there is none, or if the newest one cannot be read.
    """
    for path in _find_newest_first(environ):
        if account_of_journal(path) != account:
            continue
        lines = _read_lines(path)
        if _is_cut_off_first(lines):
            continue
        runs = _read_runs(path, lines)
        if any(run.touched for run in runs):
            return path, runs
    raise make_error(
        "no-journal",
        f"No journal in {find_journal_folder(environ)} records an apply to account {account}.",
        "An apply with --journal FILE keeps its journal in that file.",
        "Name the journal: `reconcile undo JOURNAL`. `reconcile undo --list` shows those of other accounts.",
    )
