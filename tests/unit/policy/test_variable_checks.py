"""Policy variables where AWS reads none (IAM User Guide, "IAM policy elements: Variables and tags")."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from reconciler.policy.flaw import Flaw, Path, PolicyType
from reconciler.policy.grammar import check_document


def statement(**changes: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | changes


def check(**changes: object) -> list[Flaw]:
    return check_document({"Version": "2012-10-17", "Statement": [statement(**changes)]}, PolicyType.IDENTITY)


def when(operator: str, key: str, value: object) -> list[Flaw]:
    return check(Condition={operator: {key: value}})


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("arn:aws:sqs:${aws:RequestedRegion}:123456789012:q", "in place of the region"),
        ("arn:aws:sqs:eu-west-1:${aws:SourceAccount}:q", "in place of the account"),
        ("arn:aws:sqs:eu-west-1:1${aws:PrincipalAccount}:q", "in place of the account"),
        ("arn:aws:${aws:PrincipalTag/service}:eu-west-1:*:q", "in place of the service"),
    ],
)
@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_a_variable_before_the_fifth_colon_is_a_warning(resource: str, words: str, element: str) -> None:
    body = {"Effect": "Deny", "Action": "sqs:SendMessage", element: resource}
    (flaw,) = check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.IDENTITY)
    assert (flaw.level, flaw.code, flaw.path) == (Level.WARNING, "variable-in-wrong-place", ("Statement", 0, element))
    assert words in flaw.summary


@pytest.mark.parametrize(
    "resource",
    [
        *("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::${aws:PrincipalTag/a:b, 'x'}", "arn:aws:s3:::b/${*}"),
        "arn:*:kms:*:${aws:PrincipalAccount}:key/*",
        "arn:aws:iam::123456789012:role/${www.amazon.com:user_id}",
        "arn:aws:s3:::b/${aws:PrincipalTag/Cost Center}",
    ],
)
def test_a_variable_behind_the_fifth_colon_is_what_they_are_for(resource: str) -> None:
    assert check(Resource=resource) == []


PLACES: dict[str, tuple[dict[str, object], Path, bool]] = {
    "Sid": ({"Sid": "${aws:username}"}, ("Sid",), False),
    "Action": ({"Action": "s3:${aws:PrincipalTag/verb}"}, ("Action",), False),
    "Effect": ({"Effect": "${aws:PrincipalTag/effect}"}, ("Effect",), False),
    "a condition key": (
        {"Condition": {"StringEquals": {"aws:PrincipalTag/${aws:username}": "x"}}},
        *(("Condition", "StringEquals", "aws:PrincipalTag/${aws:username}"), True),
    ),
}


@pytest.mark.parametrize(("changes", "path", "at_key"), PLACES.values(), ids=PLACES.keys())
def test_a_variable_in_another_element_is_reported_once(changes: dict[str, object], path: Path, at_key: bool) -> None:
    (flaw,) = check(**changes)
    assert (flaw.path, flaw.at_key) == (("Statement", 0, *path), at_key)


def test_a_variable_in_a_principal_is_an_error_that_says_so() -> None:
    body = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::${aws:x}:root"}}
    (flaw,) = check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.TRUST)
    assert (flaw.level, flaw.code) == (Level.ERROR, "invalid-principal")
    assert "no variables" in flaw.hint


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("NumericLessThan", "s3:max-keys", "${aws:PrincipalTag/most}"),
        ("DateLessThan", "aws:CurrentTime", "${aws:PrincipalTag/until}"),
        ("Bool", "aws:SecureTransport", "${aws:PrincipalTag/tls}"),
        ("IpAddress", "aws:SourceIp", ["203.0.113.7", "${aws:VpcSourceIp}"]),
        ("BinaryEquals", "x:y", "${aws:PrincipalTag/blob}"),
        ("ForAnyValue:NumericEqualsIfExists", "x:y", "${aws:PrincipalTag/n}"),
    ],
)
def test_a_variable_under_another_operator_than_string_and_arn_is_a_warning(
    operator: str, key: str, value: object
) -> None:
    (flaw,) = when(operator, key, value)
    assert (flaw.level, flaw.code) == (Level.WARNING, "variable-under-operator")
    assert "String and Arn" in flaw.hint


@pytest.mark.parametrize(
    "operator",
    ["StringEquals", "StringNotEqualsIgnoreCase", "StringLikeIfExists", "ArnLike", "ForAllValues:StringEquals"],
)
def test_string_and_arn_operators_take_variables(operator: str) -> None:
    assert when(operator, "x:y", "${aws:PrincipalTag/team}") == []


@pytest.mark.parametrize("key", ["aws:PrincipalOrgPaths", "aws:TagKeys", "AWS:calledvia", "sts:TransitiveTagKeys"])
def test_a_key_of_several_values_is_no_variable(key: str) -> None:
    (flaw,) = check(Resource=f"arn:aws:s3:::b/${{{key}}}")
    assert (flaw.level, flaw.code) == (Level.WARNING, "variable-of-many-values")
    (flaw,) = when("StringEquals", "x:y", f"${{{key}}}")
    assert (flaw.level, flaw.code) == (Level.WARNING, "variable-of-many-values")


def test_the_old_version_has_no_variables_to_warn_of() -> None:
    old = {"Version": "2008-10-17", "Statement": [statement(Condition={"NumericEquals": {"x:y": "${aws:TagKeys}"}})]}
    assert [flaw.code for flaw in check_document(old, PolicyType.IDENTITY)] == ["variable-in-old-version"]
