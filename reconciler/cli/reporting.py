"""What an apply tells while it runs, on stderr: a person, with a bar on a terminal, or a pipeline, as JSON lines."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.cli.terminal import Lasting, heard, heard_text
from reconciler.model.escape import escape_line

if TYPE_CHECKING:
    from pathlib import Path

    from rich.progress import Progress

    from reconciler.aws.execute import Stop
    from reconciler.aws.retry import Ending
    from reconciler.model.calls import Calls, OnCall
    from reconciler.model.plan import Plan, Step
    from reconciler.model.problem import Problem

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What asks an apply to stop: Ctrl-C, what a pipeline sends before it kills, and the end of the terminal."""


@contextmanager
def stoppable(told: Callable[[], None]) -> Iterator[Stop]:
    """The first signal asks to stop, and that is `told`; a second one stops at once."""
    from reconciler.aws.execute import Stop

    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def asked(number: int, frame: object) -> None:
        if stop.event.is_set() and signal.Signals(number).name == "SIGHUP":
            return  # the kernel and the shell each send one at the end of a terminal
        if stop.ask():
            told()

    before = [(number, signal.signal(number, asked)) for number in SIGNALS if not _outlived(number)]
    try:
        yield stop
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _outlived(number: signal.Signals) -> bool:
    """With nohup the program is to go on without its terminal."""
    return number.name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN


class TextLog:
    """For people."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._total = self._under_way = self._done = 0
        self._started = 0.0

    def reads(self) -> AbstractContextManager[OnCall]:
        """While the account is read; what is yielded is told of the calls."""
        from reconciler.cli.progress import working

        return working("Reading IAM")

    def notes(self, line: str) -> None:
        """Tell something that nobody asked for and that is good to know."""
        heard(f"reconcile: {line}", err=True)

    def waits(self) -> None:
        heard("Another apply to this account is under way on this machine; waiting for it.", err=True)

    def begins(self, plan: Plan, again: bool) -> None:
        self._total, self._under_way, self._done = len(plan.steps), 0, 0
        if again:
            from reconciler.cli.terminal import colored, width
            from reconciler.render.plan_text import plan_text

            heard("", "Another apply wrote at the same time. Planned again:", "", err=True)
            heard_text(plan_text(plan, color=colored(), width=width()))

    @contextmanager
    def stoppable(self) -> Iterator[Stop]:
        with self._shown(), stoppable(self._stopping) as stop:
            yield stop

    def _stopping(self) -> None:
        said = "Stopping once the calls under way are answered; again to stop at once."
        if self._bar is None:
            heard(said, err=True)
        else:
            self._bar.console.print(said)

    @contextmanager
    def _shown(self) -> Iterator[None]:
        if not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        lasting: Any = Lasting(sys.stderr)
        described = TextColumn("{task.description}", markup=False)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), described)
        with Progress(*columns, console=Console(file=lasting), transient=True) as self._bar:
            self._bar.add_task("starting", total=self._total)
            self._started = time.monotonic()
            yield
        self._bar = None

    def starts(self, index: int, step: Step) -> None:
        self._under_way += 1
        self._show(step)

    def ends(self, index: int, step: Step, ending: Ending, problem: Problem | None) -> None:
        self._under_way -= 1
        self._done += 1
        self._show(step)

    def _show(self, step: Step) -> None:
        if self._bar is not None:
            rate = self._done / max(time.monotonic() - self._started, 0.1)
            said = f"{rate:.0f}/s, {self._under_way} under way: {step.call.operation} {step.address}"
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=escape_line(said))

    def verifies(self) -> None:
        if sys.stderr.isatty():
            heard("Reading IAM again …", err=True)

    def calls(self, calls: Calls) -> None:
        """What --verbose tells."""
        from reconciler.render.calls import calls_text

        heard_text(calls_text(calls), err=True)

    def differs(self, left: Plan) -> None:
        from reconciler.cli.terminal import colored, width
        from reconciler.render.plan_text import plan_text

        heard_text(plan_text(left, color=colored(err=True), width=width(err=True)), err=True)

    def says(self, event: str, *message: str, **counts: object) -> None:
        """Tell what the command itself has to say, in lines; `event` and `counts` are for programs."""
        if message:
            heard(*message, err=True)

    def recorded(self, journal: Path) -> None:
        """Where a run that was not stopped is on record, for who wants it undone."""
        heard(f"Journal: {journal} (reconcile undo JOURNAL plans the way back)", err=True, whole=(str(journal),))

    def problems(self, problems: Sequence[Problem]) -> None:
        from reconciler.cli.terminal import colored, width
        from reconciler.render.problems import text

        heard_text(text(problems, color=colored(err=True), width=width(err=True)), err=True)


class JsonLog:
    """For pipelines: one JSON object a line, with `event` and `time`."""

    def __init__(self) -> None:
        self._total = 0

    def reads(self) -> AbstractContextManager[OnCall]:
        """Nothing: what follows are lines, on a terminal too."""
        from reconciler.model.calls import unheard

        return nullcontext(unheard)

    def notes(self, line: str) -> None:
        self._line("note", message=line)

    def waits(self) -> None:
        self._line("waits")

    def begins(self, plan: Plan, again: bool) -> None:
        self._total = len(plan.steps)
        self._line("begins", calls=self._total, again=again)

    @contextmanager
    def stoppable(self) -> Iterator[Stop]:
        with stoppable(lambda: self._line("stopping")) as stop:
            yield stop

    def starts(self, index: int, step: Step) -> None:
        self._line("starts", **self._call(index, step))

    def ends(self, index: int, step: Step, ending: Ending, problem: Problem | None) -> None:
        from reconciler.render.problems import as_dict

        said = {"problem": as_dict(problem)} if problem else {}
        self._line("ends", **self._call(index, step), ending=str(ending), **said)

    def _call(self, index: int, step: Step) -> dict[str, Any]:
        return {"seq": index + 1, "of": self._total, "operation": step.call.operation, "address": str(step.address)}

    def verifies(self) -> None:
        self._line("verifies")

    def calls(self, calls: Calls) -> None:
        made = {one.operation: one.times for one in calls.operations}
        self._line("calls", total=calls.times, seconds=round(calls.seconds, 3), operations=made)

    def differs(self, left: Plan) -> None:
        changes = [{"address": str(change.address), "action": str(change.action)} for change in left.changes]
        self._line("left", changes=changes)

    def says(self, event: str, *message: str, **counts: object) -> None:
        self._line(event, **({"message": "\n".join(message)} if message else {}), **counts)

    def recorded(self, journal: Path) -> None:
        """Nothing: the event that ends the run names the journal."""

    def problems(self, problems: Sequence[Problem]) -> None:
        from reconciler.render.problems import as_dict

        for problem in problems:
            self._line("problem", **as_dict(problem))

    def _line(self, event: str, **values: Any) -> None:
        from reconciler.render.json_text import json_text

        stamped = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        heard_text(json_text(stamped | values), err=True)


Log = TextLog | JsonLog
LOGS: Mapping[str, type[Log]] = {"text": TextLog, "json": JsonLog}
