"""Report the progress of an apply to a program, as events: the `on_event` of `api.apply`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.app.apply import ApplyResult, apply_plan
from reconciler.app.plan import ConnectedPlan
from reconciler.aws.executor import StopSignal
from reconciler.aws.retry import CallStatus, SentCall
from reconciler.model.plan import Plan, Step
from reconciler.model.problem import Level, Problem, ReconcileError, make_error


@dataclass(frozen=True, slots=True)
class LockAwaited:
    """The event that this apply waits for another one to the same account on this machine."""


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The event that a call is about to be sent. `index`: its place in the plan's steps, from 0."""

    index: int
    step: Step


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The event that a call has ended. `problem`: the reason why it failed, or may have failed; None if it is done."""

    index: int
    step: Step
    status: CallStatus
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class VerifyStarted:
    """The event that all calls were made and the account is read again."""


ApplyEvent = LockAwaited | CallStarted | CallEnded | VerifyStarted
OnEvent = Callable[[ApplyEvent], object]


def apply_exact_plan(planned: ConnectedPlan, on_event: OnEvent | None, journal: Path | None = None) -> ApplyResult:
    """Make the plan's calls and no others, then read the account again.

    journal: None for one in this user's own folder. Raises ReconcileError before any call, if the plan is not safe or
    no longer fits the account.
    """
    if not planned.is_safe:
        raise ReconcileError(finding for finding in planned.findings if finding.level is Level.ERROR)
    observer = _EventObserver(on_event or _ignore_event)
    result = apply_plan(planned, journal, confirmed=True, observer=observer, max_rounds=1)
    if result.outcome is None:
        raise make_error(
            "stale-plan",
            "The account has changed since this plan was made; nothing was written.",
            hint="Plan again: api.plan(desired)",
        )
    return result


def _ignore_event(event: ApplyEvent) -> None:
    """Ignore an event: the program passed no `on_event`."""


class _EventObserver:
    """An observer that turns an apply into events. They come one at a time, from the threads that make the calls."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event

    def on_wait(self) -> None:
        self._on_event(LockAwaited())

    def on_begin(self, plan: Plan, again: bool, journal: Path) -> None:
        """Do nothing: each call is an event of its own."""

    @contextmanager
    def handle_interrupts(self) -> Iterator[StopSignal]:
        """Yield a stop signal that nothing sets: signals belong to the program."""
        yield StopSignal()

    def on_start(self, index: int, step: Step) -> None:
        self._on_event(CallStarted(index, step))

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        self._on_event(CallEnded(index, step, sent.status, problem))

    def on_verify(self) -> None:
        self._on_event(VerifyStarted())
