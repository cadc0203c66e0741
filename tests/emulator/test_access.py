"""`reconcile access` against an emulated account: the live one, and the two sides of a plan file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account

FILE = """\
version: 1
owner: platform
users:
  alice: {}
  bob: {}
roles:
  reader: {trust: [{users: [alice]}]}
  guarded: {trust: [{users: [alice], mfa: required}]}
"""


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path) -> Iterator[Account]:
    lent = Account(sandbox, tmp_path)
    lent.write(FILE)
    yield lent
    lent.reset()


def test_the_live_account_gives_the_same_list_as_its_file(account: Account) -> None:
    account.run_cli("apply", "roles.yaml", "--yes")
    live = account.run_cli("access", "--live")
    assert (live.code, live.out) == (0, account.run_cli("access", "roles.yaml").out)


def test_a_plan_file_is_asked_on_both_sides_without_credentials(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.run_cli("apply", "roles.yaml", "--yes")
    account.write(FILE.replace("guarded: {trust: [{users: [alice], mfa", "guarded: {trust: [{users: [alice, bob], mfa"))
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told = account.run_cli("access", "--plan", "plan.json")
    assert told.code == 0
    assert "The plan file has only what the plan changes (1)" in told.err
    document = json.loads(account.run_cli("access", "--plan", "plan.json", "--format", "json").out)
    assert document["source"] == "plan"
    before, after = (document[side]["access"] for side in ("before", "after"))
    assert [one["principals"] for one in before[0]["assumable_by"]] == [["user/alice"]]
    assert [one["principals"] for one in after[0]["assumable_by"]] == [["user/alice"], ["user/bob"]]
