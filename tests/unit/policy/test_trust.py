"""The statement that each trust rule compiles to: the table of the file format's section "Trust rules"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.problem import Place
from reconciler.policy.canonical import canonical
from reconciler.policy.grammar import PolicyType, check_document
from reconciler.policy.trust import (
    CLOSED_TRUST,
    ConditionConflict,
    TrustRule,
    compile_rule,
    compile_trust,
    entity_of,
    find_foreign_principals,
    find_trusted_entities,
)

PLACE = Place("roles.yaml", 1, 1)
ALICE, BOB = "arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:user/eng/bob"
HUB = "arn:aws:iam::123456789012:role/hub"
GITHUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"
SAML = "arn:aws:iam::123456789012:saml-provider/corp"
MAIN = "repo:acme/app:ref:refs/heads/main"


def rule(kind: str, *principals: str, **rest: Any) -> TrustRule:
    return TrustRule(kind, principals, PLACE, **rest)


def allow(principal: Any, action: Any = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": principal, "Action": action}
    return found | ({"Condition": condition} if condition else {})


COMPILED: dict[str, tuple[TrustRule, dict[str, Any]]] = {
    "one user is one string": (rule("users", ALICE), allow({"AWS": ALICE})),
    "several are a list, paths included": (rule("users", ALICE, BOB), allow({"AWS": [ALICE, BOB]})),
    "roles": (rule("roles", HUB), allow({"AWS": HUB})),
    "accounts are their roots": (
        rule("accounts", "210987654321"),
        allow({"AWS": "arn:aws:iam::210987654321:root"}),
    ),
    "services": (rule("services", "ec2.amazonaws.com"), allow({"Service": "ec2.amazonaws.com"})),
    "Roles Anywhere, with all that it needs": (
        rule("services", "rolesanywhere.amazonaws.com"),
        allow(
            {"Service": "rolesanywhere.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
        ),
    ),
    "Roles Anywhere, with session tags asked for": (
        rule("services", "rolesanywhere.amazonaws.com", "ec2.amazonaws.com", session_tags=True),
        allow(
            {"Service": ["rolesanywhere.amazonaws.com", "ec2.amazonaws.com"]},
            ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        ),
    ),
    "account access, with all that it needs": (
        rule("services", "account-access.amazonaws.com"),
        allow({"Service": "account-access.amazonaws.com"}, ["sts:AssumeRole", "sts:SetContext"]),
    ),
    "anyone": (
        rule("anyone", "*", conditions={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        allow({"AWS": "*"}, StringEquals={"aws:PrincipalOrgID": "o-1"}),
    ),
    "mfa: required": (
        rule("users", ALICE, mfa=True),
        allow({"AWS": ALICE}, Bool={"aws:MultiFactorAuthPresent": "true"}),
    ),
    "mfa with max_age": (
        rule("users", ALICE, mfa=True, mfa_max_age=3600),
        allow(
            {"AWS": ALICE},
            Bool={"aws:MultiFactorAuthPresent": "true"},
            NumericLessThan={"aws:MultiFactorAuthAge": "3600"},
        ),
    ),
    "one external id": (
        rule("accounts", "210987654321", external_ids=("abc",)),
        allow({"AWS": "arn:aws:iam::210987654321:root"}, StringEquals={"sts:ExternalId": "abc"}),
    ),
    "several external ids": (
        rule("users", ALICE, external_ids=("abc", "def")),
        allow({"AWS": ALICE}, StringEquals={"sts:ExternalId": ["abc", "def"]}),
    ),
    "session_tags": (
        rule("users", ALICE, session_tags=True),
        allow({"AWS": ALICE}, ["sts:AssumeRole", "sts:TagSession"]),
    ),
    "source_identity": (
        rule("users", ALICE, source_identity=True),
        allow({"AWS": ALICE}, ["sts:AssumeRole", "sts:SetSourceIdentity"]),
    ),
    "both": (
        rule("users", ALICE, session_tags=True, source_identity=True),
        allow({"AWS": ALICE}, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]),
    ),
    "oidc, plain subject": (
        rule("oidc", PROVIDER, subjects=(MAIN,)),
        allow(
            {"Federated": PROVIDER},
            "sts:AssumeRoleWithWebIdentity",
            StringEquals={f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": MAIN},
        ),
    ),
    "oidc, one pattern makes all StringLike": (
        rule("oidc", PROVIDER, subjects=(MAIN, "repo:acme/*")),
        allow(
            {"Federated": PROVIDER},
            "sts:AssumeRoleWithWebIdentity",
            StringLike={f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": [MAIN, "repo:acme/*"]},
        ),
    ),
    "oidc, a question mark is a pattern": (
        rule("oidc", PROVIDER, subjects=("repo:acme/app?",)),
        allow(
            {"Federated": PROVIDER},
            "sts:AssumeRoleWithWebIdentity",
            StringLike={f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": "repo:acme/app?"},
        ),
    ),
    "oidc, audiences of its own": (
        rule("oidc", PROVIDER, subjects=(MAIN,), audiences=("a", "b")),
        allow(
            {"Federated": PROVIDER},
            "sts:AssumeRoleWithWebIdentity",
            StringEquals={f"{GITHUB}:aud": ["a", "b"], f"{GITHUB}:sub": MAIN},
        ),
    ),
    "oidc, provider with a path": (
        rule(
            "oidc", "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/X", subjects=("s",)
        ),
        allow(
            {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/X"},
            "sts:AssumeRoleWithWebIdentity",
            StringEquals={
                "oidc.eks.eu-central-1.amazonaws.com/id/X:aud": "sts.amazonaws.com",
                "oidc.eks.eu-central-1.amazonaws.com/id/X:sub": "s",
            },
        ),
    ),
    "saml": (
        rule("saml", SAML),
        allow(
            {"Federated": SAML},
            "sts:AssumeRoleWithSAML",
            StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"},
        ),
    ),
    "saml with session tags": (
        rule("saml", SAML, session_tags=True),
        allow(
            {"Federated": SAML},
            ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"},
        ),
    ),
    "a sid": (rule("users", ALICE, sid="People"), {"Sid": "People", **allow({"AWS": ALICE})}),
    "conditions beside those of the rule": (
        rule("users", ALICE, mfa=True, conditions={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        allow(
            {"AWS": ALICE},
            Bool={"aws:MultiFactorAuthPresent": "true"},
            IpAddress={"aws:SourceIp": "203.0.113.0/24"},
        ),
    ),
    "conditions under the same operator": (
        rule("users", ALICE, external_ids=("abc",), conditions={"StringEquals": {"aws:PrincipalTag/team": "x"}}),
        allow({"AWS": ALICE}, StringEquals={"sts:ExternalId": "abc", "aws:PrincipalTag/team": "x"}),
    ),
}


@pytest.mark.parametrize(("written", "statement"), COMPILED.values(), ids=COMPILED.keys())
def test_a_trust_rule_compiles_to_its_statement(written: TrustRule, statement: dict[str, Any]) -> None:
    assert compile_rule(written, "aws") == statement
    assert [
        flaw for flaw in check_document(compile_trust([written], "aws"), PolicyType.TRUST) if flaw.level == "error"
    ] == []


def test_an_account_is_a_root_of_the_partition() -> None:
    compiled = compile_rule(rule("accounts", "210987654321", "210987654322"), "aws-cn")
    assert compiled["Principal"] == {"AWS": ["arn:aws-cn:iam::210987654321:root", "arn:aws-cn:iam::210987654322:root"]}


CLASHES = {
    "mfa": (
        rule("users", ALICE, mfa=True, conditions={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        ("Bool", "aws:MultiFactorAuthPresent"),
    ),
    "mfa in another letter case": (
        rule("users", ALICE, mfa=True, conditions={"Bool": {"AWS:multifactorauthpresent": "true"}}),
        ("Bool", "AWS:multifactorauthpresent"),
    ),
    "external id": (
        rule("users", ALICE, external_ids=("abc",), conditions={"StringEquals": {"sts:ExternalId": "x"}}),
        ("StringEquals", "sts:ExternalId"),
    ),
    "sub": (
        rule("oidc", PROVIDER, subjects=(MAIN,), conditions={"StringEquals": {f"{GITHUB}:sub": "x"}}),
        ("StringEquals", f"{GITHUB}:sub"),
    ),
}


@pytest.mark.parametrize(("written", "where"), CLASHES.values(), ids=CLASHES.keys())
def test_conditions_never_overwrite_what_the_rule_itself_sets(written: TrustRule, where: tuple[str, str]) -> None:
    with pytest.raises(ConditionConflict) as clash:
        compile_rule(written, "aws")
    assert clash.value.args == where


def test_compiling_leaves_the_written_conditions_alone() -> None:
    conditions = {"StringEquals": {"aws:PrincipalTag/team": "x"}}
    compile_rule(rule("users", ALICE, external_ids=("abc",), conditions=conditions), "aws")
    assert conditions == {"StringEquals": {"aws:PrincipalTag/team": "x"}}


def test_a_list_of_rules_is_one_document_in_their_order() -> None:
    compiled = compile_trust([rule("users", ALICE), rule("services", "ec2.amazonaws.com")], "aws")
    assert compiled == {
        "Version": "2012-10-17",
        "Statement": [allow({"AWS": ALICE}), allow({"Service": "ec2.amazonaws.com"})],
    }


def test_the_closed_trust_is_valid_and_lets_nobody_in() -> None:
    closed = json.loads(CLOSED_TRUST)
    assert [statement["Effect"] for statement in closed["Statement"]] == ["Deny"]
    assert check_document(closed, PolicyType.TRUST) == []


@pytest.mark.parametrize(
    ("arn", "address"),
    [
        (ALICE, Address("user", "alice")),
        (BOB, Address("user", "bob")),
        ("arn:aws-cn:iam::123456789012:role/a/b/c", Address("role", "c")),
        ("arn:aws:iam::210987654321:user/alice", None),
        ("arn:aws:iam::123456789012:root", None),
        ("arn:aws:iam::123456789012:group/g", None),
        ("arn:aws:sts::123456789012:assumed-role/hub/session", None),
        ("AIDAIOSFODNN7EXAMPLE1", None),
        ("123456789012", None),
        ("*", None),
    ],
)
def test_only_users_and_roles_of_the_account_are_entities(arn: str, address: Address | None) -> None:
    assert entity_of(arn, "123456789012") == address


def test_whoever_a_trust_names_must_exist_whether_allowed_or_denied() -> None:
    document = canonical(
        {
            "Statement": [
                allow({"AWS": [ALICE, "210987654321"], "Service": "ec2.amazonaws.com"}),
                {"Effect": "Deny", "NotPrincipal": {"AWS": HUB}, "Action": "sts:AssumeRole"},
            ]
        }
    )
    assert find_trusted_entities(document, "123456789012") == {Address("user", "alice"), Address("role", "hub")}


def test_users_and_roles_of_other_accounts_are_found_by_their_arns() -> None:
    ci, bot = "arn:aws:iam::210987654321:role/build/ci", "arn:aws-cn:iam::310987654321:user/bot"
    others = ["210987654321", "arn:aws:iam::210987654321:root", "arn:aws:sts::210987654321:assumed-role/ci/x", "*"]
    document = canonical(
        {
            "Statement": [
                allow({"AWS": [ALICE, HUB, ci, *others], "Service": "ec2.amazonaws.com"}),
                {"Effect": "Deny", "NotPrincipal": {"AWS": bot}, "Action": "sts:AssumeRole"},
            ]
        }
    )
    assert find_foreign_principals(document, "123456789012") == {ci, bot}
    assert find_foreign_principals(document, "210987654321") == {ALICE, HUB, bot}
