"""ARNs of another partition: errors once AWS has said which the account's is, at the place where each is written."""

from __future__ import annotations

import re

import pytest

from reconciler.model.problem import Problem
from tests.support.files import HEAD, Folder, find_errors, require_valid

FOREIGN = HEAD + (
    """\
policies:
  p:
    document:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Action: "s3:*", Resource: ["arn:aws:s3:::a", "arn:aws-cn:s3:::b", "arn:*:s3:::c"]}
        - {Effect: Deny, Action: "s3:*", NotResource: "arn:aws-cn:s3:::b"}
users:
  ann:
    policies: [p, "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"]
    permissions_boundary: "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"
groups:
  g: {inline_policies: {i: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "s3:*", Resource: "arn:aws-iso:s3:::b"}}}}
roles:
  r:
    trust:
      - {users: ["arn:aws-eusc:iam::210987654321:user/x"]}
      - {roles: ["arn:aws-cn:iam::210987654321:role/x"]}
      - {oidc: "arn:aws-cn:iam::123456789012:oidc-provider/x.y", subjects: ["a:b"]}
      - {saml: "arn:aws-cn:iam::123456789012:saml-provider/x"}
      - {accounts: ["210987654321"]}
  s:
    trust_policy:
      Version: "2012-10-17"
      Statement: {Effect: Allow, Principal: {AWS: "arn:aws-cn:iam::210987654321:root"}, Action: "sts:AssumeRole"}
"""  # noqa: E501 - one line, one place
)
WRONG = (
    "arn:aws-cn:s3:::b",
    "arn:aws-cn:s3:::b",
    "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess",
    "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
    "arn:aws-iso:s3:::b",
    "arn:aws-eusc:iam::210987654321:user/x",
    "arn:aws-cn:iam::210987654321:role/x",
    "arn:aws-cn:iam::123456789012:oidc-provider/x.y",
    "arn:aws-cn:iam::123456789012:saml-provider/x",
    "arn:aws-cn:iam::210987654321:root",
)


def pointed_at(written: str, problem: Problem) -> str:
    """The value at the problem's place, as it is written there."""
    assert problem.place
    rest = written.splitlines()[problem.place.line - 1][problem.place.column - 1 :]
    return re.split("[\"',}]", rest.lstrip("\"'"))[0]


def test_every_arn_of_another_partition_is_an_error_at_its_place(folder: Folder) -> None:
    found = find_errors(folder.declare_text(FOREIGN, own_partition="aws"))
    assert [pointed_at(FOREIGN, problem) for problem in found] == list(WRONG)
    assert {problem.code for problem in found} == {"other-partition"}


def test_without_aws_nobody_knows_the_accounts_partition(folder: Folder) -> None:
    assert not require_valid(folder.declare_text(FOREIGN)).problems


def test_in_the_other_partition_the_other_arns_of_the_file_are_wrong(folder: Folder) -> None:
    found = find_errors(folder.declare_text(FOREIGN, partition="aws-cn", own_partition="aws-cn"))
    kept = [arn for arn in WRONG if not arn.startswith("arn:aws-cn:")]
    assert [pointed_at(FOREIGN, problem) for problem in found] == ["arn:aws:s3:::a", *kept]


CHINA = "arn:aws-cn:iam::123456789012:role/r"
HOME = "arn:aws:iam::123456789012:role/r"
SESSION = '{Version: "2012-10-17", Statement: {Effect: Allow, Action: "s3:*", Resource: "arn:%s:s3:::b"}}'


def aliases(*lines: str) -> str:
    return HEAD + "roles: {own: {trust: [{services: [ec2.amazonaws.com]}]}}\naliases:\n  " + "\n  ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("written", "own", "expected"),
    [
        ((f"a: {{role: '{CHINA}', region: eu-west-1}}",), None, ["eu-west-1 region-partition"]),
        ((f"a: {{role: '{CHINA}', region: cn-south-9}}",), None, []),
        ((f"a: {{role: '{CHINA}', region: xx-new-1}}",), None, []),
        (("a: {role: own, region: cn-north-1}",), None, []),
        (("a: {role: own, region: cn-north-1}",), "aws", ["cn-north-1 region-partition"]),
        (("a: {role: own, region: cn-north-1}",), "aws-cn", []),
        ((f"a: {{role: '{HOME}'}}", f"b: {{role: '{CHINA}', via: a}}"), None, ["a other-partition"]),
        ((f"a: {{role: '{CHINA}'}}", f"b: {{role: '{CHINA}', via: a}}"), None, []),
        (("a: {role: own}", f"b: {{role: '{CHINA}', via: a}}"), None, []),
        (("a: {role: own}", f"b: {{role: '{CHINA}', via: a}}"), "aws", ["a other-partition"]),
        ((f"a: {{role: '{CHINA}'}}",), "aws", [f"{CHINA} other-partition"]),
        ((f"a: {{role: '{CHINA}', source_profile: china}}",), "aws", []),
        ((f"a: {{role: '{CHINA}', source_profile: c, policy: {SESSION % 'aws-cn'}}}",), "aws", []),
        (
            (f"a: {{role: '{CHINA}', source_profile: c, policy: {SESSION % 'aws'}}}",),
            None,
            ["arn:aws:s3:::b other-partition"],
        ),
        (
            (f"a: {{role: '{CHINA}', policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']}}",),
            None,
            ["arn:aws:iam::aws:policy/ReadOnlyAccess other-partition"],
        ),
    ],
)
def test_an_alias_stays_in_the_partition_of_its_role(
    written: tuple[str, ...], own: str | None, expected: list[str], folder: Folder
) -> None:
    text = aliases(*written)
    found = folder.declare_text(text, own_partition=own, partition=own or "aws").problems
    assert [f"{pointed_at(text, problem)} {problem.code}" for problem in found] == expected


def test_a_policy_of_aws_that_narrows_a_session_is_that_of_the_roles_partition(folder: Folder) -> None:
    desired = require_valid(
        folder.declare_text(aliases(f"a: {{role: '{CHINA}', policy_arns: ['aws:ReadOnlyAccess']}}"))
    )
    assert desired.aliases["a"].policy_arns == ("arn:aws-cn:iam::aws:policy/ReadOnlyAccess",)
