"""The program of the GitLab pipeline: who is asked about a plan, notes and issues, without a runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.app.starter import PIPELINES, PipelineHost
from tests.support.gitlab import PROJECT, TOKEN, GitLab
from tests.support.json_server import serve_json

(PROGRAM,) = [file for file in PIPELINES[PipelineHost.GITLAB] if file.path.endswith(".py")]
COMMIT = "c0ffee"
REASON = {"code": "permissions", "address": "user/alice", "message": "alice gains s3:ListBucket", "line": 4}
PLAN: dict[str, Any] = {
    "account": "123456789012",
    "owner": "my-team",
    "risk": {"level": "low", "reasons": [REASON]},
    "reversible": True,
    "summary": {"delete": 0},
    "changes": [{"address": "user/alice"}],
}
HARMLESS = PLAN | {"risk": {"level": "none", "reasons": []}}
MERGED = {"iid": 3, "state": "merged", "source_project_id": 42, "sha": "0", "squash_commit_sha": None}


class Job:
    """Runs the program as the job `plan` does, beside plan.json and plan.md."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment = {"CI_API_V4_URL": f"{url}/api/v4", "CI_PROJECT_ID": PROJECT, "CI_COMMIT_SHA": COMMIT}
        (folder / "iam.py").write_text(PROGRAM.read())
        (folder / "plan.md").write_text("the plan\n")

    def run(self, source: str, code: int, plan: object = PLAN, token: str = TOKEN) -> str:
        """Return the last line of plan.env, or what the program says as it fails."""
        (self.folder / "plan.json").write_text(json.dumps(plan))
        variables = {"CI_PIPELINE_SOURCE": source, "CI_MERGE_REQUEST_IID": "3", "IAM_TOKEN": token}
        done = subprocess.run(
            [sys.executable, "-I", "-S", "iam.py", str(code)],
            cwd=self.folder,
            env=os.environ | self.environment | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stderr or (self.folder / "plan.env").read_text().strip()


@pytest.fixture
def gitlab() -> GitLab:
    return GitLab()


@pytest.fixture
def job(gitlab: GitLab, tmp_path: Path) -> Iterator[Job]:
    with serve_json(gitlab.answer) as url:
        yield Job(tmp_path, url)


@pytest.mark.parametrize(
    ("source", "code", "plan", "way"),
    [
        ("push", 0, PLAN, "nothing"),
        ("push", 2, PLAN, "reviewed"),
        ("push", 2, PLAN | {"changes": []}, "ask"),
        ("push", 2, PLAN | {"account": "210987654321"}, "ask"),
        ("push", 2, PLAN | {"risk": {"level": "low", "reasons": [REASON | {"line": 9}]}}, "reviewed"),
        ("push", 2, PLAN | {"risk": {"level": "low", "reasons": [REASON | {"message": "more"}]}}, "ask"),
        ("push", 2, PLAN | {"risk": {"level": "high", "reasons": [REASON]}}, "ask"),
        ("push", 2, HARMLESS | {"changes": []}, "harmless"),
        ("push", 2, HARMLESS | {"changes": [], "reversible": False}, "ask"),
        ("push", 2, HARMLESS | {"changes": [], "summary": {"delete": 1}}, "ask"),
        ("push", 3, HARMLESS, "ask"),
        ("web", 2, PLAN, "ask"),
        ("merge_request_event", 2, HARMLESS, "ask"),
    ],
)
def test_who_is_asked_about_a_plan(job: Job, gitlab: GitLab, source: str, code: int, plan: object, way: str) -> None:
    gitlab.merges[COMMIT] = [MERGED | {"merge_commit_sha": COMMIT}]
    gitlab.pipelines[3] = [{"id": 12, "status": "failed"}, {"id": 11, "status": "success"}]
    gitlab.plans[11] = PLAN
    assert job.run(source, code, plan) == f"WAY={way}"


@pytest.mark.parametrize(
    "flaw", [{"source_project_id": 6}, {"merge_commit_sha": "0"}, {"state": "opened"}], ids=["fork", "other", "open"]
)
def test_a_plan_that_nobody_can_have_reviewed_asks_a_person(job: Job, gitlab: GitLab, flaw: dict[str, Any]) -> None:
    gitlab.merges[COMMIT] = [MERGED | {"merge_commit_sha": COMMIT} | flaw]
    gitlab.pipelines[3], gitlab.plans[11] = [{"id": 11, "status": "success"}], PLAN
    assert job.run("push", 2) == "WAY=ask"


def test_a_plan_that_gitlab_has_deleted_asks_a_person(job: Job, gitlab: GitLab) -> None:
    gitlab.merges[COMMIT] = [MERGED | {"merge_commit_sha": COMMIT}]
    gitlab.pipelines[3] = [{"id": 11, "status": "success"}]
    assert job.run("push", 2) == "WAY=ask"


def test_without_a_token_nothing_is_asked_of_gitlab(job: Job, gitlab: GitLab) -> None:
    assert job.run("merge_request_event", 2, token="") == "WAY=ask"
    assert job.run("push", 2, HARMLESS, token="") == "WAY=harmless"
    assert gitlab.notes == {}


def test_drift_opens_one_issue_updates_it_and_closes_it(job: Job, gitlab: GitLab) -> None:
    job.run("schedule", 0)
    assert gitlab.issues == []
    for code in (2, 3):
        job.run("schedule", code)
    (issue,) = gitlab.issues
    assert issue["title"] == "IAM of account 123456789012 has drifted from my-team"
    job.run("schedule", 0)
    assert issue["state"] == "closed"
    job.run("schedule", 2)
    assert len(gitlab.issues) == 2


def test_a_refusal_of_gitlab_says_what_the_token_needs(job: Job) -> None:
    job.environment["CI_PROJECT_ID"] = "43"
    told = job.run("push", 2)
    assert told.startswith("GitLab answered 404 to http://")
    assert told.endswith("Has IAM_TOKEN the scope `api` and the role Developer?\n")
    assert TOKEN not in told
