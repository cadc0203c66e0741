"""A run over many accounts that is killed, or cannot write its folder, leaves nothing that tells less than it did."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.app.organization import results_file
from reconciler.sandbox.proxy import Layer
from reconciler.sandbox.query_protocol import HttpRequest, Reply
from reconciler.sandbox.server import Sandbox
from tests.emulator.test_many_accounts_apply import list_created
from tests.support.account import Account
from tests.support.faults import FaultLayer, shorten_retries
from tests.support.many_accounts import USERS, apply_many, lend_waves, plan_many, read_statuses, statuses_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def account(faulty: Sandbox, front: FaultLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    shorten_retries(monkeypatch)
    with lend_waves(faulty, front, tmp_path) as lent:
        yield lent


def run_killed(account: Account, front: FaultLayer, line: str, *arguments: str) -> None:
    """Run `reconcile`, and kill it as it makes a call."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        env=account.environment,
        cwd=account.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def kill(request: HttpRequest, layer: Layer) -> Reply:
        os.kill(process.pid, signal.SIGKILL)
        return layer(request)

    front.break_call(line, kill)
    assert process.wait(timeout=60) == -signal.SIGKILL
    front.wait_until_idle()
    front.clear()


def test_the_report_of_a_killed_apply_names_the_accounts_that_may_have_been_changed(
    account: Account, front: FaultLayer
) -> None:
    assert plan_many(account, "--out", "plans").code == 0
    run_killed(account, front, "CreateUser dev", "apply", "plans")
    report = account.run_cli("report", "plans", "--format", "json")
    assert report.code == 1
    assert statuses_of(report.json) == {"first": "failed", "dev": "failed", "prod": "failed"}
    assert {one["error"]["code"] for one in report.json["accounts"]} == {"apply-unfinished"}
    assert plan_many(account, "--out", "plans").code == 0
    assert account.run_cli("apply", "plans").code == 0
    assert account.run_cli("report", "plans").code == 0
    assert set(read_statuses(account).values()) == {"in-step"}


def test_the_report_of_a_killed_apply_is_not_that_of_the_one_before(account: Account, front: FaultLayer) -> None:
    assert apply_many(account, "--out", "run").code == 0
    account.write(USERS.replace("{}", "{tags: {a: b}}"), "base.yaml")
    run_killed(account, front, "TagUser first", "apply", "org.yaml", "--yes", "--out", "run")
    assert account.run_cli("report", "run").code == 1


def test_a_killed_plan_leaves_no_folder_that_could_be_applied(account: Account, front: FaultLayer) -> None:
    """Its new plan files stand beside old ones, and nobody has seen them."""
    assert plan_many(account, "--out", "plans").code == 0
    account.write(USERS.replace('"{{ user }}"', '"new-{{ user }}"'), "base.yaml")
    run_killed(account, front, "GetAccountAuthorizationDetails", "plan", "org.yaml", "--out", "plans")
    for command in ("apply", "report"):
        refused = account.run_cli(command, "plans")
        assert (refused.code, refused.out, "cut off" in refused.err) == (1, "", True)
    assert list_created(front) == []


def test_no_call_is_made_if_the_results_of_an_apply_cannot_be_written(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plan_many(account, "--out", "plans").code == 0
    monkeypatch.setattr(results_file, "write_whole", fail_to_write)
    result = account.run_cli("apply", "plans")
    assert (result.code, list_created(front)) == (1, [])
    assert "Cannot write the results to plans/apply-results.json: no space left on device." in result.err
    assert "or a copy of the folder of plans that you can write to." in result.err  # --out is not for such a folder


def test_an_apply_whose_results_cannot_be_written_at_the_end_says_all_the_same_what_it_did(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plan_many(account, "--out", "plans").code == 0

    def fill_disk(request: HttpRequest, layer: Layer) -> Reply:
        monkeypatch.setattr(results_file, "write_whole", fail_to_write)
        return layer(request)

    front.break_call("CreateUser prod", fill_disk)
    result = account.run_cli("apply", "plans", "--summary", "summary.json")
    assert (result.code, list_created(front)) == (1, ["first", "dev", "prod"])
    assert "\nApplied: 3 accounts, 3 changed.\n" in result.err
    assert "Cannot write the results to plans/apply-results.json" in result.err
    assert account.run_cli("report", "plans").code == 1


def fail_to_write(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
