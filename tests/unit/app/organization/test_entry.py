"""The way into each account: the roles of `via` first, the account's own role last."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.app.organization.entry import AccountEntry
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import ReconcileError
from tests.support.account_results import CALLER, HUB, PLACE, SESSION

HOME: Any = SimpleNamespace(account="999999999999", partition="aws-us-gov", caller_arn=CALLER)
PROD = MemberAccount("prod", "111111111111")
GATE = replace(HUB, name="gate", role_arn="arn:aws:iam::777777777777:role/gate")


def refusal_of(entry: AccountEntry) -> str:
    with pytest.raises(ReconcileError) as failed:
        entry.list_calls(PROD)
    (problem,) = failed.value.problems
    assert problem.place == PLACE
    return problem.code


def test_the_roles_on_the_way_come_first() -> None:
    entry = AccountEntry(HOME, "ci/reconciler", SESSION, {"hub": replace(HUB, via="gate"), "gate": GATE})
    assert [call.role_arn for call in entry.list_calls(PROD)] == [
        GATE.role_arn,
        HUB.role_arn,
        "arn:aws-us-gov:iam::111111111111:role/ci/reconciler",
    ]
    last = entry.list_calls(PROD)[-1]
    assert (last.session_name, last.external_id) == ("nightly", "example-7f3a")


def test_the_callers_own_account_is_not_entered() -> None:
    assert AccountEntry(HOME, None, SESSION, {}).list_calls(MemberAccount("home", HOME.account)) == ()


def test_without_a_role_no_other_account_is_entered() -> None:
    assert refusal_of(AccountEntry(HOME, None, SESSION, {"hub": HUB})) == "no-member-role"


def test_a_circle_on_the_way_is_an_error() -> None:
    circle = {"hub": replace(HUB, via="gate"), "gate": replace(GATE, via="hub")}
    assert refusal_of(AccountEntry(HOME, "r", SESSION, circle)) == "alias-cycle"
