"""Run accounts side by side, at most so many at once, and collect a result for each.

An account that only waits for another one gives its slot up meanwhile (`aws/slots.py`).
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from reconciler.aws import timing
from reconciler.aws.concurrency import DaemonExecutor
from reconciler.aws.slots import Slot, Slots
from reconciler.model.account_results import AccountResult, AccountStatus
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import ReconcileError
from reconciler.policy.canonical import forget_documents

Work = Callable[[MemberAccount, Slot], AccountResult]

_FREE_EVERY = 8
"""The number of accounts after which memory is freed: one account leaves a few MiB."""


def run_accounts(accounts: Sequence[MemberAccount], work: Work, max_parallel: int) -> Iterator[AccountResult]:
    """Yield the result of each account as it ends. An account that fails stops none of the others.

    An account is started only if there is room for it. If the caller takes no further result, no other one is started.
    """
    waiting, slots = deque(accounts), Slots(max_parallel)
    gc.freeze()  # the parsed files, which stay, are not walked again and again
    with DaemonExecutor(len(accounts)) as pool:
        running: set[Future[AccountResult]] = set()
        done = 0
        while waiting or running:
            while waiting and (slot := slots.try_to_take()):
                running.add(pool.submit(_run_account, waiting.popleft(), slot, work))
            ended, running = wait(running, timing.INTERRUPT_POLL if waiting else None, FIRST_COMPLETED)
            for future in ended:
                done += 1
                if done % _FREE_EVERY == 0:
                    _free_memory()
                yield future.result()


def _free_memory() -> None:
    """Free what accounts leave: cycles, which the command line collects nowhere else, and parsed documents."""
    forget_documents()
    gc.collect()


def _run_account(account: MemberAccount, slot: Slot, work: Work) -> AccountResult:
    try:
        return work(account, slot)
    except ReconcileError as error:
        return AccountResult(account, AccountStatus.FAILED, problems=error.problems)
    finally:
        slot.give_up()
