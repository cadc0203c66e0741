"""Every example is valid, can be applied, and is then at rest; `make demo` keeps its promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.access import evaluate, principals_of
from reconciler.app.desired_files import load_desired
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME
from reconciler.model.address import Address
from tests.docs.pages import ROOT
from tests.support.account import Account
from tests.support.certificates import upload
from tests.support.warm_python import SCRIPTS

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
FIRST_LINE = "# yaml-language-server: $schema=../schemas/reconcile.schema.json"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_valid_applies_and_plans_empty(file: Path, account: Account) -> None:
    checked = account.run_cli("validate", file, "--format", "json")
    assert (checked.code, checked.json["problems"]) == (0, [])
    for address in load_desired([str(file)], {}, "123456789012").state.entities:
        if KINDS_BY_NAME[address.kind].is_created_by_hand:
            upload(account.iam, address.name)
    account.apply(file)
    assert account.run_cli("plan", file, "--detailed-exitcode").code == 0


def test_the_example_of_many_accounts_is_valid_applies_and_plans_empty(account: Account) -> None:
    file = ROOT / "examples/organization/org.yaml"
    checked = account.run_cli("validate", file, "--format", "json")
    assert (checked.code, checked.json["problems"]) == (0, [])
    applied = account.run_cli("apply", file, "--yes")
    assert (applied.code, "Applied: 4 accounts, 4 changed." in applied.err) == (0, True)
    assert account.run_cli("plan", file, "--detailed-exitcode").code == 0
    with file.open(encoding="utf-8") as lines:
        schema = next(lines).partition("=")[2].strip()
    assert (file.parent / schema).resolve() == ROOT / "schemas/reconcile.schema.json"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_tells_the_editor_its_schema(file: Path) -> None:
    assert file.read_text(encoding="utf-8").splitlines()[0] == FIRST_LINE
    schema = json.loads((file.parent / FIRST_LINE.partition("=")[2]).read_text(encoding="utf-8"))
    assert schema["title"]


def test_the_demo_is_as_promised_and_needs_no_configuration(tmp_path: Path) -> None:
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "PYENV_ROOT") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", SCRIPTS, str(ROOT / "examples/demo.py")],
        cwd=tmp_path,
        env=environment | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert "As promised, every step." in done.stdout
    assert not (tmp_path / ".aws").exists()


def test_the_assertions_of_the_example_hold_and_catch_a_change(account: Account) -> None:
    text = (ROOT / "examples/assertions.yaml").read_text(encoding="utf-8")
    opened = text.replace("services: [lambda.amazonaws.com]", "users: [bob]")
    assert opened != text
    account.write(opened)
    checked = account.run_cli("validate", "roles.yaml", "--format", "json")
    messages = [problem["message"] for problem in checked.json["problems"]]
    assert len(messages) == 2
    assert "Assertion payroll-is-private fails: user/bob can s3:GetObject" in messages[0]
    assert "Assertion nobody-without-mfa fails: user/bob can s3:GetObject" in messages[1]


def test_the_roles_of_a_pipeline_may_make_every_call_of_plan_and_apply(account: Account) -> None:
    desired = load_desired([str(ROOT / "examples/pipeline.yaml")], {}, "123456789012")
    who = principals_of(desired.state)
    reader, writer = who[Address("role", "iam-plan")], who[Address("role", "iam-apply")]
    account.apply(ROOT / "examples/company.yaml")
    account.write("version: 1\nowner: company\nusers: {alice: {console: false, access_keys: {max_count: 1}}}\n")
    account.clear_calls()
    account.plan("roles.yaml")
    reads = {operation for operation in account.count_calls() if operation != "GetCallerIdentity"}
    assert {"ListAccessKeys", "ListRoles", "GetAccountAuthorizationDetails"} <= reads
    for operation in reads:
        action = f"{'tag' if operation == 'GetResources' else 'iam'}:{operation}"
        assert evaluate(reader, action, "arn:aws:iam::123456789012:role/app").allowed, action
    for operation in (operation for kind in KINDS for operation in kind.operations):
        assert evaluate(writer, f"iam:{operation}", "arn:aws:iam::123456789012:role/app").allowed, operation
        assert evaluate(reader, f"iam:{operation}", "arn:aws:iam::123456789012:role/app").denied, operation
