"""A repository with the workflow of `reconcile init --github`, whose events tests send."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.app.starter import PIPELINES, PipelineHost, write_starter
from tests.support.github import REPOSITORY, GitHub, write_gh
from tests.support.json_server import serve_json
from tests.support.workflow_runner import ActionFailed, JobContext, JobResult, WorkflowRun, read_workflow

WORKFLOW = read_workflow(PIPELINES[PipelineHost.GITHUB][0].read())
PULL_NUMBER = 7


@dataclass
class Project:
    """A repository with the workflow, and GitHub around it. assume: returns the variables of a role, by its ARN."""

    folder: Path
    github: GitHub
    environment: dict[str, str]
    assume: Callable[[str], dict[str, str]] = lambda arn: {}
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

    def run(
        self, event: str, commit: str, *, head_repository: str = REPOSITORY, ref: str = "refs/heads/main"
    ) -> dict[str, JobResult]:
        """Run the workflow for an event: pull_request (of number 7), push, schedule or workflow_dispatch."""
        number = len(self.github.runs) + 1
        context: dict[str, Any] = {
            "event_name": event,
            "event": {},
            "ref": ref,
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
        self.github.runs.append(
            {
                "id": number,
                "event": event,
                "head_sha": commit,
                "head_repository": {"full_name": head_repository},
                "conclusion": conclusion,
            }
        )
        return jobs

    def merge(self, text: str) -> tuple[str, dict[str, JobResult]]:
        """Plan a pull request with this text and merge it. Return the merge, not yet run, and the jobs of the plan."""
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
        self.assumed.append(arn)
        job.environment |= self.assume(arn)

    def _keep_sarif(self, job: JobContext) -> None:
        text = (job.workspace / job.inputs["sarif_file"]).read_text()
        if not text:
            raise ActionFailed
        self.sarif.append(json.loads(text))


@contextmanager
def make_project(
    folder: Path,
    reconcile: str,
    environment: Mapping[str, str],
    assume: Callable[[str], dict[str, str]] = lambda arn: {},
) -> Iterator[Project]:
    """Yield a repository after `init --github`. reconcile: a line of sh that is that program for the workflow."""
    write_starter(folder / "repository", [PipelineHost.GITHUB])
    subprocess.run(["git", "init", "--quiet"], cwd=folder / "repository", check=True)
    tools = folder / "tools"
    tools.mkdir()
    write_gh(tools / "gh")
    for name, line in {"reconcile": reconcile, "pip": f'echo "$@" >> {shlex.quote(str(folder / "pip.log"))}'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    github = GitHub()
    with serve_json(github.answer) as url:
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        yield Project(folder, github, {**environment, "PATH": path, "GITHUB_API_URL": url}, assume)
