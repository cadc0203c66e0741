"""Two accounts of one organization on the sandbox: trusts between them are checked, and written in a working order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from reconciler.app.apply import ApplyResult, apply_plan
from reconciler.app.organization.cross_account import make_board
from reconciler.app.organization.members import OrganizationRun, RunOptions, find_organization, open_run
from reconciler.app.organization.plan import plan_member, plan_organization
from reconciler.app.plan import PlanRequest
from reconciler.aws.concurrency import start_call
from reconciler.aws.executor import StopSignal
from reconciler.aws.principal_board import OtherAccounts, PrincipalBoard
from reconciler.aws.retry import CallStatus
from reconciler.aws.slots import Slots
from reconciler.model.account_results import AccountResult, AccountStatus
from reconciler.model.member_account import MemberAccount
from reconciler.model.plan import Plan, Step
from reconciler.model.problem import Problem
from reconciler.plan.options import PlanOptions
from tests.support.account import Account
from tests.support.plans import list_writes

PROD, TOOLS = "111111111111", "222222222222"
CI = f"arn:aws:iam::{TOOLS}:role/ci"
ORGANIZATION = f"""\
version: 1
owner: platform
organization:
  role: reconciler
  external_id: example-org-7f3a
  accounts:
    prod: {{id: "{PROD}", files: [prod.yaml]}}
    tools: {{id: "{TOOLS}", files: [tools.yaml]}}
"""
PROD_FILE = f"""\
version: 1
roles:
  app:
    trust: [{{services: [ec2.amazonaws.com]}}]
    inline_policies:
      build: {{Statement: {{Effect: Allow, Action: "sts:AssumeRole", Resource: "{CI}"}}}}
  deployer: {{trust: [{{roles: ["{CI}"]}}]}}
