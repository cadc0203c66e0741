"""Which calls wait for other accounts, and the waits that would never end: refused before anything is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.kinds.steps import presence_elsewhere_of
from reconciler.model.address import Address
from reconciler.model.member_account import MemberAccount
from reconciler.model.plan import Phase, Step
from reconciler.plan.cross_account.waits import find_account_waits, find_creators, order_accounts
from tests.support.cross_account import PROD, TOOLS, PlannedAccounts
from tests.support.files import Folder
from tests.support.steps import bare_step

CI, DEPLOYER = "arn:aws:iam::222222222222:role/ci", "arn:aws:iam::111111111111:role/deployer"
ELSEWHERE = "arn:aws:iam::333333333333:role/other"


def trust_role(name: str, arn: str) -> str:
    return f"roles:\n  {name}:\n    trust: [{{roles: ['{arn}']}}]\n"


@pytest.fixture
def accounts(tmp_path: Path) -> PlannedAccounts:
    return PlannedAccounts(Folder(tmp_path))


def test_a_plan_tells_whom_it_creates_and_whom_its_trusts_name(accounts: PlannedAccounts) -> None:
    accounts.plan(PROD, trust_role("deployer", CI) + "users:\n  bot: {path: /robots/}\n")
    waits = accounts.waits[PROD.id]
    assert dict(waits.creates) == {
        DEPLOYER: {CI},
        "arn:aws:iam::111111111111:user/robots/bot": frozenset(),
    }
    (line,) = waits.needs.values()
    assert (list(waits.needs), line.role, line.place and line.place.line) == ([CI], Address("role", "deployer"), 5)


def test_a_trust_that_is_written_anew_waits_too_and_one_that_stays_does_not(accounts: PlannedAccounts) -> None:
    accounts.plan(PROD, trust_role("deployer", CI), live=trust_role("deployer", ELSEWHERE))
    assert (dict(accounts.waits[PROD.id].creates), list(accounts.waits[PROD.id].needs)) == ({}, [CI])
    accounts.plan(PROD, trust_role("deployer", CI), live=trust_role("deployer", CI))
    assert accounts.waits[PROD.id].needs == {}


@pytest.mark.parametrize(
    ("live", "desired", "created"),
    [
        ("users:\n  bot: {}\n", "users:\n  bot: {path: /robots/}\n", "user/robots/bot"),
        (
            "users:\n  bot: {}\n",
            "users:\n  robot: {}\nmoved: {user/bot: user/robot}\n",
            "user/robot",
        ),
    ],
    ids=["another path", "another name"],
)
def test_a_user_that_moves_is_created_at_its_new_arn(
    accounts: PlannedAccounts, live: str, desired: str, created: str
) -> None:
    accounts.plan(PROD, desired, live)
    assert list(accounts.waits[PROD.id].creates) == [f"arn:aws:iam::111111111111:{created}"]


def step(name: str, phase: Phase, needs: str = "", makes: str = "") -> Step:
    facts = [(presence_elsewhere_of(arn),) if arn else () for arn in (needs, makes)]
    return bare_step(Address("role", name), phase, "Call", None, *facts)


def test_a_creation_waits_for_all_that_calls_before_it_wait_for() -> None:
    """A phase is a barrier, and calls of one entity go one after the other."""
    steps = [
        step("a", Phase.CREATE, needs=CI),
        step("free", Phase.CREATE, makes="arn:free"),
        step("a", Phase.CREATE, makes="arn:same-entity"),
        step("b", Phase.WIDEN, makes="arn:later-phase"),
    ]
    waits = find_account_waits(steps)
    assert dict(waits.creates) == {
        "arn:free": frozenset(),
        "arn:same-entity": {CI},
        "arn:later-phase": {CI},
    }


def test_accounts_may_wait_for_each_other_in_turn(accounts: PlannedAccounts) -> None:
    accounts.plan(PROD, trust_role("deployer", CI) + "  own:\n    trust: [{services: [ec2.amazonaws.com]}]\n")
    accounts.plan(TOOLS, trust_role("ci", "arn:aws:iam::111111111111:role/own"))
    assert accounts.find_wait_problems() == []
    assert find_creators([PROD, TOOLS], accounts.waits)[CI] == TOOLS


def test_accounts_that_wait_for_each_other_in_a_circle_are_refused(accounts: PlannedAccounts) -> None:
    accounts.plan(PROD, trust_role("deployer", CI))
    accounts.plan(TOOLS, trust_role("ci", DEPLOYER))
    found = dict(accounts.find_wait_problems())
    assert sorted(found) == ["prod", "tools"]
    assert {problem.code for problem in found.values()} == {"cross-account-cycle"}
    assert f"{DEPLOYER} (prod) → {CI} (tools) → {DEPLOYER}" in found["prod"].summary
    assert f"Take {CI} out of the trust of role/deployer" in found["prod"].hint
    assert found["prod"].place


def test_a_circle_through_a_principal_that_exists_is_none(accounts: PlannedAccounts) -> None:
    accounts.plan(PROD, trust_role("deployer", CI))
    accounts.plan(
        TOOLS, trust_role("ci", DEPLOYER), live="roles:\n  ci:\n    trust: [{services: [ec2.amazonaws.com]}]\n"
    )
    assert accounts.find_wait_problems() == []


@pytest.mark.parametrize(
    ("prod", "tools", "hint"),
    [
        (PROD, TOOLS, ""),
        (replace(PROD, wave=2), TOOLS, ""),
        (PROD, replace(TOOLS, is_canary=True), ""),
        (replace(PROD, is_canary=True), replace(TOOLS, is_canary=True), ""),
        (PROD, replace(TOOLS, wave=2), "Put tools into wave 1 or an earlier one."),
        (replace(PROD, is_canary=True), TOOLS, "Write `canary: true` for tools, too"),
        (PROD, replace(TOOLS, wave=2, is_canary=True), "Put tools into wave 1"),
    ],
    ids=["same wave", "earlier wave", "canary", "two canaries", "later wave", "after the canary", "canary, but later"],
)
def test_a_principal_that_comes_too_late_is_refused(
    accounts: PlannedAccounts, prod: MemberAccount, tools: MemberAccount, hint: str
) -> None:
    accounts.all_accounts = (prod, tools)
    accounts.plan(prod, trust_role("deployer", CI))
    accounts.plan(tools, "roles:\n  ci:\n    trust: [{services: [ec2.amazonaws.com]}]\n")
    found = accounts.find_wait_problems()
    assert [(name, problem.code) for name, problem in found] == ([("prod", "cross-account-order")] if hint else [])
    assert all(hint in problem.hint for _, problem in found)


def test_accounts_go_first_that_others_wait_for_within_their_wave(accounts: PlannedAccounts) -> None:
    early, late = MemberAccount("early", "333333333333"), MemberAccount("late", "444444444444", wave=2)
    ec2 = "roles:\n  ci:\n    trust: [{services: [ec2.amazonaws.com]}]\n"
    accounts.plan(PROD, trust_role("deployer", CI))
    accounts.plan(TOOLS, ec2 + "  deep:\n    trust: [{roles: ['arn:aws:iam::333333333333:role/ci']}]\n")
    accounts.plan(early, ec2)
    accounts.plan(late, ec2)
    assert order_accounts([late, PROD, TOOLS, early], accounts.waits) == [early, TOOLS, PROD, late]
    unplanned = MemberAccount("unplanned", "555555555555")
    assert order_accounts([unplanned, PROD, TOOLS], accounts.waits) == [unplanned, TOOLS, PROD]
