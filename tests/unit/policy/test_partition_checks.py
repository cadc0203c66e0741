"""An ARN of another partition is refused where IAM refuses it, and nowhere else."""

from __future__ import annotations

import pytest

from reconciler.policy.canonical import canonical
from reconciler.policy.partition_checks import check_partition, find_foreign_arns, is_foreign_arn


@pytest.mark.parametrize(
    ("arn", "partition", "expected"),
    [
        ("arn:aws:s3:::b", "aws", False),
        ("arn:aws:s3:::b", "aws-cn", True),
        ("arn:aws-cn:s3:::b", "aws", True),
        ("arn:aws-us-gov:iam::aws:policy/x", "aws-us-gov", False),
        ("arn:*:s3:::b", "aws-cn", False),
        ("arn:aws*:s3:::b", "aws-cn", False),
        ("arn:aw?:s3:::b", "aws", False),
        ("arn:${aws:Partition}:s3:::b", "aws", True),
        ("*", "aws-cn", False),
        ("", "aws-cn", False),
        ("arn", "aws-cn", False),
        ("210987654321", "aws-cn", False),
    ],
)
def test_an_arn_is_foreign_if_its_partition_is_another_in_plain_text(arn: str, partition: str, expected: bool) -> None:
    assert is_foreign_arn(arn, partition) is expected


DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws-cn:s3:::b", "arn:aws:s3:::b", "arn:*:s3:::b"]},
        {
            "Effect": "Deny",
            "Action": "s3:*",
            "NotResource": "arn:aws-cn:s3:::c",
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws-cn:iam::*:role/x"}},
        },
    ],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {
            "AWS": ["arn:aws-cn:iam::210987654321:root", "210987654321", "arn:aws:iam::210987654321:user/a"],
            "Service": "ec2.amazonaws.com.cn",
            "Federated": "arn:aws-cn:iam::210987654321:saml-provider/x",
        },
        "Action": "sts:AssumeRole",
    },
}


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        (DOCUMENT, [("Statement", 0, "Resource", 0), ("Statement", 1, "NotResource")]),
        (TRUST, [("Statement", "Principal", "AWS", 0), ("Statement", "Principal", "Federated")]),
        ({"Statement": [{"Resource": [7, None, {}]}, "no"]}, []),
        ("no document", []),
    ],
)
def test_resources_and_principals_are_checked_and_conditions_are_not(
    document: object, paths: list[tuple[str | int, ...]]
) -> None:
    found = list(check_partition(document, "aws"))
    assert [flaw.path for flaw in found] == paths
    for flaw in found:
        assert flaw.code == "other-partition"
        assert "is in the partition aws-cn, but the account is in aws" in flaw.summary
        assert flaw.hint.startswith("Write arn:aws:")


def test_what_aws_answers_is_quoted() -> None:
    resource, principal = next(check_partition(DOCUMENT, "aws")), next(check_partition(TRUST, "aws"))
    assert 'Partition "aws-cn" is not valid for resource' in resource.summary
    assert "Invalid principal in policy" in principal.summary


def test_the_quick_look_finds_what_the_check_of_a_file_finds() -> None:
    found = find_foreign_arns([canonical(DOCUMENT), canonical(TRUST)], ["arn:aws-cn:iam::aws:policy/x", ""], "aws")
    assert sorted(set(found)) == [
        "arn:aws-cn:iam::210987654321:root",
        "arn:aws-cn:iam::210987654321:saml-provider/x",
        "arn:aws-cn:iam::aws:policy/x",
        "arn:aws-cn:s3:::b",
        "arn:aws-cn:s3:::c",
    ]
    assert not list(find_foreign_arns([], [], "aws"))
