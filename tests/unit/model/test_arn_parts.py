"""The parts of an ARN, as IAM reads and completes them (IAM User Guide, "IAM identifiers")."""

from __future__ import annotations

import pytest

from reconciler.model.arn_parts import complete_arn, split_arn


@pytest.mark.parametrize(
    ("written", "completed"),
    [
        ("arn:aws:sqs", "arn:aws:sqs:*:*:*"),
        ("arn:aws:sqs:us-east-1", "arn:aws:sqs:us-east-1:*:*"),
        ("arn:aws:sqs:us-east-1:123456789012", "arn:aws:sqs:us-east-1:123456789012:*"),
        ("arn:aws:s3:*", "arn:aws:s3:*:*:*"),
        ("arn:aws:sqs:${aws:PrincipalTag/region}", "arn:aws:sqs:${aws:PrincipalTag/region}:*:*"),
        *((whole, whole) for whole in ("*", "arn:aws:s3:::b", "arn:aws:logs:eu-west-1:1:log-group:a:*", "s3", "")),
        *((refused, refused) for refused in ("arn:aws", "arn:aws:", "arn:", "arn:aws:s3::b", "arn:aws::x")),
    ],
)
def test_missing_parts_are_wildcards(written: str, completed: str) -> None:
    assert complete_arn(written) == completed


def test_the_colon_of_a_variable_separates_nothing() -> None:
    parts = split_arn("arn:*:kms:*:${aws:PrincipalAccount}:key/${aws:username}:x")
    assert parts is not None
    assert (parts.partition, parts.service, parts.account) == ("*", "kms", "${aws:PrincipalAccount}")
    assert parts.resource == "key/${aws:username}:x"
    assert str(parts) == "arn:*:kms:*:${aws:PrincipalAccount}:key/${aws:username}:x"


@pytest.mark.parametrize("text", ["*", "", "arn", "s3:::b", "ARN:aws:s3:::b", "x:arn:aws:s3:::b"])
def test_what_does_not_begin_with_arn_has_no_parts(text: str) -> None:
    assert split_arn(text) is None


def test_parts_that_are_not_written_are_wildcards() -> None:
    assert split_arn("arn:aws-cn:sqs") == ("aws-cn", "sqs", "*", "*", "*")


@pytest.mark.parametrize("text", ["arn:" + "${a" * 50_000, "arn:" + "${a:" * 50_000, "arn:" + ":" * 100_000])
def test_no_text_takes_long(text: str) -> None:
    assert str(split_arn(text)).startswith(text[:1000])
