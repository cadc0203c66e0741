"""A repository with a GitLab pipeline, which gitlab-ci-local runs: each job in a shell and a checkout of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.gitlab import PROJECT, TOKEN
from tests.support.json_server import JsonRequest, serve_json
from tests.support.npm_packages import install_packages, read_lock
from tests.support.warm_python import build_program

LOCK = Path(__file__).parent / "gitlab_ci_local"
needs_rsync = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("rsync"), reason="gitlab-ci-local needs rsync, and a Unix shell"
)


@dataclass
class Project:
    """A repository, and what gitlab-ci-local runs its jobs with. code: the exit code of the last pipeline."""

    folder: Path
    program: list[str]
    environment: dict[str, str]
    code: int = 0

    def run_pipeline(self, source: str, *options: str, **variables: str) -> str:
        """Run the jobs of a pipeline that are not manual; return the log.

        gitlab-ci-local sets CI_COMMIT_BRANCH in every pipeline, GitLab not in that of a merge request.
        """
        settings = {"CI_PIPELINE_SOURCE": source, "CI_PROJECT_ID": PROJECT, "IAM_TOKEN": TOKEN, "AWS_ID_TOKEN": "token"}
        settings |= {"CI_API_V4_URL": self.environment["API"], "CI_COMMIT_SHA": self.git("rev-parse", "HEAD").strip()}
        words = [f"--variable={name}={value}" for name, value in (settings | variables).items()]
        words += ["--unset-variable=CI_COMMIT_BRANCH"] if source == "merge_request_event" else []
        done = subprocess.run(
            [*self.program, "--force-shell-executor", "--shell-isolation", "--color=false", *words, *options],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.code = done.returncode
        return done.stdout + done.stderr

    def git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout


@contextmanager
def make_project(
    account: Account, folder: Path, answer: Callable[[JsonRequest], Any], reconcile: str | None = None
) -> Iterator[Project]:
    """Yield a repository of the files in `folder`/repository. The test is skipped if gitlab-ci-local is not there.

    answer: GitLab's API. reconcile: a line of sh for the jobs; the program of that name by default.
    """
    program = install_packages("gitlab-ci-local-4.61.1", read_lock(LOCK)) / "node_modules/gitlab-ci-local/src/index.js"
    tools = folder / "tools"
    tools.mkdir()
    reconcile = reconcile or build_program("reconciler")
    programs = {"reconcile": reconcile, "python": f'exec {sys.executable} "$@"', "pip": "true"}
    for name, line in programs.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    kept = {name: text for name, text in account.environment.items() if not name.startswith("AWS_")}
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    with serve_json(answer) as url:
        environment = kept | {"PATH": path, "AWS_ENDPOINT_URL": account.sandbox.url, "API": f"{url}/api/v4"}
        made = Project(folder / "repository", ["node", str(program)], environment)
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("remote", "add", "origin", "git@gitlab.com:example-corp/iam.git")
        made.git("add", ".")
        made.git("commit", "--quiet", "--message", "first")
        yield made
