"""Apply the saved plans of many accounts, wave by wave. Each account has its own lock, journal, rate and verification.

A plan is read from its file and rebuilt from live IAM just before it is applied. So memory holds only the plans that
are being applied, and a plan that no longer fits is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from reconciler.app.apply import ApplyObserver, ApplyResult, apply_plan
from reconciler.app.organization.cross_account import make_board, order_results
from reconciler.app.organization.runner import run_accounts
from reconciler.app.plan import ConnectedPlan
from reconciler.aws.executor import StopSignal
from reconciler.aws.principal_board import OtherAccounts, PrincipalBoard
from reconciler.aws.slots import Slot
from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Level, Problem, make_error
from reconciler.model.sentence import format_list

PlanAgain = Callable[[AccountResult], ConnectedPlan]
"""Returns the plan of an account from its file, with a connection. Raises ReconcileError if it no longer fits."""

MakeObserver = Callable[[MemberAccount, StopSignal], ApplyObserver]
OnResult = Callable[[AccountResult], None]

_BLOCKING = (AccountStatus.FAILED, AccountStatus.UNSAFE, AccountStatus.NOT_STARTED)
"""The ends of an account after which no later wave starts."""
_MOST_LEFT = 5
"""Differences that are named; the rest is counted."""


@dataclass(frozen=True)
class OrganizationApply:
    """An apply of plans that were approved.

    plan_again: rebuilds the plan of one account. find_journal: the file that records its calls; None for one in the
    user's own folder. stop: ends the run between two calls; accounts that have not begun are then not started.
    on_result: called as each account with changes ends.
    """

    plan_again: PlanAgain
    find_journal: Callable[[MemberAccount], Path | None]
    make_observer: MakeObserver
    stop: StopSignal
    max_parallel: int
    on_result: OnResult = lambda result: None

    def run(self, planned: OrganizationResults) -> OrganizationResults:
        """Apply the plans that have changes and are safe, and return the result of every account."""
        board = make_board(planned.results)
        results: dict[str, AccountResult] = {}
        is_blocked = False
        for _, members in groupby(sorted(planned.results, key=_wave_of), key=_wave_of):
            for group in _put_canaries_first(list(members)):
                for result in self._run_group(group, board, is_blocked):
                    results[result.account.id] = result
                is_blocked = is_blocked or any(results[one.account.id].status in _BLOCKING for one in group)
        return replace(planned, results=tuple(results[one.account.id] for one in planned.results), is_applied=True)

    def _run_group(
        self, group: Sequence[AccountResult], board: PrincipalBoard, is_blocked: bool
    ) -> Iterator[AccountResult]:
        """Yield the results of accounts that may run side by side. board: tells which principals exist by now."""
        to_apply = {one.account.id: one for one in order_results(group) if one.status is AccountStatus.CHANGED}
        for one in group:
            if one.account.id not in to_apply:
                board.end(one.account.id, failed=one.status is not AccountStatus.IN_STEP)
                yield one
        for result in self._apply_group(to_apply, board, is_blocked):
            self.on_result(result)
            yield result

    def _apply_group(
        self, to_apply: Mapping[str, AccountResult], board: PrincipalBoard, is_blocked: bool
    ) -> Iterator[AccountResult]:
        if is_blocked:
            yield from (replace(one, status=AccountStatus.NOT_STARTED) for one in to_apply.values())
            return
        accounts = [one.account for one in to_apply.values()]

        def apply(account: MemberAccount, slot: Slot) -> AccountResult:
            failed = True
            try:
                result = self._apply(to_apply[account.id], OtherAccounts(board, slot))
                failed = result.status is not AccountStatus.CHANGED
                return result
            finally:
                board.end(account.id, failed=failed)

        for result in run_accounts(accounts, apply, self.max_parallel):
            yield replace(result, plan=to_apply[result.account.id].plan)  # one that raised an error has none

    def _apply(self, planned: AccountResult, others: OtherAccounts) -> AccountResult:
        if self.stop.event.is_set():
            return replace(planned, status=AccountStatus.NOT_STARTED)
        connected = self.plan_again(planned)
        observer = self.make_observer(planned.account, self.stop)
        applied = apply_plan(connected, self.find_journal(planned.account), False, observer, others=others)
        return _judge(planned, applied)


def mark_unfinished(planned: OrganizationResults) -> OrganizationResults:
    """Return the results that a folder has until an apply of these plans ends: a killed run leaves them."""
    problems = make_error(
        "apply-unfinished",
        "The apply of this account has not ended: it is still running, or it was killed.",
        "Some of its calls may have been made.",
        "If it was killed, run `reconcile plan` again: it shows what is left.",
    ).problems

    def mark(result: AccountResult) -> AccountResult:
        if result.status is not AccountStatus.CHANGED:
            return result
        return replace(result, status=AccountStatus.FAILED, problems=(*result.problems, *problems))

    return replace(planned, results=tuple(map(mark, planned.results)), is_applied=True)


def _wave_of(result: AccountResult) -> int:
    return result.account.wave


def _put_canaries_first(members: Sequence[AccountResult]) -> Iterator[Sequence[AccountResult]]:
    """Yield the canaries of a wave, then its other accounts."""
    canaries = [one for one in members if one.account.is_canary]
    if canaries:
        yield canaries
    if len(canaries) < len(members):
        yield [one for one in members if not one.account.is_canary]


def _judge(planned: AccountResult, applied: ApplyResult) -> AccountResult:
    """Return the result of an account after its apply."""
    journal = str(applied.journal) if applied.journal else ""
    result = replace(planned, journal=journal, done=len(applied.done))
    if applied.outcome is None:
        refused = applied.remaining_plan
        if refused is not None and not refused.is_safe:  # for this caller, with these options, or by now
            errors = (finding for finding in refused.findings if finding.level is Level.ERROR)
            return replace(result, status=AccountStatus.UNSAFE, problems=(*planned.problems, *errors))
        return replace(result, status=AccountStatus.FAILED, problems=(*planned.problems, _make_stale()))
    if applied.is_converged:
        return replace(result, status=AccountStatus.CHANGED)
    problems = applied.problems or _describe_rest(applied)
    return replace(result, status=AccountStatus.FAILED, problems=(*planned.problems, *problems))


def _make_stale() -> Problem:
    summary = "The account has changed since this plan was approved; nothing was written to it."
    return Problem(Level.ERROR, "stale-plan", summary, "", "Run `reconcile plan` again.")


def _describe_rest(applied: ApplyResult) -> tuple[Problem, ...]:
    """Return the problem that calls are left, or that the account still differs."""
    outcome = applied.outcome
    if outcome is not None and (outcome.remaining or outcome.unclear):
        summary = f"Stopped: {len(outcome.done)} of {outcome.total} calls were made."
        detail = f"{len(outcome.unclear)} more may have been." if outcome.unclear else ""
        hint = "Run the same command again to go on from there. If it applies a folder of plans, plan again first."
        return make_error("apply-stopped", summary, detail, hint).problems
    changes = applied.remaining_plan.changes if applied.remaining_plan else ()
    left = format_list((str(change.address) for change in changes), _MOST_LEFT)
    summary = f"All calls were made, but live IAM still differs from the plan: {left}."
    return make_error("apply-differs", summary, "", "Run `reconcile plan` to see how.").problems
