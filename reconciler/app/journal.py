"""The journal of an apply: what is about to be done, then how it ended, a line each, flushed before it goes on.

It outlives a kill of the process, not a power cut. Read back by `plan/saved/journal.py`. No secret is in it: it holds
what plans and plan files hold.
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
from reconciler.aws.retry import CallStatus
from reconciler.files.bounded_reads import LARGEST_RECORD, read_regular_or_pipe, reason_of
from reconciler.files.outputs import check_folder, is_stream, open_for_append, open_stream
from reconciler.files.user_dirs import ensure_private_folder, find_state_folder
from reconciler.model.plan import Plan, Step
from reconciler.model.problem import Problem, ReconcileError, make_error
from reconciler.plan.saved.journal import JOURNAL_VERSION, ApplyRun, read_runs
from reconciler.plan.saved.saved_plan import to_saved_section
from reconciler.render.json_text import dump_json
from reconciler.render.plan_json import plan_to_dict
from reconciler.render.problems import problem_to_dict

MAX_JOURNALS = 100
"""Journals in the user's own folder; the oldest goes when there is one more. Those of --journal are never touched."""
_FOLDER = "journals"
_FIRST_BYTES = b'{"event": "plan", '
"""How every journal begins."""


class Journal:
    """An open journal: a `with` block, and the watch of a run (`aws/execute.Watch`). Raises Failed where disks fail."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what a full disk has not taken was told when it was written
            self._file.close()

    def write_plan(self, plan: Plan) -> None:
        """One run, with what is before and will be after."""
        document = plan_to_dict(plan) | {"saved": to_saved_section(plan)}
        self._write_event("plan", journal_version=JOURNAL_VERSION, reconcile=__version__, plan=document)

    def on_start(self, index: int, step: Step) -> None:
        self._write_event("starts", seq=index + 1, address=str(step.address), operation=step.call.operation)

    def on_end(self, index: int, step: Step, ending: CallStatus, problem: Problem | None) -> None:
        said = {"problem": problem_to_dict(problem)} if problem else {}
        self._write_event("ends", seq=index + 1, address=str(step.address), ending=str(ending), **said)

    def write_end(self, outcome: ExecutionResult) -> None:
        """The run is over. Not written where the process was killed."""
        counts = {"done": len(outcome.done), "unclear": len(outcome.unclear), "left": outcome.remaining}
        self._write_event("end", interrupted=outcome.interrupted, **counts)

    def _write_event(self, event: str, **values: Any) -> None:
        line = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), **values}
        try:
            self._file.write(f"{dump_json(line)}\n".encode(errors="backslashreplace"))
            self._file.flush()
        except OSError as error:
            raise _make_write_error(self.path, error) from None


def open_journal(path: Path | None, account: str, environ: Mapping[str, str]) -> Journal:
    """The journal to write: at `path`, behind what is there already, or a new one in the user's own folder.

    Raises Failed where it cannot be written: then nothing may be done.
    """
    at = path or _make_own_path(account, environ)
    try:
        if is_stream(at):
            return Journal(at, os.fdopen(open_stream(at), "wb"))
        check_folder(at, environ)
        return Journal(at.resolve(), _open_at_end(at))
    except OSError as error:
        raise _make_write_error(at, error) from None


def _open_at_end(path: Path) -> IO[bytes]:
    """The file, open behind its last whole line. Raises OSError; Failed where it holds something else."""
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
    """Failed where the file holds something else: it would be spoilt."""
    file.seek(0)
    if not _FIRST_BYTES.startswith(file.read(len(_FIRST_BYTES))):
        raise make_error("not-a-journal", f"{path} holds something else than a journal.", hint="Name a new file.")


def _is_cut_off(file: IO[bytes]) -> bool:
    """Whether a process was killed while it wrote the last line."""
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _make_own_path(account: str, environ: Mapping[str, str]) -> Path:
    base = find_state_folder(environ)
    if base is None:
        raise make_error("cannot-write", "There is no home folder to keep the journal in.", hint="Pass --journal FILE.")
    folder = Path(base, _FOLDER)
    try:
        ensure_private_folder(base)
        ensure_private_folder(str(folder))
        for old in sorted(folder.glob("*.jsonl"), key=lambda one: one.name.partition("-")[2])[: 1 - MAX_JOURNALS]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise _make_write_error(folder, error) from None
    return folder / f"{account}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.jsonl"


def _make_write_error(path: Path, error: OSError) -> ReconcileError:
    why = f"The journal {path} cannot be written: {error.strerror or type(error).__name__}."
    return make_error(
        "cannot-write", why, hint="Without a journal nothing is applied; --journal FILE names another place."
    )


def read_journal(path: Path) -> list[ApplyRun]:
    """The runs that a journal holds. Raises Failed."""
    try:
        content = read_regular_or_pipe(path, LARGEST_RECORD)
    except OSError as error:
        raise make_error("cannot-read", f"Cannot read {path}: {reason_of(error)}.") from None
    try:
        return read_runs(content.decode("utf-8").split("\n"))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        hint = "A journal is what `apply` wrote: see its last line, or --journal."
        raise make_error("not-a-journal", f"{path} is not a journal of this version.", hint=hint) from None
