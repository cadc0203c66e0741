"""A repository with a workflow, that of `reconcile init --github` by default, whose events tests send."""

from __future__ import annotations

import fnmatch
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
    """A repository with the workflow, and GitHub around it. assume: returns the variables of a role, by its ARN.

    parts: those of the last run (`WorkflowRun.parts`).
    """

    folder: Path
    github: GitHub
    environment: dict[str, str]
    assume: Callable[[str], dict[str, str]] = lambda arn: {}
    workflow: Mapping[Any, Any] = field(default_factory=lambda: WORKFLOW)
    parts: Mapping[str, JobResult] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)
    sarif: list[Any] = field(default_factory=list)

    def commit(self, text: str) -> str:
        """Commit roles.yaml with this text; return the commit."""
        (self.folder / "repository/roles.yaml").write_text(text)
        self.git("add", "roles.yaml")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        done = subprocess.run(
            command, cwd=self.folder / "repository", capture_output=True, text=True, check=True, env=self.environment
        )
        return done.stdout

    def run(
        self,
        event: str,
        commit: str,
        *,
        head_repository: str = REPOSITORY,
        ref: str = "refs/heads/main",
        again: bool = False,
    ) -> dict[str, JobResult]:
        """Run the workflow for an event: pull_request (of number 7), push, schedule or workflow_dispatch.

        again: run the failed jobs of the last run again, and what needs them.
        """
        number = len(self.github.runs) + (0 if again else 1)
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
        folder = self.folder / (f"run-{number}-again" if again else f"run-{number}")
        earlier = self.parts if again else {}
        run = WorkflowRun(self.workflow, context, actions, environment, folder, earlier=earlier)
        jobs, self.parts = run.run(), run.parts
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
        """Keep the files below the deepest folder that all paths have in common, as actions/upload-artifact does."""
        found: list[Path] = []
        places: list[Path] = []
        for pattern in job.inputs["path"].split():
            path = job.workspace / pattern
            found += path.rglob("*") if path.is_dir() else job.workspace.glob(pattern)
            places.append(path if pattern.endswith("/") else path.parent)
        root = os.path.commonpath(places)
        kept = {str(path.relative_to(root)): path.read_text() for path in found if path.is_file()}
        if kept:
            self.github.artifacts[number, job.inputs["name"]] = kept

    def _fetch_artifact(self, job: JobContext, number: int) -> None:
        folder = job.workspace / job.inputs.get("path", ".")
        pattern = job.inputs.get("name") or job.inputs["pattern"]
        names = [name for run, name in self.github.artifacts if run == number and fnmatch.fnmatchcase(name, pattern)]
        assert names or "pattern" in job.inputs, pattern
        for name in names:
            for path, text in self.github.artifacts[number, name].items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)

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
    workflow: Mapping[Any, Any] = WORKFLOW,
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
        yield Project(folder, github, {**environment, "PATH": path, "GITHUB_API_URL": url}, assume, workflow)
