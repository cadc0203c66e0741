"""`reconcile init --organization`: the template of the roles that enter each account, deployed and used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from reconciler.access import evaluate, principals_of
from reconciler.app.desired_files import load_desired
from reconciler.kinds.registry import KINDS
from reconciler.model.address import Address
from tests.support.account import Account

HOME = "123456789012"
APPLY, PLAN = f"arn:aws:iam::{HOME}:role/iam-apply", f"arn:aws:iam::{HOME}:role/iam-plan"
FILE = """\
version: 1
owner: platform
organization:
  role: ci/reconciler
  external_id: example-org-7f3a
  accounts: {prod: {id: "111111111111"}}
"""


def make_template(account: Account, *options: str, file: str = FILE) -> str:
    account.write(file, "org.yaml")
    printed = account.run_cli("init", *(options or ("org.yaml",)), "--organization")
    assert (printed.code, printed.err) == (0, ""), printed.err
    return printed.out


def deploy(account: Account, template: str, **parameters: str) -> dict[str, Any]:
    """Deploy the template; return the roles as IAM has them, by name."""
    client = boto3.client(
        "cloudformation",
        endpoint_url=account.sandbox.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    given = {"ApplyRoles": APPLY, "PlanRoles": PLAN} | parameters
    client.create_stack(
        StackName="member",
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": text} for key, text in given.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    names = [role["RoleName"] for role in account.iam.list_roles()["Roles"]]
    return {name: account.iam.get_role(RoleName=name)["Role"] for name in names}


class TemplateLoader(yaml.SafeLoader):
    """Reads YAML with tags such as `!Ref`."""


TemplateLoader.add_multi_constructor("!", lambda *_: None)  # type: ignore[no-untyped-call]


def read_template(template: str) -> dict[str, Any]:
    """Return the template as values; CloudFormation's functions are None."""
    document: dict[str, Any] = yaml.load(template, TemplateLoader)
    return document


def read_defaults(template: str) -> dict[str, Any]:
    parameters = read_template(template)["Parameters"]
    return {name: one["Default"] for name, one in parameters.items() if "Default" in one}


def test_the_roles_let_in_the_pipeline_alone_and_only_with_the_external_id(account: Account) -> None:
    roles = deploy(account, make_template(account))
    assert {name: role["Path"] for name, role in roles.items()} == {"reconciler": "/ci/", "reconciler-plan": "/ci/"}
    for name, caller in (("reconciler", APPLY), ("reconciler-plan", PLAN)):
        (statement,) = roles[name]["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Principal": {"AWS": [caller]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "example-org-7f3a"}},
        }


def test_one_role_may_make_every_call_of_a_plan_and_of_an_apply_and_the_other_can_only_read(account: Account) -> None:
    resources = read_template(make_template(account))["Resources"]
    inline = {
        name: {policy["PolicyName"]: policy["PolicyDocument"] for policy in one["Properties"]["Policies"]}
        for name, one in resources.items()
    }
    roles = {name: {"trust": [{"accounts": [HOME]}], "inline_policies": policies} for name, policies in inline.items()}
    file = account.write(json.dumps({"version": 1, "owner": "me", "roles": roles}), "deployed.yaml")
    who = principals_of(load_desired([str(file)], {}, HOME).state)
    writer, reader = who[Address("role", "ApplyRole")], who[Address("role", "PlanRole")]
    target = f"arn:aws:iam::{HOME}:role/app"
    for action in ("iam:GetAccountAuthorizationDetails", "iam:ListRoles", "tag:GetResources"):
        assert evaluate(writer, action, target).allowed and evaluate(reader, action, target).allowed, action
    for action in [f"iam:{operation}" for kind in KINDS for operation in kind.operations] + ["iam:PassRole"]:
        assert evaluate(writer, action, target).allowed, action
        assert evaluate(reader, action, target).denied, action
    for action in ("iam:CreateAccessKey", "iam:CreateLoginProfile", "s3:GetObject", "sts:AssumeRole"):
        assert evaluate(writer, action, target).denied, action


def test_a_boundary_of_each_account_can_limit_the_roles(account: Account) -> None:
    account.iam.create_policy(
        PolicyName="limit",
        Path="/ci/",
        PolicyDocument='{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    )
    roles = deploy(account, make_template(account), PermissionsBoundary="ci/limit")
    boundaries = {role["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in roles.values()}
    assert boundaries == {f"arn:aws:iam::{HOME}:policy/ci/limit"}


def test_cfn_lint_finds_nothing_in_the_template(account: Account, tmp_path: Path) -> None:
    paths = [tmp_path / "of-file.yaml", tmp_path / "plain.yaml"]
    paths[0].write_text(make_template(account))
    paths[1].write_text(make_template(account, ".", "--role", "x"))
    command = [Path(sys.executable).with_name("cfn-lint"), "--regions", "us-east-1", "--", *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_template_is_filled_in_from_the_file_or_the_option(account: Account) -> None:
    empty = {"PermissionsBoundary": ""}
    plain = {"RoleName": "reconciler", "PlanRoleName": "reconciler-plan", "RolePath": "/"} | empty
    assert read_defaults(make_template(account, ".")) == plain
    of_file = plain | {"RolePath": "/ci/", "ExternalId": "example-org-7f3a"}
    assert read_defaults(make_template(account)) == of_file
    (account.folder / "org.yaml").rename(account.folder / "roles.yaml")
    assert read_defaults(make_template(account, ".")) == of_file
    named = make_template(account, "org.yaml", "--role", f"{'x' * 64}")
    assert read_defaults(named) == of_file | {"RoleName": "x" * 64, "PlanRoleName": f"{'x' * 59}-plan", "RolePath": "/"}
    assert sorted(path.name for path in account.folder.iterdir()) == ["org.yaml", "roles.yaml"]


def test_a_session_with_tags_and_a_long_one_are_let_in(account: Account) -> None:
    session = "  session_tags: {team: iam}\n  source_identity: ci\n  duration: 4h\n"
    template = make_template(account, file=FILE.replace("  accounts", f"{session}  accounts"))
    (role, _) = deploy(account, template).values()
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert role["MaxSessionDuration"] == 4 * 3600


@pytest.mark.parametrize(
    ("role", "name"), [('"a\\"b/c"', "c"), ("'%{x}$(y)/c'", "c")], ids=["quote", "other languages"]
)
def test_a_hostile_path_stays_one_value(account: Account, role: str, name: str) -> None:
    defaults = read_defaults(make_template(account, file=FILE.replace("ci/reconciler", role)))
    assert defaults["RoleName"] == name
    assert defaults["RolePath"] == f"/{yaml.safe_load(role)[:-2]}/"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--organization", "--github"), "only prints a template"),
        (("--role", "x"), "--role goes with --organization"),
        (("--organization", "--role", "a b"), "path and name of a role"),
        (("plain.yaml", "--organization"), "plain.yaml has no `organization:`"),
        (("none.yaml", "--organization"), "none.yaml does not exist"),
        (("plain.yaml",), "is a file"),
    ],
)
def test_what_makes_no_template_prints_none(account: Account, words: tuple[str, ...], said: str) -> None:
    account.write("version: 1\nowner: me\n", "plain.yaml")
    result = account.run_cli("init", *words)
    assert (result.code, result.out) == (1, "")
    assert said in " ".join(result.err.split())
