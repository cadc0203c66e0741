"""The choice of accounts: a name that matches none is an error that says which accounts there are."""

from __future__ import annotations

import pytest

from reconciler.app.organization.files import RunOptions, select_accounts
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import ReconcileError


def test_the_accounts_that_a_message_does_not_name_are_counted() -> None:
    everybody = [MemberAccount(f"team{number:02}", f"{number:012}") for number in range(1, 13)]
    with pytest.raises(ReconcileError) as failed:
        select_accounts(everybody, RunOptions(("qqq",)))
    (problem,) = failed.value.problems
    assert problem.hint.startswith("The accounts are: team01, team02, ")
    assert problem.hint.endswith("team10 and 2 more.")
