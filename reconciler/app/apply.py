"""The use case `apply`: a plan that was approved → its turn → calls, on record → a second look at the account."""

from __future__ import annotations

import os
import random
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from reconciler.app.journal import Journal, opened
from reconciler.app.plan import Planned
from reconciler.app.turn import turn
from reconciler.assume.applied import note_applied
from reconciler.aws.execute import Outcome, Stop, Watch, run
from reconciler.aws.retry import Ending
from reconciler.model.plan import Call, Plan, Step
from reconciler.model.problem import Failed, Level, Problem
from reconciler.plan.overtaken import overtaken

GRACE = (0.0, 2.0, 5.0, 10.0)
"""Seconds to wait before each look: IAM shows a write to later reads only after a while."""
ROUNDS = 3
"""How often what another apply changed at the same time is put right, before a person is told."""


class Report(Watch, Protocol):
    """What a person or a pipeline is told while it happens. Raises nothing where nobody listens any more."""

    def waits(self) -> None:
        """Another apply of this machine has the turn."""
        ...

    def begins(self, plan: Plan, again: bool) -> None:
        """The calls of a plan begin; again: it is another than the one that was shown."""
        ...

    def stoppable(self) -> AbstractContextManager[Stop]:
        """A block within which a person may stop the calls; their interruption is then no exception."""
        ...

    def verifies(self) -> None:
        """All calls were made; live IAM is read again."""
        ...


@dataclass(frozen=True)
class Applied:
    """`left` is what still differs after a complete run: an empty plan where live matches.

    outcome: None where no call was made, because the account is no longer what was approved: `left` is what it would
    take now. journal: where the run is on record. unverified: why the second look could not be taken. interrupted: by
    the person, and only that look.
    """

    outcome: Outcome | None = None
    journal: Path | None = None
    left: Plan | None = None
    unverified: tuple[Problem, ...] = ()
    interrupted: bool = False

    @property
    def matches(self) -> bool:
        return self.left is not None and not self.left.changes


def apply(planned: Planned, journal: Path | None, asked: bool, report: Report) -> Applied:
    """Make the plan's calls, then read again and compare. The plan must be safe. Raises Failed before any call.

    asked: a person took the time to say yes. What was approved, so or as a saved plan, is not applied to an account
    that has changed meanwhile; what was not is planned again where another apply wrote. journal: None for one of
    our own.
    """
    account = planned.connection.account
    with turn(os.environ, account, planned.at, report.waits) as written_since:
        plan = planned.look_again() if written_since or asked else planned.plan
        again = _calls(plan) != _calls(planned.plan)
        if not plan.safe or (again and (asked or planned.saved)):
            return Applied(left=plan)
        if not plan.changes:
            return Applied(Outcome(0), left=plan)
        with opened(journal, account, os.environ) as record:
            return _rounds(planned, plan, again, record, report)


def _calls(plan: Plan) -> list[Call]:
    return [step.call for step in plan.steps]


def _rounds(planned: Planned, plan: Plan, again: bool, record: Journal, report: Report) -> Applied:
    """Two applies of different machines may each undo part of the other: the last one to look then ends as a whole."""
    goal = plan
    for pause in range(ROUNDS):
        record.begins(plan)
        report.begins(plan, again)
        with report.stoppable() as stop:
            outcome = _recorded(record, run(planned.connection, plan.steps, _Both(record, report), stop))
            made = (step.address for step in (*outcome.done, *outcome.unclear))
            note_applied(os.environ, planned.connection.account, made, time.time())
        if outcome.left or outcome.unclear or outcome.problems:
            return Applied(outcome, record.path)
        try:
            report.verifies()
            plan = _left(planned)
            if overtaken(goal, plan):
                time.sleep(random.uniform(0, 2**pause))
                plan = planned.look_again()  # the other may have gone on meanwhile
            if not overtaken(goal, plan):
                return Applied(outcome, record.path, plan)
        except Failed as failed:
            return Applied(outcome, record.path, unverified=failed.problems)
        except KeyboardInterrupt:
            stopped = Problem(Level.ERROR, "interrupted", "Interrupted while checking what was done.")
            return Applied(outcome, record.path, unverified=(stopped,), interrupted=True)
        again = True
    return Applied(outcome, record.path, plan)


def _recorded(record: Journal, outcome: Outcome) -> Outcome:
    """With what the journal's last line could not be written for: what was done must be told all the same."""
    try:
        record.ended(outcome)
    except Failed as failed:
        return replace(outcome, problems=tuple(dict.fromkeys((*outcome.problems, *failed.problems))))
    return outcome


def _left(planned: Planned) -> Plan:
    """The plan that is left. What differs only until IAM has caught up is given time: it may show things half done."""
    left = planned.plan
    for pause in GRACE:
        time.sleep(pause)
        left = planned.look_again()
        if not left.changes:
            break
    return left


class _Both:
    """The journal first: what it cannot record is not done, and not reported."""

    def __init__(self, record: Journal, report: Report) -> None:
        self._record, self._report = record, report

    def starts(self, index: int, step: Step) -> None:
        self._record.starts(index, step)
        self._report.starts(index, step)

    def ends(self, index: int, step: Step, ending: Ending, problem: Problem | None) -> None:
        self._record.ends(index, step, ending, problem)
        self._report.ends(index, step, ending, problem)
