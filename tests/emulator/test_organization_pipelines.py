"""The example pipelines of many accounts, run: a shard that dies is named and run again alone, then all are applied.

A stand-in for a machine that dies is a program that ends before `reconcile` begins.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from tests.docs.pages import ROOT
from tests.support.account import Account
from tests.support.github_project import PULL_NUMBER, make_project
from tests.support.github_project import Project as GitHubProject
from tests.support.gitlab import BOT, PROJECT, GitLab
from tests.support.gitlab_project import make_project as make_gitlab_project
from tests.support.gitlab_project import needs_rsync
from tests.support.warm_python import build_program
from tests.support.workflow_runner import JobResult, read_workflow

EXAMPLES = ROOT / "examples/organization"
WORKFLOW = read_workflow((EXAMPLES / "github.yml").read_text(encoding="utf-8"))
ACCOUNTS = {"dev": "222222222222", "prod": "333333333333", "test": "444444444444"}
FILE = """\
version: 1
owner: platform
vars: {member: reconciler}
organization:
  role: "{{ member }}"
  external_id: example-org-7f3a
  accounts:
    dev: {id: "222222222222"}
    test: {id: "444444444444"}
    prod: {id: "333333333333", wave: 2}
roles:
  app: {trust: [{services: [ec2.amazonaws.com]}]}
"""


def has_role(account: Account, name: str) -> bool:
    """Return whether a member account has the role `app`."""
    sts = boto3.client(
        "sts",
        endpoint_url=account.sandbox.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    role = f"arn:aws:iam::{ACCOUNTS[name]}:role/reconciler"
    keys = sts.assume_role(RoleArn=role, RoleSessionName="look")["Credentials"]
    iam = boto3.client(
        "iam",
        endpoint_url=account.sandbox.url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    return "app" in [role["RoleName"] for role in iam.list_roles()["Roles"]]


def results_of(jobs: Mapping[str, JobResult]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items() if job.result != "skipped"}


def build_mortal_program(folder: Path, variable: str) -> str:
    """Return `reconcile` as a line of sh. The shard that `folder`/dies names dies."""
    lives = f'[ "${variable}" != "$(cat {folder}/dies 2>/dev/null || echo none)" ]'
    return f"{lives} || exit 137\n{build_program('reconciler')}"


@pytest.fixture
def github(account: Account, tmp_path: Path) -> Iterator[GitHubProject]:
    kept = {name: text for name, text in account.environment.items() if not name.startswith("AWS_")}
    environment = kept | {"AWS_ENDPOINT_URL": account.sandbox.url}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    program = build_mortal_program(tmp_path, "SHARD")
    with make_project(tmp_path, program, environment, lambda arn: keys, WORKFLOW) as made:
        (made.folder / "repository/org.yaml").write_text(FILE)
        made.git("add", "org.yaml")
        yield made


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("jq"), reason="the workflow runs on Linux, with jq")
def test_github_plans_in_shards_and_applies_wave_by_wave(github: GitHubProject, account: Account) -> None:
    commit = github.commit("version: 1\n")
    (github.folder / "dies").write_text("2/4")
    first = github.run("pull_request", commit)
    assert results_of(first) == {"divide": "success", "plan": "failure", "report": "failure", "comment": "success"}
    assert [github.parts[f"plan-{index}"].result for index in range(3)] == ["success", "failure", "success"]
    (comment,) = github.github.comments[PULL_NUMBER]
    assert comment["body"].startswith("<!-- reconcile: org.yaml -->\n")
    assert "wave 1, 2/4" in comment["body"]
    (github.folder / "dies").unlink()
    assumed = len(github.assumed)
    again = github.run("pull_request", commit, again=True)
    assert results_of(again) == dict.fromkeys(["divide", "plan", "report", "comment"], "success")
    assert len(github.assumed) == assumed + 1, "only the shard that died was run again"
    assert set(github.assumed) == {"arn:aws:iam::123456789012:role/iam-plan"}
    assert github.github.comments[PULL_NUMBER] == [comment], "the comment was updated in place"
    assert "wave 1, 2/4" not in comment["body"]
    assert "dev, test, prod" in comment["body"]
    assert not has_role(account, "dev")

    applied = github.run("push", commit)
    names = ["divide", "plan", "report", "wave-1", "wave-2", "applied"]
    assert results_of(applied) == dict.fromkeys(names, "success")
    assert [arn.rpartition("/")[2] for arn in github.assumed[-6:]] == ["iam-plan"] * 3 + ["iam-apply"] * 3
    assert {part.environment for name, part in github.parts.items() if name.startswith("wave")} == {"iam"}
    assert "Applied: 3 accounts, 3 changed" in applied["applied"].output
    assert all(has_role(account, name) for name in ACCOUNTS)
    journals = [path for key, files in github.github.artifacts.items() for path in files if "journals" in path]
    assert len(journals) == 3


@needs_rsync
def test_gitlab_plans_in_shards_and_applies_wave_by_wave(account: Account, tmp_path: Path) -> None:
    """With two shards in place of four, which take half as long."""
    text = (EXAMPLES / "gitlab.yml").read_text(encoding="utf-8")
    two = text.replace("parallel: 4", "parallel: 2").replace('["1/4", "2/4", "3/4", "4/4"]', '["1/2", "2/2"]')
    assert ("parallel: 2\n" in two, '["1/2", "2/2"]' in two) == (True, True)
    account.run_cli("init", tmp_path / "repository", "--gitlab")
    (tmp_path / "repository/.gitlab-ci.yml").write_text(two)
    (tmp_path / "repository/org.yaml").write_text(FILE)
    (tmp_path / "dies").write_text("2")
    gitlab = GitLab()
    gitlab.notes[3] = [{"id": 2, "author": BOT, "body": "<!-- reconcile: org.yaml -->\nAn earlier plan."}]
    request = {"CI_MERGE_REQUEST_IID": "3", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": PROJECT}
    program = build_mortal_program(tmp_path, "CI_NODE_INDEX")
    with make_gitlab_project(account, tmp_path, gitlab.answer, program) as project:
        shown = project.run_pipeline("merge_request_event", **request)
        assert (project.code, "wave-1" in shown) == (1, False)
        assert [line.split()[:3] for line in shown.splitlines() if line.startswith(" FAIL")] == [
            ["FAIL", "plan:", "[2/2]"],
            ["FAIL", "report"],
        ]
        (note,) = gitlab.notes[3]
        assert note["body"].startswith("<!-- reconcile: org.yaml -->\n**Plan: 3 accounts, 2 to change, 1 not started.")
        assert "No results: 2/2." in note["body"]
        (tmp_path / "dies").unlink()
        merged = project.run_pipeline("push", "--manual=approve", "--json-schema-validation=false")
        assert project.code == 0, merged
    assert "Applied: 3 accounts, 3 changed" in merged
    assert all(has_role(account, name) for name in ACCOUNTS)
