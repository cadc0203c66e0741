"""What AWS takes but does not do what it seems to."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from reconciler.policy.flaw import Flaw, Path, Use
from reconciler.policy.grammar import flaws

ACCOUNT = "123456789012"
MFA = "aws:MultiFactorAuthPresent"
GITHUB = "token.actions.githubusercontent.com"


def identity(effect: str, condition: object) -> list[Flaw]:
    body = {"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": condition}
    return flaws({"Version": "2012-10-17", "Statement": [body]}, Use.IDENTITY)


def trust(principal: object, action: str = "sts:AssumeRole", **more: object) -> list[Flaw]:
    body = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return flaws({"Version": "2012-10-17", "Statement": [body]}, Use.TRUST)


def github(condition: object, provider: str = GITHUB) -> list[Flaw]:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"
    return trust({"Federated": arn}, "sts:AssumeRoleWithWebIdentity", Condition=condition)


def brief(found: list[Flaw]) -> list[tuple[str, str]]:
    return [(flaw.level.value, flaw.code) for flaw in found]


def at(*steps: str | int) -> Path:
    return ("Statement", 0, *steps)


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
        assert flaw.path == at("Condition", operator, key)


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
    assert flaw.path == at("Condition", operator, "s3:prefix", 1)
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
def test_for_all_values_where_it_is_safe_is_left_alone(effect: str, condition: object) -> None:
    assert identity(effect, condition) == []


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": [ACCOUNT, "*"]}])
def test_a_trust_in_everybody_without_a_condition_is_a_warning(principal: object) -> None:
    assert brief(trust(principal)) == [("warning", "trust-to-anyone")]
    assert brief(trust(principal, Condition={})) == [("warning", "trust-to-anyone")]
    assert trust(principal, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}) == []


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
        {"Null": {f"{GITHUB}:sub": "false"}},
        {"StringLike": {"aws:sub": "repo:acme/app:*"}},
    ],
)
def test_github_without_a_subject_is_an_error_since_aws_refuses_it(condition: object) -> None:
    assert ("error", "oidc-without-subject") in brief(github(condition))


def test_an_enterprises_own_issuer_needs_the_subject_of_that_issuer() -> None:
    own = f"{GITHUB}/acme"
    assert github({"StringLike": {f"{own}:sub": "repo:acme/app:*"}}, own) == []
    assert brief(github({"StringLike": {f"{GITHUB}:sub": "repo:acme/app:*"}}, own)) == [
        ("error", "oidc-without-subject")
    ]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {f"{GITHUB}:sub": "repo:acme/app:ref:refs/heads/main"}},
        {"StringLike": {f"{GITHUB}:SUB": "repo:acme/*"}},
        {"StringLike": {f"{GITHUB}:sub": "repo:acme@*/app@*:ref:refs/heads/main"}},
        {"ForAnyValue:StringLike": {f"{GITHUB}:sub": ["repo:acme/app:*", "repo:acme@1/app@2:*"]}},
        {"StringEquals": {f"{GITHUB}:job_workflow_ref": "acme/app/.github/workflows/a.yml@refs/heads/main"}},
    ],
)
def test_github_narrowed_to_an_organization_is_left_alone(condition: object) -> None:
    assert github(condition) == []


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("*", "oidc-subject-too-wide"),
        ("repo:*", "oidc-subject-too-wide"),
        ("repo:*/*", "oidc-subject-too-wide"),
        ("repo:*:ref:refs/heads/main", "oidc-subject-too-wide"),
        ("repo:*/app:*", "oidc-subject-too-wide"),
        ("repo:acme*/app:*", "oidc-subject-look-alike"),
        ("repo:acme*", "oidc-subject-look-alike"),
    ],
)
def test_a_subject_that_lets_strangers_in_is_a_warning(subject: str, code: str) -> None:
    (flaw,) = github({"StringLike": {f"{GITHUB}:sub": ["repo:acme/app:*", subject]}})
    assert (flaw.level, flaw.code) == (Level.WARNING, code)
    assert flaw.path == at("Condition", "StringLike", f"{GITHUB}:sub", 1)


def test_other_providers_need_no_subject_here() -> None:
    assert github({}, "gitlab.example.com") == []
