"""Report a run on stderr for a person: sentences, and on a terminal a spinner or a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from reconciler.cli.terminal import QuietStream, echo_quietly, echo_text_quietly
from reconciler.model.escape import escape_line
from reconciler.shell.signals import STOP_SIGNALS, handle_signals

if TYPE_CHECKING:
    from pathlib import Path
    from signal import Signals

    from rich.progress import Progress

    from reconciler.aws.executor import StopSignal
    from reconciler.aws.retry import SentCall
    from reconciler.model.account_results import AccountResult
    from reconciler.model.call_stats import CallStats, OnCall
    from reconciler.model.plan import Plan, Step
    from reconciler.model.problem import Problem
    from reconciler.model.run_summary import RunSummary


@contextmanager
def stop_on_signals(on_stop: Callable[[], None]) -> Iterator[StopSignal]:
    """Yield a stop signal. The first of STOP_SIGNALS sets it and calls `on_stop`; a second one stops at once.

    With nohup the program goes on without its terminal.
    """
    from reconciler.aws.executor import StopSignal

    stop = StopSignal()

    hangups = count()

    def request_stop(received: Signals) -> None:
        # The kernel and the shell each send a SIGHUP at the end of a terminal, the second while the first is handled.
        if received.name == "SIGHUP" and (next(hangups) or stop.event.is_set()):
            return
        if stop.request():
            on_stop()

    with handle_signals(STOP_SIGNALS, request_stop, keep_ignored=["SIGHUP"]):
        yield stop


class TextLog:
    """The report for a person. `JsonLog` has the same methods.

    account: not shown, because the plan names it. journal: the one that records the calls, once they begin. label: the
    account that this log is of, if it is one of many; it then has no progress bar.
    """

    for_programs = False

    def __init__(self, label: str = "") -> None:
        self._label = label
        self.account: str | None = None
        self.journal: str | None = None
        self._bar: Progress | None = None
        self._total = self._under_way = self._done = 0
        self._started = 0.0

    def begin_run(self) -> None:
        """Show nothing: a person knows what was started."""

    def end_run(self, summary: RunSummary, message: str) -> None:
        """Show nothing: `report_conclusion` has."""

    def show_reading(self) -> AbstractContextManager[OnCall]:
        """Show progress while the account is read. See `show_progress`."""
        from reconciler.cli.progress import show_progress

        return show_progress("Reading IAM")

    def report_read(self, calls: CallStats) -> None:
        """Show nothing: the plan follows."""

    def report_plan(self, plan: Plan) -> None:
        """Show nothing: the plan goes to stdout."""

    def notice(self, line: str) -> None:
        """Show a line that is good to know."""
        echo_quietly(f"reconcile: {line}", err=True)

    def on_wait(self) -> None:
        """Report that another apply holds the account's lock."""
        account = escape_line(self._label) if self._label else "this account"
        echo_quietly(f"Another apply to {account} is running on this machine; waiting for it.", err=True)

    def on_begin(self, plan: Plan, again: bool, journal: Path) -> None:
        self.journal = str(journal)
        self._total, self._under_way, self._done = len(plan.steps), 0, 0
        if again and not self._label:
            from reconciler.cli.terminal import get_width, uses_color
            from reconciler.render.plan_text import render_plan_text

            echo_quietly("", "Another apply wrote to the account at the same time. The new plan:", "", err=True)
            echo_text_quietly(render_plan_text(plan, color=uses_color(), width=get_width()))

    @contextmanager
    def handle_interrupts(self) -> Iterator[StopSignal]:
        with self._show_bar(), stop_on_signals(self._report_stopping) as stop:
            yield stop

    def _report_stopping(self) -> None:
        message = "Stopping when the calls under way have been answered. Press Ctrl-C again to stop at once."
        if self._bar is None:
            echo_quietly(message, err=True)
        else:
            self._bar.console.print(message)

    @contextmanager
    def _show_bar(self) -> Iterator[None]:
        if not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        stream: Any = QuietStream(sys.stderr)
        description = TextColumn("{task.description}", markup=False)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), description)
        with Progress(*columns, console=Console(file=stream), transient=True) as self._bar:
            self._bar.add_task("starting", total=self._total)
            self._started = time.monotonic()
            yield
        self._bar = None

    def on_start(self, index: int, step: Step) -> None:
        self._under_way += 1
        self._update_bar(step)

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        self._under_way -= 1
        self._done += 1
        self._update_bar(step)

    def _update_bar(self, step: Step) -> None:
        if self._bar is not None:
            rate = self._done / max(time.monotonic() - self._started, 0.1)
            text = f"{rate:.0f}/s, {self._under_way} under way: {step.call.operation} {step.address}"
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=escape_line(text))

    def on_verify(self) -> None:
        if sys.stderr.isatty() and not self._label:
            echo_quietly("Reading IAM again …", err=True)

    def report_account(self, result: AccountResult, message: str) -> None:
        """Show that one of many accounts has ended, and why it failed."""
        label = escape_line(result.account.label)
        echo_quietly(f"{label}: {message}", err=True, whole=(result.journal,) if result.journal else ())
        if result.errors:
            self.report_problems(result.errors)

    def report_calls(self, calls: CallStats) -> None:
        """Print the calls that were made, for --verbose."""
        from reconciler.render.calls import render_calls

        echo_text_quietly(render_calls(calls), err=True)

    def report_difference(self, remaining_plan: Plan, goal: str) -> None:
        """Show the plan of all that still differs. The conclusion that follows names the goal."""
        from reconciler.cli.terminal import get_width, uses_color
        from reconciler.render.plan_text import render_plan_text

        echo_text_quietly(
            render_plan_text(remaining_plan, color=uses_color(err=True), width=get_width(err=True)), err=True
        )

    def report_conclusion(self, *message: str) -> None:
        """Show how the run ended."""
        if message:
            echo_quietly(*message, err=True)

    def report_journal(self, journal: Path) -> None:
        """Show the journal of a run, with the command that undoes it."""
        echo_quietly(f"Journal: {journal} (`reconcile undo JOURNAL` undoes this)", err=True, whole=(str(journal),))

    def report_problems(self, problems: Sequence[Problem]) -> None:
        from reconciler.cli.terminal import get_width, uses_color
        from reconciler.plan.digest.gathered_problems import gather_problems
        from reconciler.render.problems import render_problems

        shown = gather_problems(problems)
        echo_text_quietly(render_problems(shown, color=uses_color(err=True), width=get_width(err=True)), err=True)
