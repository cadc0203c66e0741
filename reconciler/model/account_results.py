"""The results of a run over many accounts: one for each, small enough that thousands of them stay in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.account_waits import NO_WAITS, AccountWaits
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Level, Problem
from reconciler.model.risk import Risk, RiskLevel

BROKEN_TRUSTS = ("cross-account-trust", "cross-account-order", "cross-account-cycle")
"""The codes of errors that keep a run from writing to any account."""


class AccountStatus(StrEnum):
    """The state of an account at the end of a run.

    IN_STEP: it is as the files say. CHANGED: its plan has changes, or they were made. UNSAFE: its plan must not be
    applied. NOT_STARTED: nothing was written to it, because an account before it failed or the run was stopped.
    """

    IN_STEP = "in-step"
    CHANGED = "changed"
    UNSAFE = "unsafe"
    FAILED = "failed"
    NOT_STARTED = "not-started"


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The facts of a plan that a summary shows.

    file: the plan file that has the rest. group: the same text for plans of the same changes, whatever the account;
    "" for one that says nothing.
    counts: changes by action. calls: the number of calls to make. account_alias: None if it has none or is not read.
    waits: the order that its calls ask for across accounts.
    """

    file: str
    group: str
    counts: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    risk: Risk = field(default_factory=Risk)
    is_reversible: bool = True
    account_alias: str | None = None
    waits: AccountWaits = NO_WAITS


@dataclass(frozen=True, slots=True)
class AccountResult:
    """The result of one account.

    plan: None if it could not be made. problems: why it failed, or why it must not be applied although its own plan is
    safe. journal: the file that records the calls that were made; "" if none were. done: the number of those calls.
    """

    account: MemberAccount
    status: AccountStatus
    plan: PlanFacts | None = None
    problems: tuple[Problem, ...] = ()
    journal: str = ""
    done: int = 0

    @property
    def has_broken_trust(self) -> bool:
        """True if a trust of this account names a principal of another one that could not use it, or comes too late."""
        return any(problem.code in BROKEN_TRUSTS for problem in self.errors)

    @property
    def is_done(self) -> bool:
        """True if nothing is left to do."""
        return self.status in (AccountStatus.IN_STEP, AccountStatus.CHANGED)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)


@dataclass(frozen=True, slots=True)
class OrganizationResults:
    """The results of one run, or of all its shards.

    caller: the ARN of the caller. files: as in `Plan`. problems: of the run itself, not of an account.
    missing_parts: shards and waves (`2/4`, `wave 3`) without results. is_applied: these are the results of an apply.
    """

    results: tuple[AccountResult, ...]
    caller: str = ""
    files: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    missing_parts: tuple[str, ...] = ()
    is_applied: bool = False

    def count(self, status: AccountStatus) -> int:
        return sum(result.status is status for result in self.results)

    @property
    def risk_level(self) -> RiskLevel:
        """The highest risk of the plans."""
        levels = {result.plan.risk.level for result in self.results if result.plan}
        return next((level for level in RiskLevel if level in levels), RiskLevel.NONE)

    @property
    def has_changes(self) -> bool:
        """True if a plan has changes that were not made."""
        return not self.is_applied and self.count(AccountStatus.CHANGED) > 0

    @property
    def is_complete(self) -> bool:
        """True if no account failed or was left out."""
        lacking = self.count(AccountStatus.FAILED) + self.count(AccountStatus.NOT_STARTED)
        return not lacking and not self.missing_parts and not errors_in(self.problems)


def errors_in(problems: Iterable[Problem]) -> bool:
    """Return whether a problem is an error."""
    return any(problem.level is Level.ERROR for problem in problems)
