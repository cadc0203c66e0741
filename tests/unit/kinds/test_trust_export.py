"""Trust policies become trust rules exactly where rules can say the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.kinds.export_context import ExportContext, as_nodes
from reconciler.kinds.trust_export import export_trust_rules
from reconciler.kinds.trust_rules import read_trust
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Role, User
from reconciler.model.live import State
from reconciler.policy.canonical import canonical
from tests.support.examples import examples
from tests.support.strategies import documents

ACCOUNT = "123456789012"
ALICE, BOB = f"arn:aws:iam::{ACCOUNT}:user/eng/alice", f"arn:aws:iam::{ACCOUNT}:user/bob"
HUB, ELSEWHERE = f"arn:aws:iam::{ACCOUNT}:role/hub", "arn:aws:iam::210987654321:role/hub"
ROOT = "arn:aws:iam::210987654321:root"
GITHUB = "token.actions.githubusercontent.com"
PROVIDER, SAML = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}", f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
MFA = {"aws:MultiFactorAuthPresent": "true"}
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}

WRITING = ExportContext(
    State(ACCOUNT, "aws", {e.address: e for e in (User("alice", "/eng/"), User("bob"), Role("hub", canonical({})))}),
    None,
    frozenset([Address("user", "alice"), Address("role", "hub")]),
)
"""A file that declares alice and hub, and not bob."""


def trust(*statements: dict[str, Any], **more: Any) -> Document:
    return canonical({"Version": "2012-10-17", "Statement": list(statements), **more})


def allow(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def github(operator: str, subject: str, audience: str = "sts.amazonaws.com") -> dict[str, Any]:
    return {operator: {f"{GITHUB}:sub": subject, f"{GITHUB}:aud": audience}}


WEB = "sts:AssumeRoleWithWebIdentity"
RULES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a user of the file by name": (allow({"AWS": ALICE}), {"users": ["alice"]}),
    "others by ARN, after names": (allow({"AWS": [BOB, ALICE]}), {"users": ["alice", BOB]}),
    "a list of one": (allow({"AWS": [ALICE]}), {"users": ["alice"]}),
    "a role by name, of another account by ARN": (allow({"AWS": [ELSEWHERE, HUB]}), {"roles": ["hub", ELSEWHERE]}),
    "accounts": (allow({"AWS": [ROOT, "333333333333"]}), {"accounts": ["210987654321", "333333333333"]}),
    "services": (
        allow({"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]}),
        {"services": ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]},
    ),
    "Roles Anywhere, whose actions go without saying": (
        allow(
            {"Service": "rolesanywhere.amazonaws.com"}, ["sts:TagSession", "sts:AssumeRole", "sts:SetSourceIdentity"]
        ),
        {"services": ["rolesanywhere.amazonaws.com"]},
    ),
    "account access with session tags": (
        allow({"Service": "account-access.amazonaws.com"}, ["sts:AssumeRole", "sts:SetContext", "sts:TagSession"]),
        {"services": ["account-access.amazonaws.com"], "session_tags": True},
    ),
    "an action in another case": (allow({"AWS": ALICE}, "sts:assumerole"), {"users": ["alice"]}),
    "mfa": (allow({"AWS": ALICE}, Condition={"Bool": MFA}), {"users": ["alice"], "mfa": "required"}),
    "mfa as a boolean, key in another case": (
        allow({"AWS": ALICE}, Condition={"Bool": {"aws:multifactorauthpresent": True}}),
        {"users": ["alice"], "mfa": "required"},
    ),
    "mfa with an age": (
        allow({"AWS": ALICE}, Condition={"Bool": MFA, "NumericLessThan": {"aws:MultiFactorAuthAge": "2700"}}),
        {"users": ["alice"], "mfa": {"max_age": "45m"}},
    ),
    "an age alone is a condition": (
        allow({"AWS": ALICE}, Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}),
        {"users": ["alice"], "conditions": {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}},
    ),
    "no mfa present is a condition": (
        allow({"AWS": ALICE}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        {"users": ["alice"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
    ),
    "mfa of a role is a condition": (
        allow({"AWS": HUB}, Condition={"Bool": MFA}),
        {"roles": ["hub"], "conditions": {"Bool": MFA}},
    ),
    "one external id": (
        allow({"AWS": ROOT}, Condition={"StringEquals": {"sts:ExternalId": "abc"}}),
        {"accounts": ["210987654321"], "external_id": "abc"},
    ),
    "several, and what is beside them": (
        allow({"AWS": ROOT}, Condition={"StringEquals": {"sts:ExternalId": ["b1", "a1"], "aws:PrincipalOrgID": "o-1"}}),
        {"accounts": ["210987654321"], "external_id": ["a1", "b1"], "conditions": ORG},
    ),
    "an external id that a rule refuses": (
        allow({"AWS": ROOT}, Condition={"StringEquals": {"sts:ExternalId": "a b"}}),
        {"accounts": ["210987654321"], "conditions": {"StringEquals": {"sts:ExternalId": "a b"}}},
    ),
    "session tags, source identity, sid": (
        allow({"AWS": ALICE}, ["sts:TagSession", "sts:AssumeRole", "sts:SetSourceIdentity"], Sid="People"),
        {"users": ["alice"], "session_tags": True, "source_identity": True, "sid": "People"},
    ),
    "oidc": (
        allow({"Federated": PROVIDER}, WEB, Condition=github("StringEquals", "repo:a/b:ref:refs/heads/main")),
        {"oidc": PROVIDER, "subjects": ["repo:a/b:ref:refs/heads/main"]},
    ),
    "oidc with patterns and an audience": (
        allow({"Federated": [PROVIDER]}, WEB, Condition=github("StringLike", "repo:a/*", "https://a")),
        {"oidc": PROVIDER, "subjects": ["repo:a/*"], "audiences": ["https://a"]},
    ),
    "saml": (
        allow(
            {"Federated": SAML},
            "sts:AssumeRoleWithSAML",
            Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        ),
        {"saml": SAML},
    ),
    "anyone of an organization": (allow({"AWS": "*"}, Condition=ORG), {"anyone": True, "conditions": ORG}),
}


@pytest.mark.parametrize("name", RULES)
def test_a_statement_becomes_the_rule_that_a_person_would_write(name: str) -> None:
    statement, rule = RULES[name]
    assert export_trust_rules(trust(statement), WRITING) == [rule]


RAW: dict[str, Document] = {
    "a Deny": trust({**allow({"AWS": ALICE}), "Effect": "Deny"}),
    "one good statement and one bad": trust(allow({"AWS": ALICE}), {**allow({"AWS": BOB}), "Effect": "Deny"}),
    "NotPrincipal": trust({"Effect": "Allow", "NotPrincipal": {"AWS": ALICE}, "Action": "sts:AssumeRole"}),
    "users and roles together": trust(allow({"AWS": [ALICE, HUB]})),
    "a user and a service together": trust(allow({"AWS": ALICE, "Service": "ec2.amazonaws.com"})),
    "Roles Anywhere without what it needs": trust(allow({"Service": "rolesanywhere.amazonaws.com"})),
    "a bare star": trust(allow("*", Condition=ORG)),
    "anyone without a condition": trust(allow({"AWS": "*"})),
    "a wildcard action": trust(allow({"AWS": ALICE}, "sts:*")),
    "only a tag action": trust(allow({"AWS": ALICE}, "sts:TagSession")),
    "a session": trust(allow({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/hub/me"})),
    "what is left of a deleted user": trust(allow({"AWS": "AIDADANGLING000000000"})),
    "oidc without a subject": trust(
        allow({"Federated": PROVIDER}, WEB, Condition={"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}})
    ),
    "oidc with two operators": trust(
        allow(
            {"Federated": PROVIDER},
            WEB,
            Condition={"StringEquals": {f"{GITHUB}:aud": "a"}, "StringLike": {f"{GITHUB}:sub": "repo:a/*"}},
        )
    ),
    "oidc for every subject": trust(allow({"Federated": PROVIDER}, WEB, Condition=github("StringLike", "*"))),
    "saml without its audience": trust(allow({"Federated": SAML}, "sts:AssumeRoleWithSAML")),
    "a built-in provider": trust(allow({"Federated": "cognito-identity.amazonaws.com"}, WEB)),
    "an Id": trust(allow({"AWS": ALICE}), Id="x"),
    "the old version": canonical({"Version": "2008-10-17", "Statement": [allow({"AWS": ALICE})]}),
    "no version": canonical({"Statement": [allow({"AWS": ALICE})]}),
    "an unknown element": trust(allow({"AWS": ALICE}, Resources="*")),
    "no statement": trust(),
    "no JSON": canonical("{"),
}


@pytest.mark.parametrize("name", RAW)
def test_what_no_rule_says_stays_a_document(name: str) -> None:
    assert export_trust_rules(RAW[name], WRITING) is None


def compile_rules(rules: list[dict[str, Any]]) -> Document | None:
    return read_trust(as_nodes({"trust": rules}, "x"), WRITING.declare_context)  # type: ignore[arg-type]


@examples(100)
@given(documents())
def test_rules_always_say_what_the_document_says(raw: dict[str, Any]) -> None:
    document = canonical(raw)
    rules = export_trust_rules(document, WRITING)
    event(f"rules: {rules is not None}")
    assert rules is None or compile_rules(rules) == document


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """A rule in the form that export gives it."""
    kind = draw(st.sampled_from(["users", "roles", "accounts", "services", "oidc", "saml", "anyone"]))
    found: dict[str, Any] = {
        "users": {"users": draw(st.sampled_from([["alice"], ["alice", BOB], [BOB]]))},
        "roles": {"roles": draw(st.sampled_from([["hub"], ["hub", ELSEWHERE]]))},
        "accounts": {"accounts": ["210987654321"]},
        "services": {
            "services": draw(st.sampled_from([["ec2.amazonaws.com"], ["a.amazonaws.com", "b.amazonaws.com"]]))
        },
        "oidc": {"oidc": PROVIDER, "subjects": draw(st.sampled_from([["repo:a/b"], ["repo:a/*", "repo:b/c"]]))},
        "saml": {"saml": SAML},
        "anyone": {"anyone": True, "conditions": ORG},
    }[kind]
    if kind in ("users", "accounts"):
        found |= draw(st.sampled_from([{}, {"mfa": "required"}, {"mfa": {"max_age": "2h"}}, {"mfa": {"max_age": 61}}]))
    if kind in ("users", "roles", "accounts", "anyone"):
        found |= draw(st.sampled_from([{}, {"external_id": "ab"}, {"external_id": ["ab", "cd"]}]))
    if kind == "oidc":
        found |= draw(st.sampled_from([{}, {"audiences": ["x*"]}, {"audiences": ["a", "sts.amazonaws.com"]}]))
    for key in ("session_tags", "source_identity"):
        found |= {key: True} if draw(st.booleans()) else {}
    more = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}
    if draw(st.booleans()):
        found["conditions"] = {**found.get("conditions", {}), **more}
    return found | ({"sid": "Some"} if draw(st.booleans()) else {})


@examples(100)
@given(rules())
def test_what_a_rule_compiled_to_is_recognised_as_that_rule(rule: dict[str, Any]) -> None:
    document = compile_rules([rule])
    assert document is not None
    assert export_trust_rules(document, WRITING) == [rule]
