"""The use case `apply_plan`: lock the account, make the calls of an approved plan, record them, and read IAM again."""

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
from reconciler.aws.retry import SentCall
from reconciler.model.plan import Call, Plan, Step
from reconciler.model.problem import Level, Problem, ReconcileError
from reconciler.plan.concurrent_apply import has_concurrent_apply


class ApplyObserver(StepObserver, Protocol):
    """Report the progress of an apply to a person or a pipeline. Implementations ignore a closed output."""

    def on_wait(self) -> None:
        """Report that another apply of this machine holds the lock."""
        ...

    def on_begin(self, plan: Plan, again: bool, journal: Path) -> None:
        """Report that the calls of a plan begin. again: it differs from the plan that was shown.

        journal: the file that records the calls.
        """
        ...

    def handle_interrupts(self) -> AbstractContextManager[StopSignal]:
        """Return a context in which Ctrl-C sets the stop signal instead of raising KeyboardInterrupt."""
        ...

    def on_verify(self) -> None:
        """Report that all calls are made and that live IAM is read again."""
        ...


@dataclass(frozen=True)
class ApplyResult:
    """The result of an apply.

    outcome: the calls; None if none was made, because the account has changed since the plan was approved.
    journal: the journal's path. remaining_plan: the plan of all that still differs, empty if live IAM matches the
    file; without an outcome, the plan that is needed now. verify_problems: why live IAM could not be read again.
    interrupted: the user interrupted that read.
    """

    outcome: ExecutionResult | None = None
    journal: Path | None = None
    remaining_plan: Plan | None = None
    verify_problems: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def done(self) -> tuple[Step, ...]:
        """The calls that were made."""
        return self.outcome.done if self.outcome else ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The reasons why calls failed, and why live IAM could not be read again."""
        return (*(self.outcome.problems if self.outcome else ()), *self.verify_problems)

    @property
    def is_converged(self) -> bool:
        """True if live IAM matches the file."""
        return self.remaining_plan is not None and not self.remaining_plan.changes


def apply_plan(
    planned: ConnectedPlan,
    journal: Path | None,
    confirmed: bool,
    observer: ApplyObserver,
    max_rounds: int = timing.CONCURRENT_APPLY_ROUNDS,
) -> ApplyResult:
    """Make the calls of a safe plan, then read live IAM again and compare.

    journal: the journal's path, None for the user's own folder. confirmed: a person approved the plan. A plan that was
    confirmed or saved is not applied to an account that has changed since. Any other plan is made again if another
    apply has written since. max_rounds: 1 for this plan's calls and no others, even if another apply writes meanwhile.
    Raises ReconcileError before any call.
    """
    account = planned.connection.account
    with hold_apply_lock(os.environ, account, planned.planned_at, observer.on_wait) as written_since:
        plan = planned.replan() if written_since or confirmed else planned.plan
        replanned = _calls_of(plan) != _calls_of(planned.plan)
        if not plan.is_safe or (replanned and (confirmed or planned.is_saved)):
            return ApplyResult(remaining_plan=plan)
        if not plan.changes:
            return ApplyResult(ExecutionResult(0), remaining_plan=plan)
        with open_journal(journal, account, os.environ, planned.connection.trace) as record:
            return _apply_in_rounds(planned, plan, replanned, record, observer, max_rounds)


def _calls_of(plan: Plan) -> list[Call]:
    return [step.call for step in plan.steps]


def _apply_in_rounds(
    planned: ConnectedPlan, plan: Plan, replanned: bool, journal: Journal, observer: ApplyObserver, max_rounds: int
) -> ApplyResult:
    """Make the calls, and once more if another machine's apply undid part of them, `max_rounds` times at most.

    So the last of two concurrent applies leaves its plan applied as a whole.
    """
    goal = plan
    for round_index in range(max_rounds):
        journal.write_plan(plan)
        observer.on_begin(plan, replanned, journal.path)
        with observer.handle_interrupts() as stop:
            outcome = _record_end(
                journal, execute_steps(planned.connection, plan.steps, _JournalingObserver(journal, observer), stop)
            )
            applied = (step.address for step in (*outcome.done, *outcome.unclear))
            note_applied(os.environ, planned.connection.account, applied, time.time())
        if outcome.remaining or outcome.unclear or outcome.problems:
            return ApplyResult(outcome, journal.path)
        try:
            observer.on_verify()
            plan = _replan_until_settled(planned)
            if has_concurrent_apply(goal, plan):
                time.sleep(random.uniform(0, timing.CONCURRENT_APPLY_PAUSE * 2**round_index))
                plan = planned.replan()  # the other apply may have made more calls since
            if not has_concurrent_apply(goal, plan):
                return ApplyResult(outcome, journal.path, plan)
        except ReconcileError as error:
            return ApplyResult(outcome, journal.path, verify_problems=error.problems)
        except KeyboardInterrupt:
            summary = "Interrupted: all calls were made, but not yet checked against live IAM."
            problem = Problem(Level.ERROR, "interrupted", summary, hint="Run `reconcile plan` to check.")
            return ApplyResult(outcome, journal.path, verify_problems=(problem,), interrupted=True)
        replanned = True
    return ApplyResult(outcome, journal.path, plan)


def _record_end(journal: Journal, outcome: ExecutionResult) -> ExecutionResult:
    """Write the end of the run and return its result, with the problem if the line could not be written."""
    try:
        journal.write_end(outcome)
    except ReconcileError as error:
        return replace(outcome, problems=tuple(dict.fromkeys((*outcome.problems, *error.problems))))
    return outcome


def _replan_until_settled(planned: ConnectedPlan) -> Plan:
    """Return the remaining plan, once it is empty or the waits of VERIFY_PAUSES are over."""
    remaining = planned.plan
    for pause in timing.VERIFY_PAUSES:
        time.sleep(pause)
        remaining = planned.replan()
        if not remaining.changes:
            break
    return remaining


class _JournalingObserver:
    """Write each event to the journal, then report it. A call that cannot be recorded is not made."""

    def __init__(self, journal: Journal, observer: ApplyObserver) -> None:
        self._journal, self._observer = journal, observer

    def on_start(self, index: int, step: Step) -> None:
        self._journal.on_start(index, step)
        self._observer.on_start(index, step)

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        self._journal.on_end(index, step, sent, problem)
        self._observer.on_end(index, step, sent, problem)
