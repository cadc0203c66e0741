"""`validate` and `plan` in the checkout of a pull request: its author may have put any file beside roles.yaml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.account import Account

FILE = "version: 1\nowner: me\nroles: {app: {trust: [{services: [ec2.amazonaws.com]}]}}\n"
MODULES = ("boto3", "botocore", "click", "encodings", "jsonschema", "reconciler", "rich", "sitecustomize", "yaml")


@pytest.mark.parametrize("command", [["validate"], ["plan", "--out", "plan.json"]], ids=lambda words: words[0])
def test_no_module_of_the_checkout_is_run(account: Account, command: list[str]) -> None:
    account.write(FILE)
    for name in MODULES:
        for path in (account.folder / f"{name}.py", account.folder / name / "__init__.py"):
            path.parent.mkdir(exist_ok=True)
            path.write_text("import pathlib; pathlib.Path('was-run').touch()\n")
    program = Path(sys.executable).with_name("reconcile")
    done = subprocess.run(
        [program, *command, "roles.yaml"],
        cwd=account.folder,
        env=account.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (account.folder / "was-run").exists()
