"""Applies of several accounts at once: a call whose trust names a principal of another account waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from reconciler.aws import timing
from reconciler.aws.concurrency import start_call
from reconciler.aws.executor import ExecutionResult, StopSignal, execute_steps
from reconciler.aws.meter import Meter
from reconciler.aws.principal_board import OtherAccounts, PrincipalBoard
from reconciler.aws.retry import SentCall
from reconciler.aws.session import Connection
from reconciler.aws.slots import Slots
from reconciler.kinds.steps import presence_elsewhere_of
from reconciler.model.address import Address
from reconciler.model.member_account import MemberAccount
from reconciler.model.plan import Phase, Step
from reconciler.model.problem import Problem
from tests.support.steps import bare_step

PROD, TOOLS = MemberAccount("prod", "111111111111"), MemberAccount("tools", "222222222222")
CI = "arn:aws:iam::222222222222:role/ci"
LONGEST = 60
"""Seconds after which a test fails because a run does not end."""


class Observer:
    def on_start(self, index: int, step: Step) -> None:
        pass

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        pass


@dataclass
class Accounts:
    """Accounts whose calls are recorded in the order in which they end. refusals: errors to answer with, by call."""

    board: PrincipalBoard = field(default_factory=lambda: PrincipalBoard({CI: TOOLS}))
    slots: Slots = field(default_factory=lambda: Slots(2))
    calls: list[str] = field(default_factory=list)
    before_call: dict[str, Callable[[], None]] = field(default_factory=dict)
    refusals: dict[str, list[ClientError]] = field(default_factory=dict)
    stop: StopSignal = field(default_factory=StopSignal)
    lock: Lock = field(default_factory=Lock)

    def apply(self, steps: Sequence[Step], account: MemberAccount = PROD) -> ExecutionResult:
        slot = self.slots.take()
        try:
            connection = cast(Connection, SimpleNamespace(iam_once=self, account=account.id, meter=Meter()))
            return execute_steps(connection, steps, Observer(), self.stop, others=OtherAccounts(self.board, slot))
        finally:
            slot.give_up()

    def __getattr__(self, operation: str) -> Any:
        def call(Name: str) -> dict[str, Any]:  # a parameter of IAM
            if Name in self.before_call:
                self.before_call[Name]()
            with self.lock:
                self.calls.append(Name)
                if self.refusals.get(Name):
                    raise self.refusals[Name].pop(0)
            return {}

        return call


def step(name: str, *needs: str, makes: tuple[str, ...] = (), phase: Phase = Phase.CREATE) -> Step:
    facts = tuple(map(presence_elsewhere_of, needs)), tuple(map(presence_elsewhere_of, makes))
    return bare_step(Address("role", name), phase, "CreateRole", {"Name": name}, *facts)


DEPLOYER, CI_STEP = step("deployer", CI), step("ci", makes=(CI,))


def names_of(steps: Sequence[Step]) -> list[str]:
    return sorted(one.address.name for one in steps)


def test_a_trust_is_written_after_the_principal_of_the_other_account_exists_and_other_calls_do_not_wait() -> None:
    accounts, other_made = Accounts(), Event()
    accounts.before_call = {"other": other_made.set, "ci": lambda: wait_for(other_made)}
    prod = start_call(accounts.apply, [DEPLOYER, step("other")])
    tools = start_call(accounts.apply, [CI_STEP], TOOLS)
    assert names_of(prod.result(LONGEST).done) == ["deployer", "other"]
    assert tools.result(LONGEST).problems == ()
    assert accounts.calls == ["other", "ci", "deployer"]


def wait_for(event: Event) -> None:
    assert event.wait(LONGEST)


def test_an_account_that_only_waits_lets_the_one_that_it_waits_for_have_its_slot() -> None:
    accounts = Accounts(slots=Slots(1))
    accounts.before_call = {"before": lambda: start_tools()}
    started = []

    def start_tools() -> None:
        started.append(start_call(accounts.apply, [CI_STEP, step("last", phase=Phase.WIDEN)], TOOLS))

    prod = start_call(accounts.apply, [step("before"), step("deployer", CI, phase=Phase.WIDEN)])
    assert names_of(prod.result(LONGEST).done) == ["before", "deployer"]
    assert names_of(started[0].result(LONGEST).done) == ["ci", "last"]
    assert accounts.calls == ["before", "ci", "last", "deployer"], "with one slot, one account goes on at a time"


def test_accounts_that_wait_for_each_other_in_turn_all_end_with_one_slot() -> None:
    """Each of them creates a principal, and then needs that of the next one: no circle, but none can go alone."""
    members = [MemberAccount(f"a{number}", f"{number:012}") for number in range(6)]
    arns = [f"arn:aws:iam::{member.id}:role/own" for member in members]
    accounts = Accounts(PrincipalBoard(dict(zip(arns, members, strict=True))), Slots(1))
    runs = [
        start_call(accounts.apply, [step(f"own{n}", makes=(arns[n],)), step(f"use{n}", arns[(n + 1) % 6])], members[n])
        for n in range(6)
    ]
    assert all(run.result(LONGEST).remaining == 0 for run in runs)


@pytest.mark.parametrize("started", [True, False], ids=["failed", "not started"])
def test_a_trust_is_not_written_if_the_account_that_creates_its_principal_failed(started: bool) -> None:
    accounts = Accounts()
    if started:
        accounts.refusals = {"ci": [ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateRole")]}
        tools = accounts.apply([CI_STEP], TOOLS)
        assert tools.problems
    accounts.board.end(TOOLS.id, failed=True)
    result = accounts.apply([DEPLOYER, step("other"), step("later", phase=Phase.WIDEN)])
    assert names_of(result.done) == ["other"]
    assert "deployer" not in accounts.calls
    (problem,) = result.problems
    assert (problem.code, problem.address, result.unclear) == ("cross-account-wait", Address("role", "deployer"), ())
    assert CI in problem.summary
    assert TOOLS.label in problem.summary


def test_an_account_that_ends_well_without_that_call_has_the_principal_already() -> None:
    accounts = Accounts()
    accounts.board.end(TOOLS.id, failed=False)
    assert names_of(accounts.apply([DEPLOYER]).done) == ["deployer"]


def test_a_principal_that_no_account_of_the_run_creates_is_not_waited_for() -> None:
    assert names_of(Accounts(PrincipalBoard({})).apply([DEPLOYER]).done) == ["deployer"]


def test_a_stop_ends_the_wait() -> None:
    accounts = Accounts()
    accounts.before_call = {"other": lambda: accounts.stop.request() and None}
    result = accounts.apply([DEPLOYER, step("other")])
    assert (names_of(result.done), result.remaining, result.interrupted) == (["other"], 1, True)


def test_iam_may_show_the_new_principal_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "WRITE_FIRST_PAUSE", 0.0)
    late = ClientError(
        {"Error": {"Code": "MalformedPolicyDocument", "Message": f'Invalid principal in policy: "AWS":"{CI}"'}},
        "CreateRole",
    )
    accounts = Accounts(refusals={"deployer": [late, late]})
    accounts.apply([CI_STEP], TOOLS)
    assert names_of(accounts.apply([DEPLOYER]).done) == ["deployer"]
    assert accounts.calls == ["ci", "deployer", "deployer", "deployer"]


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_accounts_that_wait_for_each_other_after_all_end_with_an_error(slots: int) -> None:
    """A plan refuses this. An account that changes after it was planned may bring it about all the same."""
    deployer, dev = "arn:aws:iam::111111111111:role/deployer", MemberAccount("dev", "333333333333")
    creators = {CI: TOOLS, deployer: PROD, "arn:other": dev}
    accounts = Accounts(PrincipalBoard(creators), Slots(slots))
    prod = start_call(accounts.apply, [step("deployer", CI, makes=(deployer,)), step("free")], PROD)
    tools = start_call(accounts.apply, [step("ci", deployer, makes=(CI,))], TOOLS)
    third = start_call(accounts.apply, [step("third", CI)], dev)
    results = [run.result(LONGEST) for run in (prod, tools, third)]
    assert [[problem.code for problem in result.problems] for result in results] == [["cross-account-wait"]] * 3
    assert all("waits in turn" in result.problems[0].detail for result in results)
    assert accounts.calls == ["free"]
