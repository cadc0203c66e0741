"""One run of plan, apply or undo, as its log and its summary see it. `cli/observed_run.py` runs it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.failures import describe_failure
from reconciler.cli.json_log import JsonLog
from reconciler.cli.reporting import TextLog
from reconciler.cli.terminal import silence_stdout
from reconciler.model.problem import Level, Problem, ReconcileError
from reconciler.model.run_summary import AccountName, RunStatus, RunSummary, StepCounts
from reconciler.model.trace import TRACE_VARIABLE, read_traceparent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.app.plan import PlanRequest
    from reconciler.aws.session import Connection
    from reconciler.model.plan import Plan
    from reconciler.model.trace import TraceContext

Log = TextLog | JsonLog
INTERRUPTED = 130
"""The exit code of an interrupted run."""


class Run:
    """One run of a command, as its log and its summary see it."""

    def __init__(self, command: str, log_format: str) -> None:
        self._command, self._started, self._clock = command, datetime.now(UTC), time.monotonic()
        self._trace: TraceContext | None = read_traceparent(os.environ.get(TRACE_VARIABLE, ""))
        self.log: Log = JsonLog(command, self._trace) if log_format == "json" else TextLog()
        self._connection: Connection | None = None
        self._plan: Plan | None = None
        self._problems: list[Problem] = []
        self._status: RunStatus | None = None
        self._message = ""
        self._steps: StepCounts | None = None
        self.plan_file: str | None = None
        self.journal: str | None = None

    @contextmanager
    def show_reading(self, request: PlanRequest) -> Iterator[PlanRequest]:
        """Show progress while the account is read. Yield the request to read it by."""
        with self.log.show_reading() as on_call:
            yield replace(request, on_call=on_call, on_connect=self._note_connection, trace=self._trace)

    def _note_connection(self, connection: Connection) -> None:
        self._connection, self.log.account = connection, connection.account

    def report_plan(self, plan: Plan) -> None:
        """Report that the account was read and the plan is made."""
        self._plan = plan
        if self._connection is not None:
            self.log.report_read(self._connection.meter.calls)
        self.log.report_plan(plan)

    def report_calls(self) -> None:
        """Report the calls to AWS, for --verbose."""
        if self._connection is not None:
            self.log.report_calls(self._connection.meter.calls)

    def report_problems(self, problems: Sequence[Problem]) -> None:
        """Report why something failed."""
        self._problems += problems
        self.log.report_problems(problems)

    def count_steps(self, steps: StepCounts) -> None:
        """Note how many calls were made."""
        self._steps = steps

    def conclude(self, status: RunStatus, *message: str, shown: bool = False) -> None:
        """Note how the run ended. message: its sentences. shown: a person has read them already."""
        self._status, self._message = status, " ".join(message)
        if not shown:
            self.log.report_conclusion(*message)

    def note_failure(self, error: BaseException) -> int | None:
        """Report an exception that ended the run. Return the exit code; None if the caller must raise it on."""
        self.conclude(RunStatus.FAILED, shown=True)
        if isinstance(error, ReconcileError):
            self.report_problems(error.problems)
            return 1
        if isinstance(error, click.Abort | KeyboardInterrupt):
            self.conclude(RunStatus.INTERRUPTED, "Interrupted.", shown=True)
            return INTERRUPTED if self.log.for_programs else None
        if isinstance(error, BrokenPipeError):
            self.conclude(RunStatus.FAILED, "Nobody reads stdout any more.", shown=True)
            return None
        if isinstance(error, click.UsageError):
            self.conclude(RunStatus.REFUSED, shown=True)
            self._note_problem(Problem(Level.ERROR, "usage", error.format_message()))
        elif isinstance(error, Exception):
            first, *more = describe_failure(error, self._command)
            code = "system-error" if isinstance(error, OSError) else "internal-error"
            self._note_problem(Problem(Level.ERROR, code, first, " ".join(more)))
        else:
            return None
        if self.log.for_programs and isinstance(error, OSError):
            silence_stdout()  # what is left in its buffer would fail again
        return 1 if self.log.for_programs else None

    def _note_problem(self, problem: Problem) -> None:
        """Note a problem that the text of an exception shows to a person later."""
        self._problems.append(problem)
        if self.log.for_programs:
            self.log.report_problems([problem])

    def finish(self, exit_code: int, summary: Path | None) -> int:
        """Write the summary, report the end, and return the exit code: 1 at least if the summary cannot be written."""
        from reconciler.app.summary_file import write_summary

        status = self._status or (RunStatus.INTERRUPTED if exit_code == INTERRUPTED else RunStatus.FAILED)
        ended = self._summarize(exit_code, status)
        if summary is not None:
            try:
                write_summary(ended, summary, os.environ)
            except ReconcileError as error:
                self.report_problems(error.problems)
                ended = replace(ended, exit_code=exit_code or 1, status=RunStatus.FAILED if status.is_good else status)
        self.log.end_run(ended, self._message or self._describe_end(ended.status))
        return ended.exit_code

    def _describe_end(self, status: RunStatus) -> str:
        number = len(dict.fromkeys(self._problems))
        verb = "was refused" if status is RunStatus.REFUSED else "failed"
        return f"reconcile {self._command} {verb} with {number} problem{'' if number == 1 else 's'}."

    def _summarize(self, exit_code: int, status: RunStatus) -> RunSummary:
        connection, plan = self._connection, self._plan
        alias = plan.account_alias if plan else None
        return RunSummary(
            self._command,
            exit_code,
            status,
            self._started,
            datetime.now(UTC),
            time.monotonic() - self._clock,
            AccountName(connection.account, connection.partition, alias) if connection else None,
            plan,
            (*(plan.findings if plan else ()), *dict.fromkeys(self._problems)),
            connection.meter.calls if connection else None,
            self._steps,
            self.plan_file,
            self.journal or self.log.journal,
            self._trace,
        )
