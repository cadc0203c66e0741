"""Report a run on stderr for a pipeline: one JSON object per line (`--log-format json`, `docs/observability.md`).

A log belongs to one account. Logs share nothing, so that several accounts can be reported side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.cli.log_event import LogEvent
from reconciler.cli.reporting import stop_on_signals
from reconciler.cli.terminal import echo_text_quietly
from reconciler.model.account_results import AccountStatus
from reconciler.model.problem import Level
from reconciler.model.utc_time import format_moment

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.aws.executor import StopSignal
    from reconciler.aws.retry import SentCall
    from reconciler.model.account_results import AccountResult
    from reconciler.model.call_stats import CallStats, OnCall
    from reconciler.model.plan import Plan, Step
    from reconciler.model.problem import Problem
    from reconciler.model.run_summary import RunSummary
    from reconciler.model.trace import TraceContext

DEBUG = "debug"
_BAD_ENDS = (AccountStatus.FAILED, AccountStatus.NOT_STARTED, AccountStatus.UNSAFE)
_LONGEST_MESSAGE, _LONGEST_LIST = 8_000, 100
"""Log stores cut or drop long lines: Loki from 256 KiB on, CloudWatch from 1 MiB."""


class JsonLog:
    """The report for a pipeline.

    account: 12 digits, once they are known. name: the account's name among several. journal: as in `TextLog`.
    """

    for_programs = True

    def __init__(self, command: str, trace: TraceContext | None = None, name: str | None = None) -> None:
        self.account: str | None = None
        self.journal: str | None = None
        self._head = {"command": command, **({"name": name} if name else {})}
        self._ids = dict(trace.ids) if trace else {}
        self._total = 0

    def begin_run(self) -> None:
        from reconciler import __version__

        self._write(LogEvent.RUN_STARTED, f"reconcile {self._head['command']} begins.", version=__version__)

    def end_run(self, summary: RunSummary, message: str) -> None:
        from reconciler.render.run_summary import steps_to_dict

        facts: dict[str, Any] = {
            "status": str(summary.status),
            "exit_code": summary.exit_code,
            "seconds": round(summary.seconds, 3),
            **({"calls": summary.calls.requests} if summary.calls else {}),
            **(steps_to_dict(summary.steps) if summary.steps else {}),
            **({"plan_file": summary.plan_file} if summary.plan_file else {}),
            **({"journal": summary.journal} if summary.journal else {}),
        }
        level = Level.INFO if summary.status.is_good else Level.ERROR
        self._write(LogEvent.RUN_FINISHED, message, level, **facts)

    def show_reading(self) -> AbstractContextManager[OnCall]:
        """Show nothing: the output is JSON lines, on a terminal, too."""
        from reconciler.model.call_stats import ignore_calls

        return nullcontext(ignore_calls)

    def report_read(self, calls: CallStats) -> None:
        facts: dict[str, Any] = {"calls": calls.requests, "seconds": round(calls.seconds, 3)}
        self._write(LogEvent.READ_FINISHED, f"Read IAM with {calls.requests} calls.", **facts)

    def report_plan(self, plan: Plan) -> None:
        """Report a plan by its counts, and the errors that make it unsafe. The plan itself goes to stdout."""
        from reconciler.render.plan_json import count_changes
        from reconciler.render.plan_text import render_plan_summary

        counts = count_changes(plan)
        facts: dict[str, Any] = {"safe": plan.is_safe, "risk": str(plan.risk.level), "steps": len(plan.steps), **counts}
        self._write(LogEvent.PLAN_MADE, render_plan_summary(plan), **facts)
        self.report_problems([finding for finding in plan.findings if finding.level is Level.ERROR])

    def notice(self, line: str) -> None:
        self._write(LogEvent.NOTICE, line)

    def on_wait(self) -> None:
        self._write(LogEvent.LOCK_AWAITED, "Another apply to this account is running on this machine; waiting for it.")

    def on_begin(self, plan: Plan, again: bool, journal: Path) -> None:
        self._total, self.journal = len(plan.steps), str(journal)
        message = "Another apply wrote to the account at the same time: the plan is another one." if again else ""
        facts: dict[str, Any] = {"steps": self._total, "again": again, "journal": self.journal}
        self._write(LogEvent.APPLY_STARTED, message or "The calls begin.", **facts)

    @contextmanager
    def handle_interrupts(self) -> Iterator[StopSignal]:
        message = "Stopping when the calls under way have been answered."
        with stop_on_signals(lambda: self._write(LogEvent.APPLY_STOPPING, message, Level.WARNING)) as stop:
            yield stop

    def on_start(self, index: int, step: Step) -> None:
        self._write(LogEvent.STEP_STARTED, f"{_name_step(step)} begins.", **self._describe_step(index, step))

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        from reconciler.aws.faults import code_of
        from reconciler.aws.retry import CallStatus

        event, ending = {
            CallStatus.DONE: (LogEvent.STEP_FINISHED, "is done"),
            CallStatus.FAILED: (LogEvent.STEP_FAILED, "was not made"),
            CallStatus.UNCLEAR: (LogEvent.STEP_UNCLEAR, "may have been made"),
        }[sent.status]
        facts = self._describe_step(index, step) | {"attempt": sent.attempts, "seconds": round(sent.seconds, 3)}
        facts |= {"request_id": sent.request_id} if sent.request_id else {}
        facts |= {"aws_code": code_of(sent.error)} if sent.error else {}
        facts |= {"code": problem.code} if problem else {}
        level = Level.INFO if event is LogEvent.STEP_FINISHED else Level.ERROR
        message = problem.message if problem else f"{_name_step(step)} {ending}."
        self._write(event, message, level, **facts)

    def _describe_step(self, index: int, step: Step) -> dict[str, Any]:
        return {"seq": index + 1, "of": self._total, "operation": step.call.operation, "address": str(step.address)}

    def on_verify(self) -> None:
        self._write(LogEvent.VERIFY_STARTED, "Reading IAM again.")

    def report_account(self, result: AccountResult, message: str) -> None:
        """Report that one of many accounts has ended, and why it failed."""
        facts: dict[str, Any] = {"status": str(result.status), "wave": result.account.wave, "done": result.done}
        facts |= {"risk": str(result.plan.risk.level), "steps": result.plan.calls} if result.plan else {}
        facts |= {"journal": result.journal} if result.journal else {}
        level = Level.ERROR if result.status in _BAD_ENDS else Level.INFO
        self._write(LogEvent.ACCOUNT_FINISHED, f"{result.account.label}: {message}", level, **facts)
        self.report_problems(result.errors)

    def report_calls(self, calls: CallStats) -> None:
        """Report the calls that were made, for --verbose."""
        operations = {one.operation: one.requests for one in calls.operations}
        facts = {"calls": calls.requests, "seconds": round(calls.seconds, 3), "operations": operations}
        facts |= {"retries": calls.retries, "throttles": calls.throttles}
        self._write(LogEvent.CALLS_COUNTED, f"{calls.requests} calls to AWS.", DEBUG, **facts)

    def report_difference(self, remaining_plan: Plan, goal: str) -> None:
        from reconciler.render.organization_text import format_counts
        from reconciler.render.plan_json import count_changes

        changes = [{"address": str(change.address), "action": str(change.action)} for change in remaining_plan.changes]
        message = f"Live IAM still differs from {goal}: {format_counts(count_changes(remaining_plan))}."
        self._write(LogEvent.DIFFERENCE_FOUND, message, Level.WARNING, changes=changes)

    def report_conclusion(self, *message: str) -> None:
        """Write nothing: the message is that of the event that ends the run."""

    def report_journal(self, journal: Path) -> None:
        """Write nothing: the event that ends the run names the journal."""

    def report_problems(self, problems: Sequence[Problem]) -> None:
        from reconciler.render.problems import problem_to_dict

        for problem in problems:
            facts = problem_to_dict(problem)
            facts |= {"place": str(problem.place)} if problem.place else {}
            facts |= {"seqs": facts.pop("calls")} if problem.calls else {}  # `calls` is a number in other events
            self._write(LogEvent.PROBLEM, facts.pop("message"), facts.pop("level"), **facts)

    def report_library(self, logger: str, message: str, level: str) -> None:
        """Report a line that a library logged."""
        self._write(LogEvent.LIBRARY_LOGGED, message, level, logger=logger)

    def _write(self, event: LogEvent, message: str, level: str = Level.INFO, **facts: Any) -> None:
        from reconciler.render.json_text import dump_json

        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[:_LONGEST_MESSAGE]} …"
        head = {"time": format_moment(datetime.now(UTC)), "level": str(level), "event": str(event), "message": message}
        account = {"account": self.account} if self.account else {}
        echo_text_quietly(dump_json(head | self._head | account | self._ids | _shorten_lists(facts)), err=True)


def _shorten_lists(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with lists that fit into a line of a log store. `left_out` counts the items that do not."""
    left_out = sum(max(0, len(fact) - _LONGEST_LIST) for fact in facts.values() if isinstance(fact, list))
    short = {name: fact[:_LONGEST_LIST] if isinstance(fact, list) else fact for name, fact in facts.items()}
    return short | ({"left_out": left_out} if left_out else {})


def _name_step(step: Step) -> str:
    return f"{step.call.operation} {step.address}"
