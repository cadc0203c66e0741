"""The workflow that `reconcile init --github` writes, run step by step: a pull request, its merge, an apply, drift."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from reconciler.app.starter import PIPELINES, PipelineHost
from tests.support.account import Account
from tests.support.github import REPOSITORY, GitHub, write_gh
from tests.support.json_server import serve_json
from tests.support.warm_python import build_program
from tests.support.workflow_runner import ActionFailed, JobContext, JobResult, WorkflowRun, read_workflow

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("jq"), reason="the workflow runs on Linux, with jq"
)
WORKFLOW = read_workflow(PIPELINES[PipelineHost.GITHUB][0].read())
FILE = """\
version: 1
owner: my-team
account: "123456789012"
users: {alice: {}}
roles: {reader: {trust: [{users: [alice]}]}}
"""
WIDER = FILE.replace("alice: {}", "alice: {}, bob: {}").replace("users: [alice]", "users: [alice, bob]")
PULL_NUMBER = 7


@dataclass
class Project:
    """A repository with the workflow, GitHub around it, and the account that it manages."""

    account: Account
    folder: Path
    github: GitHub
    environment: dict[str, str]
    assumed: list[str] = field(default_factory=list)
    sarif: list[Any] = field(default_factory=list)

    def commit(self, text: str) -> str:
        """Commit roles.yaml with this text; return the commit."""
        (self.folder / "repository/roles.yaml").write_text(text)
        self._git("add", "roles.yaml")
        self._git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        done = subprocess.run(
            command, cwd=self.folder / "repository", capture_output=True, text=True, check=True, env=self.environment
        )
        return done.stdout

    def run(self, event: str, commit: str, *, head_repository: str = REPOSITORY) -> dict[str, JobResult]:
        """Run the workflow for an event: pull_request (of number 7), push, schedule or workflow_dispatch."""
        number = len(self.github.runs) + 1
        context: dict[str, Any] = {
            "event_name": event,
            "event": {},
            "ref": "refs/heads/main",
            "repository": REPOSITORY,
            "sha": commit,
            "token": "the job's token",
        }
        if event == "pull_request":
            head = {"sha": commit, "repo": {"full_name": head_repository}}
            context |= {"ref": f"refs/pull/{PULL_NUMBER}/merge"}
            context["event"] = {"pull_request": {"number": PULL_NUMBER, "head": head}}
        actions = {
            "actions/checkout": lambda job: self._check_out(job, commit),
            "actions/setup-python": lambda job: None,
            "actions/upload-artifact": lambda job: self._keep_artifact(job, number),
            "actions/download-artifact": lambda job: self._fetch_artifact(job, number),
            "aws-actions/configure-aws-credentials": self._assume_role,
            "github/codeql-action/upload-sarif": self._keep_sarif,
        }
        environment = self.environment | {
            "GITHUB_SHA": commit,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_REPOSITORY": REPOSITORY,
        }
        jobs = WorkflowRun(WORKFLOW, context, actions, environment, self.folder / f"run-{number}").run()
        good = all(job.result != "failure" for job in jobs.values())
        conclusion = "success" if good else "failure"
        self.github.runs.append({"id": number, "event": event, "head_sha": commit, "conclusion": conclusion})
        return jobs

    def merge(self, text: str) -> tuple[str, dict[str, JobResult]]:
        """Plan a pull request with this text, and merge it; return its merge, not yet run, and the jobs of its plan."""
        head = self.commit(text)
        jobs = self.run("pull_request", head)
        merge = self.commit(text)
        self.github.pulls[merge] = [
            {"number": PULL_NUMBER, "merge_commit_sha": merge, "head": {"sha": head, "repo": {"full_name": REPOSITORY}}}
        ]
        return merge, jobs

    def _check_out(self, job: JobContext, commit: str) -> None:
        assert job.inputs == {"persist-credentials": "False"}
        archive = subprocess.run(
            ["git", "archive", commit], cwd=self.folder / "repository", capture_output=True, check=True
        )
        subprocess.run(["tar", "-x"], cwd=job.workspace, input=archive.stdout, check=True)

    def _keep_artifact(self, job: JobContext, number: int) -> None:
        files = [job.workspace / name for name in job.inputs["path"].split()]
        kept = {file.name: file.read_text() for file in files if file.exists()}
        if kept:
            self.github.artifacts[number, job.inputs["name"]] = kept

    def _fetch_artifact(self, job: JobContext, number: int) -> None:
        folder = job.workspace / job.inputs.get("path", ".")
        folder.mkdir(exist_ok=True)
        for name, text in self.github.artifacts[number, job.inputs["name"]].items():
            (folder / name).write_text(text)

    def _assume_role(self, job: JobContext) -> None:
        arn = job.inputs["role-to-assume"]
        sts = boto3.client("sts", endpoint_url=self.account.sandbox.url, region_name="us-east-1")
        answer = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="job", WebIdentityToken="token")
        self.assumed.append(arn)
        keys = answer["Credentials"]
        job.environment |= {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    def _keep_sarif(self, job: JobContext) -> None:
        text = (job.workspace / job.inputs["sarif_file"]).read_text()
        if not text:
            raise ActionFailed
        self.sarif.append(json.loads(text))


@pytest.fixture
def project(account: Account, tmp_path: Path) -> Iterator[Project]:
    """A repository after `init --github`, whose two roles an administrator has applied."""
    repository = tmp_path / "repository"
    repository.mkdir()
    account.run_cli("init", repository, "--github")
    account.apply(repository / "pipeline.yaml")
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    write_gh(tools / "gh")
    for name, line in {"reconcile": build_program("reconciler"), "pip": f'echo "$@" >> {tmp_path}/pip.log'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    kept = {name: text for name, text in account.environment.items() if not name.startswith("AWS_")}
    github = GitHub()
    with serve_json(github.answer) as url:
        environment = kept | {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": account.sandbox.url,
            "GITHUB_API_URL": url,
        }
        yield Project(account, tmp_path, github, environment)


def results_of(jobs: dict[str, JobResult]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items() if job.result != "skipped"}


def test_a_pull_request_is_shown_merged_and_applied_and_drift_becomes_one_issue(project: Project) -> None:
    mark = "<!-- reconcile: account 123456789012, owner my-team -->"
    stranger = {"id": 1, "number": 1, "user": {"login": "mallory"}, "body": f"{mark}\nNothing to see here."}
    project.github.comments[PULL_NUMBER] = [stranger]
    first = project.run("pull_request", project.commit(WIDER))
    assert results_of(first) == {"validate": "success", "plan": "success", "comment": "success"}
    merge, _ = project.merge(FILE)
    mallorys, ours = project.github.comments[PULL_NUMBER]
    assert mallorys["body"].endswith("Nothing to see here.")
    assert ours["body"].startswith(f"{mark}\n**Plan: 2 to create, 0 to update, 0 to delete, 0 to adopt.**")
    assert "bob" not in ours["body"], "the comment was updated in place"
    assert project.assumed == ["arn:aws:iam::123456789012:role/iam-plan"] * 2
    assert [run["version"] for run in project.sarif] == ["2.1.0"] * 2

    merged = project.run("push", merge)
    assert results_of(merged) == {"validate": "success", "plan": "success", "apply": "success"}
    assert merged["plan"].outputs == {"code": "2", "way": "reviewed"}
    assert merged["apply"].environment == "iam-unattended"
    assert "Live IAM matches the plan" in merged["apply"].output
    assert project.assumed[-1] == "arn:aws:iam::123456789012:role/iam-apply"
    assert (project.folder / "run-3/apply/journal.jsonl").exists()
    assert results_of(project.run("schedule", merge)) == {"validate": "success", "plan": "success", "drift": "success"}
    assert project.github.issues == []

    project.account.iam.attach_role_policy(RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    for _night in range(2):
        assert results_of(project.run("schedule", merge))["drift"] == "success"
    (issue,) = project.github.issues
    assert issue["title"] == "IAM of account 123456789012 has drifted from my-team"
    assert "aws:AdministratorAccess" in issue["body"]
    assert ("PATCH", f"/repos/{REPOSITORY}/issues/{issue['number']}") in project.github.requests

    by_hand = project.run("workflow_dispatch", merge)
    assert by_hand["plan"].outputs == {"code": "2", "way": "harmless"}
    assert (by_hand["apply"].result, by_hand["apply"].environment) == ("success", "iam-unattended")
    project.run("schedule", merge)
    assert [issue["state"] for issue in project.github.issues] == ["closed"]
    assert results_of(project.run("workflow_dispatch", merge)) == {"validate": "success", "plan": "success"}
