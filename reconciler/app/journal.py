"""Write the journal of an apply: one line before each call and one after it, flushed before going on.

The journal survives a kill of the process, not a power cut. It holds what plan files hold, so no secret.
`app/journal_list.py` finds and reads it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from reconciler import __version__
from reconciler.aws.executor import ExecutionResult
from reconciler.aws.retry import SentCall
from reconciler.files.journal_files import account_of_journal, find_journal_folder, find_own_journals, make_journal_name
from reconciler.files.outputs import check_folder, is_stream, open_for_append, open_stream
from reconciler.files.user_dirs import ensure_private_folder
from reconciler.model.plan import Plan, Step
from reconciler.model.problem import Problem, ReconcileError, make_error
from reconciler.model.trace import TraceContext
from reconciler.plan.saved.journal import FIRST_TEXT, JOURNAL_VERSION
from reconciler.plan.saved.saved_plan import to_saved_section
from reconciler.render.json_text import dump_json
from reconciler.render.plan_json import plan_to_dict
from reconciler.render.problems import problem_to_dict

MAX_JOURNALS = 100
"""Journals of an account kept in the user's own folder; older ones are deleted, those of --journal never."""


class Journal:
    """An open journal: a context manager, and an observer of a run (`aws/executor.py:StepObserver`).

    Its methods raise ReconcileError if the file cannot be written.
    """

    def __init__(self, path: Path, file: IO[bytes], trace: TraceContext | None = None, *, is_new: bool = False) -> None:
        """Take over an open file.

        is_new: nobody else has the file, so it is deleted at the end if it records no plan.
        """
        self.path = path
        self._file = file
        self._trace = trace
        self._is_unused = is_new

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # each write has been flushed, and has reported its own error
            self._file.close()
        if self._is_unused:
            with suppress(OSError):
                self.path.unlink()

    def write_plan(self, plan: Plan) -> None:
        """Write the plan of a run, with each entity before and after it."""
        document = plan_to_dict(plan) | {"saved": to_saved_section(plan)}
        trace = self._trace.ids if self._trace else {}
        self._write_event("plan", journal_version=JOURNAL_VERSION, reconcile=__version__, **trace, plan=document)
        self._is_unused = False

    def on_start(self, index: int, step: Step) -> None:
        """Write that a call starts. index: from 0."""
        self._write_event("starts", seq=index + 1, address=str(step.address), operation=step.call.operation)

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        """Write how a call ended, and AWS's id of its answer."""
        request = {"request_id": sent.request_id} if sent.request_id else {}
        reason = {"problem": problem_to_dict(problem)} if problem else {}
        self._write_event(
            "ends", seq=index + 1, address=str(step.address), ending=str(sent.status), **request, **reason
        )

    def write_end(self, outcome: ExecutionResult) -> None:
        """Write that the run is over. A killed process leaves no such line."""
        counts = {"done": len(outcome.done), "unclear": len(outcome.unclear), "left": outcome.remaining}
        self._write_event("end", interrupted=outcome.interrupted, **counts)

    def _write_event(self, event: str, **values: Any) -> None:
        line = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), **values}
        try:
            self._file.write(f"{dump_json(line)}\n".encode(errors="backslashreplace"))
            self._file.flush()
        except OSError as error:
            raise _make_write_error(self.path, error) from None


def open_journal(
    path: Path | None, account: str, environ: Mapping[str, str], trace: TraceContext | None = None
) -> Journal:
    """Open a journal: append to the file at `path`, or create one in the user's own folder.

    trace: stands in the line of each plan. Raises ReconcileError if it cannot be written. Then no call may be made.
    """
    at = path or _make_own_path(account, environ)
    try:
        if is_stream(at):
            return Journal(at, os.fdopen(open_stream(at), "wb"), trace)
        check_folder(at, environ)
        return Journal(at.resolve(), _open_at_end(at), trace, is_new=path is None)
    except OSError as error:
        raise _make_write_error(at, error) from None


def _open_at_end(path: Path) -> IO[bytes]:
    """Open the file for appending after its last whole line. Raises OSError; ReconcileError if it is not a journal."""
    file = os.fdopen(open_for_append(path), "ab+")
    try:
        if file.tell():
            _check_is_journal(file, path)
            if _is_cut_off(file):
                file.write(b"\n")
    except BaseException:
        file.close()
        raise
    return file


def _check_is_journal(file: IO[bytes], path: Path) -> None:
    """Raise ReconcileError if the file is not a journal, so that it is not damaged."""
    file.seek(0)
    first = FIRST_TEXT.encode()
    if not first.startswith(file.read(len(first))):
        summary = f"{path} exists and is not a journal; nothing was written."
        raise make_error("not-a-journal", summary, hint="Pass --journal with a new file.")


def _is_cut_off(file: IO[bytes]) -> bool:
    """Return whether the last line is incomplete, because a process was killed while it wrote."""
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _make_own_path(account: str, environ: Mapping[str, str]) -> Path:
    folder = find_journal_folder(environ)
    if folder is None:
        summary = "This user has no home folder for the journal."
        raise make_error("cannot-write", summary, hint="Name a place for it with --journal.")
    try:
        ensure_private_folder(str(folder.parent))
        ensure_private_folder(str(folder))
        kept = [path for path in find_own_journals(environ) if account_of_journal(path) == account]
        for oldest in kept[: max(0, len(kept) - MAX_JOURNALS + 1)]:
            oldest.unlink(missing_ok=True)
    except OSError as error:
        raise _make_write_error(folder, error) from None
    return folder / make_journal_name(account, datetime.now(UTC))


def _make_write_error(path: Path, error: OSError) -> ReconcileError:
    return make_error(
        "cannot-write",
        f"Cannot write the journal {path}: {error.strerror or type(error).__name__}.",
        "reconcile applies nothing without a journal.",
        "Name another place with --journal.",
    )
