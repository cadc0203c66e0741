"""The pipeline that `reconcile init --gitlab` writes, run by gitlab-ci-local: a merge request, its merge, an apply."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.account import Account
from tests.support.gitlab import BOT, PROJECT, TOKEN, GitLab
from tests.support.json_server import serve_json
from tests.support.npm_packages import install_packages, read_lock
from tests.support.warm_python import build_program

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("rsync"), reason="gitlab-ci-local needs rsync, and a Unix shell"
)
LOCK = Path(__file__).parents[1] / "support/gitlab_ci_local"
FILE = """\
version: 1
owner: my-team
account: "123456789012"
users: {alice: {}}
roles: {reader: {trust: [{users: [alice]}]}}
"""
MARK = "<!-- reconcile: account 123456789012, owner my-team -->"
REQUEST = 3


@dataclass
class Project:
    """A repository after `init --gitlab`, and what gitlab-ci-local runs its jobs with."""

    folder: Path
    program: list[str]
    environment: dict[str, str]

    def run_pipeline(self, source: str, **variables: str) -> str:
        """Run the jobs of a pipeline that are not manual, each in a shell and a checkout of its own; return the log.

        gitlab-ci-local sets CI_COMMIT_BRANCH in every pipeline, GitLab not in that of a merge request.
        """
        settings = {"CI_PIPELINE_SOURCE": source, "CI_PROJECT_ID": PROJECT, "IAM_TOKEN": TOKEN, "AWS_ID_TOKEN": "token"}
        settings |= {"CI_API_V4_URL": self.environment["API"], "CI_COMMIT_SHA": self.git("rev-parse", "HEAD").strip()}
        words = [f"--variable={name}={value}" for name, value in (settings | variables).items()]
        options = ["--force-shell-executor", "--shell-isolation", "--color=false"]
        options += ["--unset-variable=CI_COMMIT_BRANCH"] if source == "merge_request_event" else []
        done = subprocess.run(
            [*self.program, *options, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture
def gitlab() -> GitLab:
    return GitLab()


@pytest.fixture
def project(account: Account, tmp_path: Path, gitlab: GitLab) -> Iterator[Project]:
    """A repository whose two roles an administrator has applied."""
    program = install_packages("gitlab-ci-local-4.61.1", read_lock(LOCK)) / "node_modules/gitlab-ci-local/src/index.js"
    folder, tools = tmp_path / "repository", tmp_path / "tools"
    account.run_cli("init", folder, "--gitlab")
    (folder / "roles.yaml").write_text(FILE)
    account.apply("repository/pipeline-gitlab.yaml")
    tools.mkdir()
    programs = {"reconcile": build_program("reconciler"), "python": f'exec {sys.executable} "$@"', "pip": "true"}
    for name, line in programs.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    kept = {name: text for name, text in account.environment.items() if not name.startswith("AWS_")}
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    with serve_json(gitlab.answer) as url:
        environment = kept | {"PATH": path, "AWS_ENDPOINT_URL": account.sandbox.url, "API": f"{url}/api/v4"}
        made = Project(folder, ["node", str(program)], environment)
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("remote", "add", "origin", "git@gitlab.com:example-corp/iam.git")
        made.git("add", ".")
        made.git("commit", "--quiet", "--message", "first")
        yield made


def test_a_merge_request_is_shown_merged_and_applied(project: Project, account: Account, gitlab: GitLab) -> None:
    stranger = {"id": 1, "author": {"id": 6}, "body": f"{MARK}\nNothing to see here."}
    ours = {"id": 2, "author": BOT, "body": f"{MARK}\nAn earlier plan."}
    gitlab.notes[REQUEST] = [stranger, ours]
    shown = project.run_pipeline(
        "merge_request_event", CI_MERGE_REQUEST_IID=str(REQUEST), CI_MERGE_REQUEST_SOURCE_PROJECT_ID=PROJECT
    )
    assert "PASS  plan" in shown
    assert "starting shell (apply)" not in shown
    assert stranger["body"].endswith("Nothing to see here.")
    assert ours["body"].startswith(f"{MARK}\n**Plan: 2 to create, 0 to update, 0 to delete, 0 to adopt.**")
    assert gitlab.notes[REQUEST] == [stranger, ours]

    commit = project.git("rev-parse", "HEAD").strip()
    request = {"iid": REQUEST, "state": "merged", "source_project_id": int(PROJECT), "sha": "0"}
    gitlab.merges[commit] = [request | {"merge_commit_sha": commit, "squash_commit_sha": None}]
    gitlab.pipelines[REQUEST] = [{"id": 12, "status": "failed"}, {"id": 11, "status": "success"}]
    gitlab.plans[11] = json.loads((project.folder / "plan.json").read_text())
    merged = project.run_pipeline("push")
    assert "PASS  apply" in merged
    assert "Live IAM matches the plan" in merged
    assert (project.folder / "plan.env").read_text() == "WAY=reviewed\n"
    assert account.iam.get_role(RoleName="reader")
