"""Run accounts side by side, a limited number at once, and collect a result for each.

An account that only waits for another one gives its slot up meanwhile (`aws/slots.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from reconciler.app.organization.memory import free_memory_between
from reconciler.aws import timing
from reconciler.aws.concurrency import DaemonExecutor
from reconciler.aws.slots import Slot, Slots
from reconciler.model.account_results import AccountResult, AccountStatus
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import ReconcileError

Work = Callable[[MemberAccount, Slot], AccountResult]


def run_accounts(accounts: Sequence[MemberAccount], work: Work, max_parallel: int) -> Iterator[AccountResult]:
    """Yield the result of each account as it ends. An account that fails stops none of the others.

    An account is started only if there is room for it. If the caller takes no further result, no other one is started.
    """
    return free_memory_between(_run_accounts(accounts, work, max_parallel))


def _run_accounts(accounts: Sequence[MemberAccount], work: Work, max_parallel: int) -> Iterator[AccountResult]:
    waiting, slots = deque(accounts), Slots(max_parallel)
    with DaemonExecutor(len(accounts)) as pool:
        running: set[Future[AccountResult]] = set()
        while waiting or running:
            while waiting and (slot := slots.try_to_take()):
                running.add(pool.submit(_run_account, waiting.popleft(), slot, work))
            ended, running = wait(running, timing.INTERRUPT_POLL if waiting else None, FIRST_COMPLETED)
            for future in ended:
                yield future.result()


def _run_account(account: MemberAccount, slot: Slot, work: Work) -> AccountResult:
    try:
        return work(account, slot)
    except ReconcileError as error:
        return AccountResult(account, AccountStatus.FAILED, problems=error.problems)
    finally:
        slot.give_up()
