"""The workflow that `reconcile init --github` writes, run step by step: a pull request, its merge, an apply, drift."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.support.account import Account
from tests.support.github import REPOSITORY
from tests.support.github_project import PULL_NUMBER, Project, make_project
from tests.support.warm_python import build_program
from tests.support.workflow_runner import JobResult

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("jq"), reason="the workflow runs on Linux, with jq"
)
FILE = """\
version: 1
owner: my-team
account: "123456789012"
users: {alice: {}}
roles: {reader: {trust: [{users: [alice]}]}}
"""
WIDER = FILE.replace("alice: {}", "alice: {}, bob: {}").replace("users: [alice]", "users: [alice, bob]")


@pytest.fixture
def project(account: Account, tmp_path: Path) -> Iterator[Project]:
    """A repository after `init --github`, whose two roles an administrator has applied."""

    def assume(arn: str) -> dict[str, str]:
        sts = boto3.client("sts", endpoint_url=account.sandbox.url, region_name="us-east-1")
        answer = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="job", WebIdentityToken="token")
        keys = answer["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    kept = {name: text for name, text in account.environment.items() if not name.startswith("AWS_")}
    environment = kept | {"AWS_ENDPOINT_URL": account.sandbox.url}
    with make_project(tmp_path, build_program("reconciler"), environment, assume) as made:
        account.apply("repository/pipeline.yaml")
        yield made


def results_of(jobs: dict[str, JobResult]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items() if job.result != "skipped"}


def test_a_pull_request_is_shown_merged_and_applied_and_drift_is_one_issue(project: Project, account: Account) -> None:
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

    account.iam.attach_role_policy(RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
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
