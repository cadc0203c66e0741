"""Accounts are run side by side, never more than asked for, and one that fails stops none."""

from __future__ import annotations

import threading

import pytest

from reconciler.app.organization.runner import run_accounts
from reconciler.aws.slots import Slot
from reconciler.model.account_results import AccountResult, AccountStatus
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import make_error

ACCOUNTS = [MemberAccount(f"a{number}", f"{number:012}") for number in range(20)]


@pytest.mark.parametrize("most", [1, 3, 64])
def test_every_account_is_done_once_and_no_more_at_once_than_asked_for(most: int) -> None:
    lock, running, highest = threading.Lock(), 0, 0
    meet = threading.Barrier(min(most, len(ACCOUNTS)), timeout=30)

    def work(account: MemberAccount, slot: Slot) -> AccountResult:
        nonlocal running, highest
        with lock:
            running += 1
            highest = max(highest, running)
        if len(ACCOUNTS) // meet.parties * meet.parties > int(account.id):
            meet.wait()  # so many really run at the same time
        with lock:
            running -= 1
        return AccountResult(account, AccountStatus.IN_STEP)

    results = list(run_accounts(ACCOUNTS, work, most))
    assert sorted(result.account.name for result in results) == sorted(account.name for account in ACCOUNTS)
    assert highest == meet.parties


def test_an_account_that_fails_is_a_result_and_a_bug_is_none() -> None:
    def work(account: MemberAccount, slot: Slot) -> AccountResult:
        if account.name == "a3":
            raise make_error("assume-refused", "AWS refused the role.")
        return AccountResult(account, AccountStatus.CHANGED)

    results = {result.account.name: result for result in run_accounts(ACCOUNTS, work, 4)}
    assert [name for name, result in results.items() if result.status is AccountStatus.FAILED] == ["a3"]
    assert [problem.code for problem in results["a3"].problems] == ["assume-refused"]
    assert len(results) == 20

    def break_down(account: MemberAccount, slot: Slot) -> AccountResult:
        raise KeyError(account.name)

    with pytest.raises(KeyError):
        list(run_accounts(ACCOUNTS, break_down, 4))


def test_an_account_that_nobody_takes_any_more_is_not_started() -> None:
    started: list[str] = []
    closed = threading.Event()

    def work(account: MemberAccount, slot: Slot) -> AccountResult:
        started.append(account.name)
        if account.name != "a0":
            closed.wait(30)
        return AccountResult(account, AccountStatus.CHANGED)

    results = run_accounts(ACCOUNTS, work, 2)
    assert next(results).account.name == "a0"
    results.close()  # type: ignore[attr-defined]
    closed.set()
    assert set(started) <= {"a0", "a1", "a2"}
