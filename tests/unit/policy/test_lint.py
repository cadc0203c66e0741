"""Statements that AWS takes and that do not do what they seem to."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from reconciler.policy.flaw import Flaw, PolicyType
from reconciler.policy.grammar import check_document
from tests.support.flaws import at_statement

MFA = "aws:MultiFactorAuthPresent"
GITHUB = "token.actions.githubusercontent.com"


def identity(effect: str, condition: object) -> list[Flaw]:
    body = {"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": condition}
    return check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.IDENTITY)


@pytest.mark.parametrize(
    ("effect", "operator", "value", "code"),
    [
        ("Deny", "Bool", "false", "mfa-deny-misses-access-keys"),
        ("Deny", "Bool", False, "mfa-deny-misses-access-keys"),
        ("Deny", "Bool", ["False"], "mfa-deny-misses-access-keys"),
        ("Allow", "BoolIfExists", "true", "mfa-allow-if-exists"),
        ("Allow", "BoolIfExists", True, "mfa-allow-if-exists"),
        ("Allow", "Null", "false", "mfa-null-test"),
        ("Deny", "Null", "true", "mfa-null-test"),
    ],
)
def test_a_test_of_mfa_that_lets_through_is_a_warning(effect: str, operator: str, value: object, code: str) -> None:
    for key in (MFA, MFA.lower()):
        (flaw,) = identity(effect, {operator: {key: value}})
        assert (flaw.level, flaw.code) == (Level.WARNING, code)
        assert flaw.path == at_statement("Condition", operator, key)


@pytest.mark.parametrize(
    ("effect", "condition"),
    [
        ("Allow", {"Bool": {MFA: "true"}}),
        ("Allow", {"Bool": {MFA: True}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        ("Deny", {"BoolIfExists": {MFA: "false"}}),
        ("Deny", {"BoolIfExists": {MFA: False}}),
        ("Deny", {"Null": {"aws:MultiFactorAuthAge": "true"}}),
    ],
)
def test_a_right_test_of_mfa_is_left_alone(effect: str, condition: object) -> None:
    assert identity(effect, condition) == []


@pytest.mark.parametrize(
    ("operator", "like"),
    [
        ("StringEquals", "StringLike"),
        ("StringNotEquals", "StringNotLike"),
        ("StringEqualsIfExists", "StringLikeIfExists"),
        ("ForAnyValue:StringEquals", "ForAnyValue:StringLike"),
        ("StringEqualsIgnoreCase", "StringLike"),
    ],
)
def test_an_asterisk_that_is_taken_literally_is_a_warning(operator: str, like: str) -> None:
    (flaw,) = identity("Allow", {operator: {"s3:prefix": ["home/", "home/*"]}})
    assert (flaw.level, flaw.code) == (Level.WARNING, "wildcard-without-like")
    assert flaw.path == at_statement("Condition", operator, "s3:prefix", 1)
    assert flaw.hint == f"Did you mean {like}?"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"s3:prefix": "home/*"}},
        {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}},
        {"StringEquals": {"s3:prefix": "home/${*}"}},
    ],
)
def test_an_asterisk_that_works_or_is_meant_literally_is_left_alone(condition: object) -> None:
    assert identity("Allow", condition) == []


@pytest.mark.parametrize("key", ["aws:PrincipalOrgID", "aws:RequestTag/team", "aws:sourcevpc", f"{GITHUB}:aud"])
def test_for_all_values_on_a_key_with_one_value_is_a_warning(key: str) -> None:
    (flaw,) = identity("Allow", {"ForAllValues:StringEquals": {key: "x"}})
    assert (flaw.level, flaw.code) == (Level.WARNING, "for-all-values-on-single-value")
    assert flaw.hint == "Did you mean StringEquals?"


@pytest.mark.parametrize(
    ("effect", "condition"),
    [
        ("Allow", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}),
        ("Allow", {"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        ("Deny", {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        (
            "Allow",
            {
                "ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"},
                "Null": {"aws:principalorgid": "false"},
            },
        ),
    ],
)
def test_for_all_values_if_it_is_safe_is_left_alone(effect: str, condition: object) -> None:
    assert identity(effect, condition) == []


@pytest.mark.parametrize(
    ("operator", "key", "name", "found"),
    [
        ("StringEquals", "iam:PassedToService", "ecs-task.amazonaws.com", ["unknown-service-principal"]),
        ("StringLike", "iam:passedtoservice", "lamda.amazonaws.com", ["unknown-service-principal"]),
        ("StringEquals", "iam:AWSServiceName", "ec2.amazon.com", ["unknown-service-principal"]),
        ("ForAnyValue:StringEquals", "aws:CalledVia", "cloudformations.amazonaws.com", ["unknown-service-principal"]),
        ("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com", []),
        ("StringLike", "iam:PassedToService", "ecs-task*.amazonaws.com", []),
        ("StringLike", "iam:PassedToService", "*", []),
        ("StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com", []),
        ("StringEquals", "aws:PrincipalTag/service", "ecs-task.amazonaws.com", []),
    ],
)
def test_a_service_in_a_condition_that_aws_does_not_have_is_a_warning(
    operator: str, key: str, name: str, found: list[str]
) -> None:
    flaws_of = identity("Allow", {operator: {key: ["ec2.amazonaws.com", name]}})
    assert [(flaw.level, flaw.code, flaw.path[-1]) for flaw in flaws_of] == [(Level.WARNING, code, 1) for code in found]