"""
TOOLS_FILE = f"""\
version: 1
roles:
  ci:
    trust: [{{roles: ["arn:aws:iam::{PROD}:role/app"]}}]
    inline_policies:
      deploy:
        Statement: {{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::{PROD}:role/deployer"}}
"""
LONGEST = 120
"""Seconds after which a test fails because an apply does not end."""


class Silent:
    """An observer of an apply that nobody watches."""

    def on_wait(self) -> None: ...
    def on_begin(self, plan: Plan, again: bool) -> None: ...
    def on_verify(self) -> None: ...
    def on_start(self, index: int, step: Step) -> None: ...
    def on_end(self, index: int, step: Step, ending: CallStatus, problem: Problem | None) -> None: ...

    @contextmanager
    def handle_interrupts(self) -> Iterator[StopSignal]:
        yield StopSignal()


@pytest.fixture
def _in_the_folder(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    account.write("[default]\n", "config")  # the test suite caches sessions unless there is a file of profiles
    monkeypatch.chdir(account.folder)
    files = {"org.yaml": ORGANIZATION, "prod.yaml": PROD_FILE, "tools.yaml": TOOLS_FILE}
    for name, text in files.items():
        account.write(text, name)
    with patch.dict(os.environ, account.environment | {"AWS_CONFIG_FILE": str(account.folder / "config")}, clear=True):
        yield


def open_accounts(*patterns: str) -> OrganizationRun:
    files = find_organization(["org.yaml"], {})
    assert files
    request = PlanRequest(["org.yaml"], {}, None, None, None, PlanOptions())
    return open_run(files, request, RunOptions(patterns))


def plan_accounts(run: OrganizationRun, folder: Path) -> dict[str, AccountResult]:
    results = plan_organization(run, folder, 2).results
    return {result.account.name: result for result in results}


def start_apply(
    run: OrganizationRun, account: MemberAccount, board: PrincipalBoard, slots: Slots
) -> Future[ApplyResult]:
    """Apply one account as a run over many does: with a slot, and with the board of the run."""

    def apply() -> ApplyResult:
        slot = slots.take()
        failed = True
        try:
            planned = plan_member(run, account)
            result = apply_plan(planned, None, False, Silent(), others=OtherAccounts(board, slot))
            failed = not result.is_converged
            return result
        finally:
            board.end(account.id, failed=failed)
            slot.give_up()

    return start_call(apply)


@pytest.mark.usefixtures("_in_the_folder")
@pytest.mark.parametrize("max_parallel", [1, 2])
def test_each_account_waits_for_the_principal_that_the_other_one_creates(
    account: Account, tmp_path: Path, max_parallel: int
) -> None:
    """prod cannot end before tools has begun, nor tools before prod has: with one slot they take turns."""
    run = open_accounts()
    results = plan_accounts(run, tmp_path)
    assert [(one.status, one.problems) for one in results.values()] == [(AccountStatus.CHANGED, ())] * 2
    account.clear_calls()
    board, slots = make_board(results.values()), Slots(max_parallel)
    applies = [start_apply(run, member, board, slots) for member in run.selected]
    for apply in applies:
        result = apply.result(LONGEST)
        assert (result.problems, result.is_converged) == ((), True)
    roles = [line for line in list_writes(account) if line.startswith("CreateRole")]
    assert roles == ["CreateRole app", "CreateRole ci", "CreateRole deployer"]


@pytest.mark.usefixtures("_in_the_folder")
def test_a_trust_waits_in_vain_for_an_account_that_failed(account: Account, tmp_path: Path) -> None:
    run = open_accounts()
    results = plan_accounts(run, tmp_path)
    board, prod = make_board(results.values()), run.selected[0]
    board.end(TOOLS, failed=True)
    result = start_apply(run, prod, board, Slots(1)).result(LONGEST)
    assert [problem.code for problem in result.problems] == ["cross-account-wait"]
    assert [step.address.name for step in result.done] == ["app"]


@pytest.mark.usefixtures("_in_the_folder")
def test_the_sandbox_refuses_the_trust_that_did_not_wait(tmp_path: Path) -> None:
    """This is what the wait is for: IAM refuses a trust that names a principal which does not exist."""
    run = open_accounts()
    plan_accounts(run, tmp_path)
    result = start_apply(run, run.selected[0], PrincipalBoard({}), Slots(1)).result(LONGEST)
    assert "Invalid principal in policy" in result.problems[0].message


@pytest.mark.usefixtures("_in_the_folder")
def test_what_does_not_fit_is_found_before_anything_is_written(account: Account, tmp_path: Path) -> None:
    account.write(PROD_FILE.replace(f'roles: ["{CI}', f'roles: ["{CI.replace("role/", "role/build/")}'), "prod.yaml")
    results = plan_accounts(open_accounts(), tmp_path)
    assert (results["prod"].status, results["tools"].status) == (AccountStatus.UNSAFE, AccountStatus.CHANGED)
    (problem,) = results["prod"].problems
    assert f"but in tools ({TOOLS}) it is {CI}" in problem.summary
    assert str(problem.place) == "prod.yaml:7:22"


@pytest.mark.usefixtures("_in_the_folder")
def test_the_role_by_which_a_run_enters_an_account_accepts_the_external_id_of_the_run(
    account: Account, tmp_path: Path
) -> None:
    entry = '  reconciler: {trust: [{accounts: ["123456789012"], external_id: another-one}]}\n'
    account.write(PROD_FILE + entry, "prod.yaml")
    (problem,) = plan_accounts(open_accounts(), tmp_path)["prod"].problems
    assert problem.summary.startswith("`organization` (org.yaml:3:1) sends the external id 'example-org-7f3a'")
    account.write(PROD_FILE + entry.replace("another-one", "example-org-7f3a"), "prod.yaml")
    assert plan_accounts(open_accounts(), tmp_path)["prod"].problems == ()


@pytest.mark.usefixtures("_in_the_folder")
def test_an_account_that_is_not_chosen_is_judged_by_its_files(account: Account, tmp_path: Path) -> None:
    assert plan_accounts(open_accounts("prod"), tmp_path)["prod"].problems == ()
    account.write(TOOLS_FILE.replace("role/deployer", "role/other"), "tools.yaml")
    (problem,) = plan_accounts(open_accounts("prod"), tmp_path)["prod"].problems
    assert "none of its own policies allows it" in problem.summary


@pytest.mark.usefixtures("_in_the_folder")
def test_a_circle_is_refused_before_anything_is_written(account: Account, tmp_path: Path) -> None:
    account.write(TOOLS_FILE.replace("role/app", "role/deployer"), "tools.yaml")
    results = plan_accounts(open_accounts(), tmp_path)
    codes = [{problem.code for problem in result.problems} for result in results.values()]
    assert all("cross-account-cycle" in found for found in codes)
    assert {result.status for result in results.values()} == {AccountStatus.UNSAFE}
