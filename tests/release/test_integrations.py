"""What other tools read at the root of this repository: the composite action, and the hook of pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.try_dist import ROOT
from tests.support.account import Account

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def run_step(folder: Path, script: str, **variables: str) -> list[str]:
    """Run a step in GitHub's `shell: bash`, with programs that only write down their arguments; return these."""
    tools, log = folder / "tools", folder / "log"
    tools.mkdir()
    for name in ("pip", "reconcile"):
        (tools / name).write_text(f'#!/bin/sh\nprintf "%s|" {name} "$@" >> {log}\necho >> {log}\n')
        (tools / name).chmod(0o755)
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"} | variables,
        check=True,
        timeout=30,
    )
    return log.read_text().splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts of sh")
def test_the_action_gives_its_arguments_to_no_shell(tmp_path: Path) -> None:
    hostile = "plan $(touch x) `touch y` ;\n touch z * --var a=$HOME"
    (line,) = run_step(tmp_path, STEPS[-1]["run"], ARGS=hostile)
    assert line.split("|")[:-1] == ["reconcile", *hostile.split()]
    assert {path.name for path in tmp_path.iterdir()} == {"tools", "log"}
    assert STEPS[-1]["env"] == {"ARGS": "${{ inputs.args }}"}


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts of sh")
def test_the_action_installs_itself_with_the_dependencies_of_the_lock(tmp_path: Path) -> None:
    locked, itself = run_step(tmp_path, STEPS[1]["run"], GITHUB_ACTION_PATH=str(ROOT))
    assert locked.endswith(f"|--require-hashes|-r|{ROOT}/requirements/run.txt|")
    assert (ROOT / "requirements/run.txt").is_file()
    assert itself.endswith(f"|--no-deps|{ROOT}|")


def test_no_script_of_the_action_holds_an_expression() -> None:
    assert [step["run"] for step in STEPS if "${{" in step.get("run", "")] == []
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]) for step in STEPS if "uses" in step)


def test_zizmor_finds_nothing_in_the_action() -> None:
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--format=plain", ROOT / "action.yml"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "No findings to report" in result.stdout + result.stderr


def test_the_hook_of_pre_commit_checks_roles_yaml(account: Account) -> None:
    assert (HOOK["id"], HOOK["language"], HOOK["pass_filenames"]) == ("reconcile-validate", "python", False)
    program, *words = [*shlex.split(HOOK["entry"]), *HOOK["args"]]
    account.write("version: 1\nowner: me\n")
    assert (program, account.run_cli(*words).code) == ("reconcile", 0)
    account.write("version: 1\nowner: me\nroels: {}\n")
    assert account.run_cli(*words).code == 1


def test_the_hook_checks_every_account_of_an_organization(account: Account) -> None:
    file = """\
version: 1
owner: me
vars: {team: iam}
organization:
  accounts: {dev: {id: "222222222222"}, prod: {id: "333333333333", vars: {team: "ops"}}}
users: {"{{ team }}-ann": {}}
"""
    words = [*shlex.split(HOOK["entry"])[1:], "org.yaml"]
    account.write(file, "org.yaml")
    assert account.run_cli(*words).code == 0
    account.write(file.replace('"ops"', '"not a name!"'), "org.yaml")
    refused = account.run_cli(*words)
    assert (refused.code, "prod" in refused.err) == (1, True)
