"""Run accounts side by side, at most so many at once, and collect a result for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from reconciler.aws.concurrency import DaemonExecutor
from reconciler.model.account_results import AccountResult, AccountStatus
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import ReconcileError

Work = Callable[[MemberAccount], AccountResult]


def run_accounts(accounts: Sequence[MemberAccount], work: Work, max_parallel: int) -> Iterator[AccountResult]:
    """Yield the result of each account as it ends. An account that fails stops none of the others.

    No account is started before there is room for it, so that one that nobody takes any more is never started.
    """
    waiting = iter(accounts)
    with DaemonExecutor(max_parallel) as pool:
        running: set[Future[AccountResult]] = set()
        while True:
            while len(running) < max_parallel and (account := next(waiting, None)) is not None:
                running.add(pool.submit(_run_account, account, work))
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()


def _run_account(account: MemberAccount, work: Work) -> AccountResult:
    try:
        return work(account)
    except ReconcileError as error:
        return AccountResult(account, AccountStatus.FAILED, problems=error.problems)
