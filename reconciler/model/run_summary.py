"""The summary of one run of plan, apply or undo: what `--summary` writes, and the last event of a log says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.call_stats import CallStats
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.model.trace import TraceContext


class RunStatus(StrEnum):
    """How a run ended.

    IN_STEP: nothing is to change. CHANGED: a plan with changes was shown. UNSAFE: it was shown and is refused.
    LISTED: the journals were listed. APPLIED: all calls were made, and the account matches. DIFFERS: it does not.
    UNVERIFIED: all calls were made, and the account could not be read again. STOPPED: a call failed, so that others
    were not made. STALE: the account has changed since the plan was approved. DECLINED: a person said no. REFUSED: the
    command line is wrong, or nobody can be asked. INTERRUPTED: by a signal. FAILED: for any other reason.
    """

    IN_STEP = "in-step"
    CHANGED = "changed"
    UNSAFE = "unsafe"
    LISTED = "listed"
    APPLIED = "applied"
    DIFFERS = "differs"
    UNVERIFIED = "unverified"
    STOPPED = "stopped"
    STALE = "stale"
    DECLINED = "declined"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    FAILED = "failed"

    @property
    def is_good(self) -> bool:
        """True if the run did what it was asked to do."""
        return self in (RunStatus.IN_STEP, RunStatus.CHANGED, RunStatus.LISTED, RunStatus.APPLIED)


@dataclass(frozen=True, slots=True)
class AccountName:
    """The account of a run. id: 12 digits. alias: None if it has none, or if nobody knows."""

    id: str
    partition: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class StepCounts:
    """The calls of an apply. done: AWS confirmed them. unclear: they may have been made. left: they were not."""

    done: int
    unclear: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The summary of a run.

    account, plan, calls: None if the run ended before they were known. problems: the findings of the plan, then what
    made the run fail. steps: None if no call was tried. plan_file: the plan that was saved, or applied. journal: the
    one that was written, or undone. trace: None if the caller named none.
    """

    command: str
    exit_code: int
    status: RunStatus
    started: datetime
    finished: datetime
    seconds: float
    account: AccountName | None = None
    plan: Plan | None = None
    problems: tuple[Problem, ...] = ()
    calls: CallStats | None = None
    steps: StepCounts | None = None
    plan_file: str | None = None
    journal: str | None = None
    trace: TraceContext | None = None
