"""The pipeline that `reconcile init --gitlab` writes, run by gitlab-ci-local: a merge request, its merge, an apply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.account import Account
from tests.support.gitlab import BOT, PROJECT, GitLab
from tests.support.gitlab_project import Project, make_project, needs_rsync

pytestmark = needs_rsync
FILE = """\
version: 1
owner: my-team
account: "123456789012"
users: {alice: {}}
roles: {reader: {trust: [{users: [alice]}]}}
"""
MARK = "<!-- reconcile: account 123456789012, owner my-team -->"
REQUEST = 3


@pytest.fixture
def gitlab() -> GitLab:
    return GitLab()


@pytest.fixture
def project(account: Account, tmp_path: Path, gitlab: GitLab) -> Iterator[Project]:
    """A repository whose two roles an administrator has applied."""
    account.run_cli("init", tmp_path / "repository", "--gitlab")
    (tmp_path / "repository/roles.yaml").write_text(FILE)
    account.apply("repository/pipeline-gitlab.yaml")
    with make_project(account, tmp_path, gitlab.answer) as made:
        yield made


def test_a_merge_request_is_shown_merged_and_applied(project: Project, account: Account, gitlab: GitLab) -> None:
    stranger = {"id": 1, "author": {"id": 6}, "body": f"{MARK}\nNothing to see here."}
    ours = {"id": 2, "author": BOT, "body": f"{MARK}\nAn earlier plan."}
    gitlab.notes[REQUEST] = [stranger, ours]
    shown = project.run_pipeline(
        "merge_request_event", CI_MERGE_REQUEST_IID=str(REQUEST), CI_MERGE_REQUEST_SOURCE_PROJECT_ID=PROJECT
    )
    assert project.code == 0, shown
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
    assert project.code == 0, merged
    assert "PASS  apply" in merged
    assert "Live IAM matches the plan" in merged
    assert (project.folder / "plan.env").read_text() == "WAY=reviewed\n"
    assert account.iam.get_role(RoleName="reader")
