"""Two accounts of one organization on the sandbox: trusts between them are checked, and written in a working order."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest

from tests.support.account import Account, Result
from tests.support.plans import list_writes

PROD, TOOLS = "111111111111", "222222222222"
CI = f"arn:aws:iam::{TOOLS}:role/ci"
EC2 = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
ORGANIZATION = f"""\
version: 1
owner: platform
organization:
  role: reconciler
  external_id: example-org-7f3a
  accounts:
    prod: {{id: "{PROD}", files: [prod.yaml]}}
    tools: {{id: "{TOOLS}", files: [tools.yaml]}}
"""
PROD_FILE = f"""\
version: 1
roles:
  app:
    trust: [{{services: [ec2.amazonaws.com]}}]
    inline_policies:
      build: {{Statement: {{Effect: Allow, Action: "sts:AssumeRole", Resource: "{CI}"}}}}
  deployer: {{trust: [{{roles: ["{CI}"]}}]}}
"""
CIRCULAR_PROD_FILE = f"""\
version: 1
roles:
  deployer:
    trust: [{{roles: ["{CI}"]}}]
    inline_policies:
      build: {{Statement: {{Effect: Allow, Action: "sts:AssumeRole", Resource: "{CI}"}}}}
"""
TOOLS_FILE = f"""\
version: 1
roles:
  ci:
    trust: [{{roles: ["arn:aws:iam::{PROD}:role/app"]}}]
    inline_policies:
      deploy:
        Statement: {{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::{PROD}:role/deployer"}}
"""


@pytest.fixture
def organization(account: Account) -> Account:
    account.write("[default]\n", "config")  # the tests keep one session for many runs unless there are profiles
    for name, text in {"org.yaml": ORGANIZATION, "prod.yaml": PROD_FILE, "tools.yaml": TOOLS_FILE}.items():
        account.write(text, name)
    return account


def run(organization: Account, *arguments: str) -> Result:
    return organization.run_cli(*arguments, AWS_CONFIG_FILE=str(organization.folder / "config"))


def find_codes(result: Result) -> set[str]:
    """Return the codes of the problems of the accounts in a JSON plan."""
    return set(re.findall(r'"code": "(cross-account-[a-z]+)"', result.out))


def list_created_roles(organization: Account) -> list[str]:
    return [line for line in list_writes(organization) if line.startswith("CreateRole")]


def enter_tools(organization: Account) -> Any:
    """Return a client of IAM in the other account."""
    how: dict[str, Any] = {"endpoint_url": organization.sandbox.url, "region_name": "us-east-1"}
    sts = boto3.client("sts", aws_access_key_id="test", aws_secret_access_key="test", **how)
    session = sts.assume_role(RoleArn=f"arn:aws:iam::{TOOLS}:role/any", RoleSessionName="test")["Credentials"]
    keys = {"aws_access_key_id": session["AccessKeyId"], "aws_session_token": session["SessionToken"]}
    return boto3.client("iam", aws_secret_access_key=session["SecretAccessKey"], **keys, **how)


@pytest.mark.parametrize("max_parallel", ["1", "2"])
def test_each_account_waits_for_the_principal_that_the_other_one_creates(
    organization: Account, max_parallel: str
) -> None:
    """prod cannot end before tools has begun, nor tools before prod has: with one slot they take turns."""
    assert run(organization, "plan", "org.yaml", "--out", "plans").code == 0
    organization.clear_calls()
    applied = run(organization, "apply", "plans", "--yes", "--max-parallel", max_parallel)
    assert applied.code == 0, applied.out + applied.err
    assert list_created_roles(organization) == ["CreateRole app", "CreateRole ci", "CreateRole deployer"]
    assert "2 in step" in run(organization, "plan", "org.yaml").out


def test_plans_of_shards_wait_for_each_other_too(organization: Account) -> None:
    for shard in ("1/2", "2/2"):
        assert run(organization, "plan", "org.yaml", "--out", "plans", "--shard", shard).code == 0
    assert run(organization, "apply", "plans", "--yes", "--max-parallel", "1").code == 0


def test_a_trust_waits_in_vain_for_an_account_that_failed(organization: Account) -> None:
    """The plan of tools no longer fits, so that no call of it is made."""
    assert run(organization, "plan", "org.yaml", "--out", "plans").code == 0
    enter_tools(organization).create_role(RoleName="ci", AssumeRolePolicyDocument=EC2)
    organization.clear_calls()
    applied = run(organization, "apply", "plans", "--yes")
    assert applied.code == 1
    assert f"CreateRole of role/deployer was not sent: its trust names {CI}" in applied.out + applied.err
    assert list_created_roles(organization) == ["CreateRole app"]


def test_what_does_not_fit_is_found_before_anything_is_written(organization: Account) -> None:
    other = CI.replace("role/", "role/build/")
    organization.write(PROD_FILE.replace(f'roles: ["{CI}', f'roles: ["{other}'), "prod.yaml")
    planned = run(organization, "plan", "org.yaml")
    assert f"prod.yaml:7:22: error: The trust of role/deployer in prod ({PROD}) names {other}" in planned.out
    assert f"but in tools ({TOOLS}) it is {CI}" in planned.out
    organization.clear_calls()
    assert run(organization, "apply", "org.yaml", "--yes").code != 0
    assert list_created_roles(organization) == []


def test_the_role_by_which_a_run_enters_an_account_accepts_the_external_id_of_the_run(organization: Account) -> None:
    entry = '  reconciler: {trust: [{accounts: ["123456789012"], external_id: another-one}]}\n'
    organization.write(PROD_FILE + entry, "prod.yaml")
    found = run(organization, "plan", "org.yaml").out
    assert "`organization` (org.yaml:3:1) sends the external id 'example-org-7f3a'" in found
    organization.write(PROD_FILE + entry.replace("another-one", "example-org-7f3a"), "prod.yaml")
    assert find_codes(run(organization, "plan", "org.yaml", "--format", "json")) == set()


def test_an_account_that_is_not_chosen_is_judged_by_its_files(organization: Account) -> None:
    assert find_codes(run(organization, "plan", "org.yaml", "--account", "prod", "--format", "json")) == set()
    organization.write(TOOLS_FILE.replace("role/deployer", "role/other"), "tools.yaml")
    assert "none of its own policies allows it" in run(organization, "plan", "org.yaml", "--account", "prod").out


@pytest.mark.parametrize("shards", [(), ("1/2", "2/2")], ids=["one run", "two shards"])
def test_a_circle_is_refused_before_anything_is_written(organization: Account, shards: tuple[str, ...]) -> None:
    organization.write(TOOLS_FILE.replace("role/app", "role/deployer"), "tools.yaml")
    organization.write(CIRCULAR_PROD_FILE, "prod.yaml")
    for shard in shards or ("1/1",):
        run(organization, "plan", "org.yaml", "--out", "plans", "--shard", shard)
    organization.clear_calls()
    applied = run(organization, "apply", "plans", "--yes")
    assert applied.code != 0
    assert "Accounts would wait for each other" in applied.out + applied.err
    assert list_created_roles(organization) == []
