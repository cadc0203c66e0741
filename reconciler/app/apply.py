"""The use case `apply_plan`: a plan that was approved → its turn → calls, on record → a second look at the account."""

from __future__ import annotations

import os
import random
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from reconciler.app.apply_lock import hold_apply_lock
from reconciler.app.journal import Journal, open_journal
from reconciler.app.plan import ConnectedPlan
from reconciler.assume.recent_applies import note_applied
from reconciler.aws import timing
from reconciler.aws.executor import ExecutionResult, StepObserver, StopSignal, execute_steps
from reconciler.aws.retry import CallStatus
from reconciler.model.plan import Call, Plan, Step
from reconciler.model.problem import Level, Problem, ReconcileError
from reconciler.plan.concurrent_apply import has_concurrent_apply


class ApplyObserver(StepObserver, Protocol):
    """What a person or a pipeline is told while it happens. Raises nothing where nobody listens any more."""

    def on_wait(self) -> None:
        """Another apply of this machine has the turn."""
        ...

    def on_begin(self, plan: Plan, again: bool) -> None:
        """The calls of a plan begin; again: it is another than the one that was shown."""
        ...

    def handle_interrupts(self) -> AbstractContextManager[StopSignal]:
        """A block within which a person may stop the calls; their interruption is then no exception."""
        ...

    def on_verify(self) -> None:
        """All calls were made; live IAM is read again."""
        ...


@dataclass(frozen=True)
class ApplyResult:
    """`remaining_plan` is what still differs after a complete run: an empty plan where live matches.

    outcome: None where no call was made, because the account is no longer what was approved: `remaining_plan` is what
    it would take now. journal: where the run is on record. verify_problems: why the second look could not be taken.
    interrupted: by the person, and only that look.
    """

    outcome: ExecutionResult | None = None
    journal: Path | None = None
    remaining_plan: Plan | None = None
    verify_problems: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def is_converged(self) -> bool:
        return self.remaining_plan is not None and not self.remaining_plan.changes


def apply_plan(planned: ConnectedPlan, journal: Path | None, confirmed: bool, observer: ApplyObserver) -> ApplyResult:
    """Make the plan's calls, then read again and compare. The plan must be safe. Raises Failed before any call.

    confirmed: a person took the time to say yes. What was approved, so or as a saved plan, is not applied to an account
    that has changed meanwhile; what was not is planned again where another apply wrote. journal: None for one of
    our own.
    """
    account = planned.connection.account
    with hold_apply_lock(os.environ, account, planned.planned_at, observer.on_wait) as written_since:
        plan = planned.replan() if written_since or confirmed else planned.plan
        again = _calls_of(plan) != _calls_of(planned.plan)
        if not plan.is_safe or (again and (confirmed or planned.is_saved)):
            return ApplyResult(remaining_plan=plan)
        if not plan.changes:
            return ApplyResult(ExecutionResult(0), remaining_plan=plan)
        with open_journal(journal, account, os.environ) as record:
            return _apply_in_rounds(planned, plan, again, record, observer)


def _calls_of(plan: Plan) -> list[Call]:
    return [step.call for step in plan.steps]


def _apply_in_rounds(
    planned: ConnectedPlan, plan: Plan, replanned: bool, journal: Journal, observer: ApplyObserver
) -> ApplyResult:
    """Two applies of different machines may each undo part of the other: the last one to look then ends as a whole."""
    goal = plan
    for done in range(timing.CONCURRENT_APPLY_ROUNDS):
        journal.write_plan(plan)
        observer.on_begin(plan, replanned)
        with observer.handle_interrupts() as stop:
            outcome = _record_end(
                journal, execute_steps(planned.connection, plan.steps, _JournalingObserver(journal, observer), stop)
            )
            made = (step.address for step in (*outcome.done, *outcome.unclear))
            note_applied(os.environ, planned.connection.account, made, time.time())
        if outcome.remaining or outcome.unclear or outcome.problems:
            return ApplyResult(outcome, journal.path)
        try:
            observer.on_verify()
            plan = _replan_until_settled(planned)
            if has_concurrent_apply(goal, plan):
                time.sleep(random.uniform(0, timing.CONCURRENT_APPLY_PAUSE * 2**done))
                plan = planned.replan()  # the other may have gone on meanwhile
            if not has_concurrent_apply(goal, plan):
                return ApplyResult(outcome, journal.path, plan)
        except ReconcileError as failed:
            return ApplyResult(outcome, journal.path, verify_problems=failed.problems)
        except KeyboardInterrupt:
            stopped = Problem(Level.ERROR, "interrupted", "Interrupted while checking what was done.")
            return ApplyResult(outcome, journal.path, verify_problems=(stopped,), interrupted=True)
        replanned = True
    return ApplyResult(outcome, journal.path, plan)


def _record_end(journal: Journal, outcome: ExecutionResult) -> ExecutionResult:
    """With what the journal's last line could not be written for: what was done must be told all the same."""
    try:
        journal.write_end(outcome)
    except ReconcileError as failed:
        return replace(outcome, problems=tuple(dict.fromkeys((*outcome.problems, *failed.problems))))
    return outcome


def _replan_until_settled(planned: ConnectedPlan) -> Plan:
    """The plan that is left. What differs only until IAM has caught up is given time: it may show things half done."""
    left = planned.plan
    for pause in timing.VERIFY_PAUSES:
        time.sleep(pause)
        left = planned.replan()
        if not left.changes:
            break
    return left


class _JournalingObserver:
    """The journal first: what it cannot record is not done, and not reported."""

    def __init__(self, journal: Journal, observer: ApplyObserver) -> None:
        self._journal, self._observer = journal, observer

    def on_start(self, index: int, step: Step) -> None:
        self._journal.on_start(index, step)
        self._observer.on_start(index, step)

    def on_end(self, index: int, step: Step, ending: CallStatus, problem: Problem | None) -> None:
        self._journal.on_end(index, step, ending, problem)
        self._observer.on_end(index, step, ending, problem)
