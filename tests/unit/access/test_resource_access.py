"""A request against the principal's policies, the resource's and the organization's together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.access import (
    Context,
    PolicySource,
    Principal,
    ResourceEvaluation,
    ResourcePolicy,
    compile_policies,
    evaluate_resource,
)
from reconciler.policy.canonical import canonical

A, B = "111122223333", "444455556666"
ALICE, ROLE = f"arn:aws:iam::{A}:user/alice", f"arn:aws:iam::{A}:role/r"
SESSION = f"arn:aws:sts::{A}:assumed-role/r/s"
OBJECT = "arn:aws:s3:::b/k"


def source(*statements: dict[str, Any], label: str = "p") -> PolicySource:
    return PolicySource(label, canonical({"Version": "2012-10-17", "Statement": list(statements)}))


def says(effect: str, action: str = "s3:*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


S3, EC2, NO_S3 = source(says("Allow")), source(says("Allow", "ec2:*")), source(says("Deny"))


def of_bucket(principal: object, account: str = A, effect: str = "Allow", **more: Any) -> ResourcePolicy:
    statement = says(effect, Principal=principal, **more)
    return ResourcePolicy(compile_policies([source(statement, label="bucket")]), account)


def evaluate_object(principal: Principal, policy: ResourcePolicy | None = None) -> ResourceEvaluation:
    return evaluate_resource(principal, "s3:GetObject", OBJECT, Context.of(absent=["*"]), policy)


def user(own: PolicySource, **more: Any) -> Principal:
    return Principal(ALICE, "user", A, (own,), **more)


@pytest.mark.parametrize(
    ("own", "policy", "expected"),
    [
        (S3, None, "allow"),
        (EC2, None, "deny"),
        (EC2, of_bucket({"AWS": ALICE}), "allow"),
        (EC2, of_bucket("*"), "allow"),
        (EC2, of_bucket({"AWS": A}), "deny"),
        (S3, of_bucket({"AWS": ROLE}), "allow"),
        (S3, of_bucket({"AWS": ALICE}, effect="Deny"), "deny"),
        (NO_S3, of_bucket({"AWS": ALICE}), "deny"),
        (S3, of_bucket({"AWS": ALICE}, B), "allow"),
        (S3, of_bucket({"AWS": A}, B), "allow"),
        (EC2, of_bucket({"AWS": ALICE}, B), "deny"),
        (S3, of_bucket({"AWS": ROLE}, B), "deny"),
    ],
)
def test_in_one_account_either_side_allows_and_across_accounts_both_must(
    own: PolicySource, policy: ResourcePolicy | None, expected: str
) -> None:
    assert evaluate_object(user(own), policy).verdict.decision == expected


def test_each_side_is_told_by_itself() -> None:
    found = evaluate_object(user(EC2, boundary=S3), of_bucket({"AWS": ALICE}, B))
    assert found.resource is not None
    assert (found.verdict.allowed, found.identity.allowed, found.resource.allowed) == (False, False, True)
    assert (found.boundary, found.organization) == (True, None)
    assert evaluate_object(user(S3)).boundary is None


@pytest.mark.parametrize(("boundary", "within"), [(S3, True), (EC2, False), (NO_S3, False)])
def test_a_boundary_limits_unless_the_resource_names_the_user(boundary: PolicySource, within: bool) -> None:
    own = evaluate_object(user(S3, boundary=boundary))
    assert (own.verdict.allowed, own.boundary) == (within, within)
    named = evaluate_object(user(EC2, boundary=boundary), of_bucket({"AWS": ALICE}))
    assert named.verdict.allowed is (boundary is not NO_S3)


def test_a_session_is_limited_if_the_resource_names_its_role() -> None:
    session = Principal(SESSION, "session", A, (EC2,), session=(EC2,), role_arn=ROLE)
    assert evaluate_object(session, of_bucket({"AWS": SESSION})).verdict.allowed
    assert evaluate_object(session, of_bucket({"AWS": ROLE})).verdict.denied


@pytest.mark.parametrize("name", ["*", {"AWS": "*"}])
@pytest.mark.parametrize(
    ("operator", "arn", "expected"),
    [
        ("ArnLike", ROLE, ("allow", set())),
        ("StringEquals", ROLE, ("allow", set())),
        ("ArnNotLike", ALICE, ("depends", {"boundary:limit", "session:policy"})),
        ("ArnLike", ALICE, ("deny", set())),
    ],
)
def test_neither_boundary_nor_session_policy_limits_a_grant_to_everyone_with_an_arn(
    name: object, operator: str, arn: str, expected: tuple[str, set[str]]
) -> None:
    limits = {"boundary": source(says("Allow", "ec2:*"), label="limit"), "session": (EC2,)}
    session = Principal(SESSION, "session", A, (EC2,), role_arn=ROLE, **limits)
    policy = of_bucket(name, Condition={operator: {"aws:PrincipalArn": arn}})
    context = session.request_context.with_fallbacks(Context.of(absent=["*"]))
    verdict = evaluate_resource(session, "s3:GetObject", OBJECT, context, policy).verdict
    assert (verdict.decision, verdict.keys) == expected
    denied = replace(session, boundary=NO_S3)
    assert evaluate_resource(denied, "s3:GetObject", OBJECT, context, policy).verdict.denied


def test_it_is_open_if_a_boundary_limits_a_grant_to_everyone() -> None:
    verdict = evaluate_object(user(EC2, boundary=source(says("Allow", "ec2:*"), label="limit")), of_bucket("*")).verdict
    assert (verdict.decision, verdict.keys) == ("depends", {"boundary:limit"})
    assert evaluate_object(user(EC2, boundary=S3), of_bucket("*")).verdict.allowed


@pytest.mark.parametrize(("effect", "expected"), [("Deny", "deny"), ("Allow", "allow")])
def test_a_deny_of_all_but_some_means_everybody_with_a_boundary(effect: str, expected: str) -> None:
    excluded = {"Effect": effect, "Action": "s3:*", "Resource": "*", "NotPrincipal": {"AWS": [ALICE, SESSION, ROLE, A]}}
    policy = ResourcePolicy(compile_policies([source(excluded, label="bucket")]), A)
    session = Principal(SESSION, "session", A, (S3,), role_arn=ROLE)
    for principal in (user(S3), session):
        assert evaluate_object(principal, policy).verdict.allowed
        assert evaluate_object(replace(principal, boundary=S3), policy).verdict.decision == expected


@pytest.mark.parametrize(
    ("levels", "allowed"),
    [([S3], True), ([S3, S3], True), ([S3, EC2], False), ([EC2, S3], False), ([S3, NO_S3], False)],
)
def test_every_level_of_the_organization_must_allow(levels: list[PolicySource], allowed: bool) -> None:
    controls = tuple((level,) for level in levels)
    found = evaluate_object(user(S3, service_controls=controls))
    assert (found.verdict.allowed, found.organization) == (allowed, allowed)
    named = evaluate_object(user(EC2, service_controls=controls), of_bucket({"AWS": ALICE}))
    assert named.verdict.allowed is allowed


def test_what_is_not_known_stays_open() -> None:
    mfa = source(says("Allow", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    found = evaluate_resource(user(mfa), "s3:GetObject", OBJECT, Context())
    assert (found.verdict.decision, found.verdict.keys) == ("depends", {"aws:multifactorauthpresent"})
