"""The workflow of docs/pipelines.md: what each exit code of `reconcile` makes of its steps, run as GitHub runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, read_blocks

PAGE = ROOT / "docs/pipelines.md"
(WORKFLOW,) = [yaml.safe_load(block.text) for block in read_blocks(PAGE) if block.language == "yml"]
PLAN, APPLY = (WORKFLOW["jobs"][name]["steps"] for name in ("plan", "apply"))


def find_step(steps: list[dict[str, Any]], words: str) -> dict[str, Any]:
    (found,) = [one for one in steps if words in one.get("run", "")]
    return found


def run_step(folder: Path, script: str, code: int) -> int:
    """Run a step in the shell of GitHub's `shell: bash`, with a `reconcile` that shows a plan and exits with `code`."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin/reconcile"
    program.write_text(f"#!/bin/sh\necho the plan\nexit {code}\n")
    program.chmod(0o755)
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    environment |= {name: str(folder / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(shell, cwd=folder, env=environment, capture_output=True, timeout=30).returncode


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (2, 0), (3, 0), (1, 1), (130, 130)])
def test_a_plan_is_shown_and_kept_also_if_it_is_unsafe(tmp_path: Path, code: int, ends: int) -> None:
    assert run_step(tmp_path, find_step(PLAN, "--out plan.json")["run"], code) == ends
    assert (tmp_path / "plan.md").read_text() == (tmp_path / "GITHUB_STEP_SUMMARY").read_text() == "the plan\n"
    assert (tmp_path / "GITHUB_OUTPUT").read_text().startswith(f"code={code}\n")


@pytest.mark.parametrize(("code", "changes"), [(0, False), (2, True), (3, False)])
def test_only_a_safe_plan_with_changes_goes_on_to_apply(tmp_path: Path, code: int, changes: bool) -> None:
    run_step(tmp_path, find_step(PLAN, "--out plan.json")["run"], code)
    assert ("changes=true\n" in (tmp_path / "GITHUB_OUTPUT").read_text()) is changes
    jobs = WORKFLOW["jobs"]
    assert jobs["plan"]["outputs"] == {"changes": "${{ steps.plan.outputs.changes }}"}
    assert jobs["apply"]["if"] == "github.event_name != 'pull_request' && needs.plan.outputs.changes == 'true'"


def test_the_check_of_an_unsafe_plan_goes_red_once_it_is_shown_and_kept(tmp_path: Path) -> None:
    last = PLAN[-1]
    assert last["if"] == f"steps.{find_step(PLAN, '--out plan.json')['id']}.outputs.code == '3'"
    assert run_step(tmp_path, last["run"], 0) == 3
    shown = [one for one in PLAN if "gh pr comment" in one.get("run", "") or "upload-artifact" in one.get("uses", "")]
    assert len(shown) == 2
    assert all("failure" not in one["if"] and "outputs" not in one["if"] for one in shown)


def test_the_daily_run_plans_and_applies_as_a_merge_does_and_calls_2_and_3_drift() -> None:
    """`on` is True to YAML 1.1, which PyYAML reads. The step before has ended the run for every code but 0, 2 and 3."""
    assert WORKFLOW[True]["schedule"] == [{"cron": "0 6 * * *"}]
    conditions = [one["if"] for one in (*PLAN, WORKFLOW["jobs"]["apply"]) if "if" in one]
    assert [one for one in conditions if "schedule" in one] == [
        "github.event_name == 'schedule' && steps.plan.outputs.code != '0'"
    ]
    (drift,) = [one for one in PLAN if "schedule" in one.get("if", "")]
    assert drift["run"].startswith('echo "::warning title=Drift::')


def test_what_is_applied_is_compared_with_the_checkout_and_no_artifact_can_write_over_that() -> None:
    uses = [one.get("uses", "") for one in APPLY]
    assert uses[0].startswith("actions/checkout@") and "path" not in APPLY[0]["with"]
    (artifact,) = [one["with"] for one in APPLY if "download-artifact" in one.get("uses", "")]
    assert f"apply {artifact['path']}/plan.json --against roles.yaml" in find_step(APPLY, "reconcile apply")["run"]


def test_zizmor_finds_nothing_in_the_workflow(tmp_path: Path) -> None:
    """zizmor audits GitHub workflows: unpinned actions, credentials that stay in the checkout, injected templates."""
    (workflow,) = [block.text for block in read_blocks(PAGE) if block.language == "yml"]
    path = tmp_path / ".github/workflows/iam.yml"
    path.parent.mkdir(parents=True)
    assert "No findings to report" in audit(path, workflow)
    assert "unpinned-uses" in audit(path, workflow.replace("@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@v6"))


def audit(path: Path, workflow: str) -> str:
    """Return what zizmor prints for `workflow`, written to `path`."""
    path.write_text(workflow)
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--format=plain", path]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return result.stdout + result.stderr
