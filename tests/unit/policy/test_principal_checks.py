"""Trust policies as their author wrote them: who is named, and whether the actions fit."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.problem import Level
from reconciler.policy.grammar import Flaw, Path, PolicyType, check_document
from tests.support.flaws import at_statement, codes_of

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
ABSENT = object()


def trust(**changes: object) -> list[Flaw]:
    """The flaws of a good trust policy, changed; ABSENT drops an element."""
    merged = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROOT}, **changes}
    body = {name: value for name, value in merged.items() if value is not ABSENT}
    return check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.TRUST)


def test_a_good_trust_has_no_flaw() -> None:
    assert trust() == []


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"Principal": ABSENT}, "missing-principal", at_statement()),
        ({"NotPrincipal": {"AWS": ROOT}}, "not-principal-in-trust", at_statement("NotPrincipal")),
        ({"Principal": ABSENT, "NotPrincipal": {"AWS": ROOT}}, "not-principal-in-trust", at_statement("NotPrincipal")),
        (
            {"Effect": "Deny", "Principal": ABSENT, "NotPrincipal": {"AWS": ROOT}},
            "not-principal-in-trust",
            at_statement("NotPrincipal"),
        ),
        ({"Resource": "*"}, "resource-not-allowed", at_statement("Resource")),
        ({"NotResource": "*"}, "resource-not-allowed", at_statement("NotResource")),
        ({"Sid": "a b"}, "invalid-sid", at_statement("Sid")),
        ({"Action": "s3:GetObject"}, "action-not-for-trust", at_statement("Action")),
        ({"Action": ["sts:TagSessions"]}, "action-not-for-trust", at_statement("Action", 0)),
        ({"Action": ABSENT, "NotAction": "sts:TagSessions"}, "action-not-for-trust", at_statement("NotAction")),
        ({"Action": "sts:Assumes*"}, "action-not-for-trust", at_statement("Action")),
        ({"Action": "AssumeRole"}, "invalid-action", at_statement("Action")),
        ({"Principal": ROOT}, "invalid-principal", at_statement("Principal")),
        ({"Principal": [ROOT]}, "invalid-principal", at_statement("Principal")),
        ({"Principal": None}, "invalid-principal", at_statement("Principal")),
        ({"Principal": {}}, "invalid-principal", at_statement("Principal")),
        ({"Principal": {"AWS": []}}, "empty-list", at_statement("Principal", "AWS")),
        ({"Principal": {"AWS": None}}, "not-a-string", at_statement("Principal", "AWS")),
        ({"Principal": {"AWS": [ROOT, True]}}, "not-a-string", at_statement("Principal", "AWS", 1)),
        ({"Principal": {"aws": ROOT}}, "unknown-principal-type", at_statement("Principal", "aws")),
        ({"Principal": {"Services": "x.y"}}, "unknown-principal-type", at_statement("Principal", "Services")),
        ({"Principal": {"CanonicalUser": "0f"}}, "canonical-user-in-trust", at_statement("Principal", "CanonicalUser")),
        ({"Principal": {"AWS": 12345678901}}, "account-not-quoted", at_statement("Principal", "AWS")),
        ({"Principal": {"AWS": [ROOT, 123456789012]}}, "account-not-quoted", at_statement("Principal", "AWS", 1)),
    ],
)
def test_a_trust_that_aws_refuses_is_an_error(changes: dict[str, Any], code: str, path: Path) -> None:
    (flaw,) = trust(**changes)
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, code, path)


def test_a_number_for_an_account_is_quoted_with_its_leading_zeros() -> None:
    (flaw,) = trust(Principal={"AWS": 12345678901})
    assert flaw.hint == 'Quote it: "012345678901".'


def test_a_misspelt_action_of_a_trust_is_suggested() -> None:
    (flaw,) = trust(Action="sts:AssumeRoles")
    assert flaw.hint == "Did you mean sts:AssumeRole?"


@pytest.mark.parametrize("action", ["STS:assumerole", ["sts:AssumeRole", "sts:TagSession", "sts:SetContext"]])
def test_a_trust_takes_actions_that_assume(action: object) -> None:
    assert trust(Action=action) == []


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": ACCOUNT},
        {"AWS": [ROOT, f"arn:aws:iam::{ACCOUNT}:user/team/alice", f"arn:aws-cn:iam::{ACCOUNT}:role/x"]},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session@example.com"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"},
        {"AWS": "AROAEXAMPLEEXAMPLE123"},
        {"AWS": "AIDAEXAMPLEEXAMPLE123"},
        {"Service": ["ec2.amazonaws.com", "states.eu-west-1.amazonaws.com", "ec2.amazonaws.com.cn"]},
        {"AWS": ROOT, "Service": "lambda.amazonaws.com"},
    ],
)
def test_a_principal_that_aws_knows_is_taken(principal: object) -> None:
    assert trust(Principal=principal) == []


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("AWS", "12345678901", "invalid-principal"),
        ("AWS", "alice", "invalid-principal"),
        ("AWS", "", "invalid-principal"),
        ("AWS", f"arn:aws:iam::{ACCOUNT}:user", "invalid-principal"),
        ("AWS", f"arn:aws:iam::{ACCOUNT}:policy/x", "invalid-principal"),
        ("AWS", f"arn:aws:iam:{ACCOUNT}:user/alice", "invalid-principal"),
        ("AWS", f"arn:aws:sts::{ACCOUNT}:assumed-role/app", "invalid-principal"),
        ("AWS", "arn:aws:iam::${aws:PrincipalAccount}:root", "invalid-principal"),
        ("AWS", f"arn:aws:iam::{ACCOUNT}:role/*", "principal-wildcard"),
        ("AWS", f"arn:aws:sts::{ACCOUNT}:assumed-role/app/*", "principal-wildcard"),
        ("AWS", "12345678901?", "principal-wildcard"),
        ("AWS", f"arn:aws:iam::{ACCOUNT}:group/admins", "group-as-principal"),
        ("Service", "*", "principal-wildcard"),
        ("Service", "ec2", "invalid-principal"),
        ("Service", "https://ec2", "invalid-principal"),
        ("Service", ROOT, "invalid-principal"),
    ],
)
def test_a_principal_that_aws_does_not_know_is_an_error(kind: str, text: str, code: str) -> None:
    (flaw,) = trust(Principal={kind: text})
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, code, at_statement("Principal", kind))


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        ("AWS", "ec2.amazonaws.com", "Write services under Service."),
        ("Service", ROOT, "Write accounts, users and roles under AWS."),
        ("Service", "lambda", "Did you mean lambda.amazonaws.com?"),
        ("AWS", SAML, "Write providers under Federated."),
    ],
)
def test_a_principal_under_the_wrong_kind_is_sent_to_the_right_one(kind: str, text: str, hint: str) -> None:
    found = trust(Principal={kind: text})
    assert [flaw.hint for flaw in found if flaw.code == "invalid-principal"] == [hint]


@pytest.mark.parametrize(
    "provider",
    [
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1",
        *("cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com"),
    ],
)
def test_web_identity_providers_are_taken(provider: str) -> None:
    keys = ("gitlab.com:sub", "cognito-identity.amazonaws.com:aud")
    condition = {"StringEquals": dict.fromkeys(keys, "mine")}
    found = trust(Principal={"Federated": provider}, Action="sts:AssumeRoleWithWebIdentity", Condition=condition)
    assert found == []


def test_a_federated_principal_that_is_no_provider_is_an_error() -> None:
    assert "invalid-principal" in codes_of(
        trust(Principal={"Federated": "gitlab.com"}, Action="sts:AssumeRoleWithWebIdentity")
    )


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        ({"Federated": SAML}, "sts:AssumeRole"),
        ({"Federated": SAML}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithSAML"),
        ({"AWS": ROOT}, "sts:AssumeRoleWithSAML"),
        ({"Service": "ec2.amazonaws.com"}, "sts:AssumeRoleWithWebIdentity"),
        ({"AWS": ROOT}, "sts:AssumeRoleWith*"),
    ],
)
def test_an_action_that_no_principal_can_call_is_an_error(principal: object, action: str) -> None:
    (flaw,) = [item for item in trust(Principal=principal, Action=["sts:TagSession", action]) if item.level == "error"]
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, "principal-action-mismatch", at_statement("Action", 1))
    assert "Did you mean sts:AssumeRole" in flaw.hint


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        ({"Federated": SAML}, ["sts:AssumeRoleWithSAML", "sts:TagSession"]),
        ({"Federated": SAML, "AWS": ROOT}, ["sts:AssumeRoleWithSAML", "sts:AssumeRole"]),
        ({"Federated": SAML}, "sts:*"),
    ],
)
def test_an_action_that_one_of_the_principals_can_call_is_taken(principal: object, action: object) -> None:
    assert [flaw for flaw in trust(Principal=principal, Action=action) if flaw.level == "error"] == []


def test_a_deny_to_everybody_takes_every_action() -> None:
    assert trust(Effect="Deny", Principal={"AWS": "*"}, Action="sts:AssumeRoleWithSAML") == []


def test_an_action_without_its_service_is_suggested_with_it() -> None:
    (flaw,) = trust(Action="AssumeRole")
    assert "sts:AssumeRole" in flaw.hint
