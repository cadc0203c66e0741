"""A new trust reads as its rule, and stays a document if words would leave something out."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.policy.canonical import canonical
from reconciler.policy.trust_words import describe_trust

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}"


def trust(principal: Any, condition: Any = None, **rest: Any) -> dict[str, Any]:
    added = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **added, **rest}


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "service": (trust({"Service": "ec2.amazonaws.com"}), "service:ec2.amazonaws.com"),
    "people with MFA": (
        trust({"AWS": [f"{IAM}:user/bob", f"{IAM}:user/alice"]}, MFA),
        "user/alice and user/bob, with MFA",
    ),
    "this account": (trust({"AWS": f"{IAM}:root"}), "every principal of this account"),
    "a partner": (
        trust({"AWS": "arn:aws:iam::210987654321:root"}, {"StringEquals": {"sts:ExternalId": "Abc"}}),
        "account 210987654321, if StringEquals sts:ExternalId Abc",
    ),
    "everyone": (trust("*"), "everyone"),
    "tags too": (
        trust({"AWS": f"{IAM}:role/ci"}, Action=["sts:AssumeRole", "sts:TagSession"]),
        "role/ci, also sts:TagSession",
    ),
    "a Deny": (trust({"AWS": f"{IAM}:user/bob"}, Effect="Deny"), "Deny user/bob"),
    "a provider": (
        trust({"Federated": f"{IAM}:oidc-provider/gitlab.com"}, Action="sts:AssumeRoleWithWebIdentity"),
        "oidc-provider/gitlab.com",
    ),
}


@pytest.mark.parametrize(("statement", "expected"), CASES.values(), ids=CASES.keys())
def test_a_statement_reads_as_its_rule(statement: dict[str, Any], expected: str) -> None:
    document = canonical({"Version": "2012-10-17", "Statement": [statement]})
    assert describe_trust(document, ACCOUNT) == [expected]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotPrincipal": {"AWS": f"{IAM}:user/bob"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession"},
        trust({"AWS": [f"{IAM}:user/u{index}" for index in range(9)]}),
    ],
)
def test_words_that_would_leave_something_out_are_not_used(statement: dict[str, Any]) -> None:
    assert describe_trust(canonical({"Version": "2012-10-17", "Statement": [statement]}), ACCOUNT) is None
