"""`assumable_only_by`: everybody else whom the trust of the role may let in breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.model.assertions import Assertion
from reconciler.model.entity import Entity
from tests.support.assertions import WITH_MFA, allow, arn, check, deny, find_breakers, only_by, role, trust, user, when

BOB, EVE = user("bob"), user("eve")
OTHER = "210987654321"
GITHUB = arn("oidc-provider/token.actions.githubusercontent.com")
WEB: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Federated": GITHUB},
    "Action": "sts:AssumeRoleWithWebIdentity",
}


def admin(*trusts: Any) -> Entity:
    return role("admin", list(trusts))


Row = tuple[list[Entity], Assertion, Sequence[str]]

ROWS: dict[str, Row] = {
    "the user": ([BOB, EVE, admin(trust("user/bob"))], only_by("role/admin", "user/bob"), []),
    "another user": (
        [BOB, EVE, admin(trust("user/bob", "user/eve"))],
        only_by("role/admin", "user/bob"),
        ["user/eve can"],
    ),
    "nobody may": ([BOB, admin(trust("user/bob"))], only_by("role/admin"), ["user/bob can"]),
    "a pattern": ([BOB, EVE, admin(trust("user/bob", "user/eve"))], only_by("role/admin", "user/*"), []),
    "by its ARN": ([BOB, admin(trust("user/bob"))], only_by("role/admin", arn("user/bob")), []),
    "an account that nobody has rights in": ([BOB, admin(trust(arn("root")))], only_by("role/admin"), []),
    "an account with rights": (
        [user("bob", allow("sts:AssumeRole")), EVE, admin(trust(arn("root")))],
        only_by("role/admin"),
        ["user/bob can"],
    ),
    "its own account": (
        [user("bob", allow("sts:AssumeRole")), admin(trust(arn("root")))],
        only_by("role/admin", "123456789012"),
        [],
    ),
    "denied": ([BOB, admin(trust("user/bob"), {**trust("user/bob"), "Effect": "Deny"})], only_by("role/admin"), []),
    "denied to the user": (
        [user("bob", deny("sts:*")), admin(trust("user/bob"))],
        only_by("role/admin"),
        [],
    ),
    "with MFA": ([BOB, admin(trust("user/bob", **WITH_MFA))], only_by("role/admin"), ["with MFA"]),
    "an external id": (
        [BOB, admin(trust("user/bob", **when("StringEquals", "sts:ExternalId", "abc")))],
        only_by("role/admin"),
        ["if sts:ExternalId is abc"],
    ),
    "many conditions": (
        [BOB, admin(trust("user/bob", Condition={"StringEquals": {f"k:{letter}": ["x", "y"] for letter in "abcdef"}}))],
        only_by("role/admin"),
        ["if k:a is x, if k:b is x"],
    ),
    "a service": ([admin(trust("ec2.amazonaws.com"))], only_by("role/admin"), ["service:ec2.amazonaws.com can"]),
    "the service": ([admin(trust("ec2.amazonaws.com"))], only_by("role/admin", "ec2.amazonaws.com"), []),
    "another account": ([admin(trust(f"arn:aws:iam::{OTHER}:root"))], only_by("role/admin"), [f"{OTHER}:root can"]),
    "the other account": ([admin(trust(f"arn:aws:iam::{OTHER}:root"))], only_by("role/admin", OTHER), []),
    "a role of the other account": ([admin(trust(f"arn:aws:iam::{OTHER}:role/x"))], only_by("role/admin", OTHER), []),
    "the other account where a role may": (
        [admin(trust(f"arn:aws:iam::{OTHER}:root"))],
        only_by("role/admin", f"arn:aws:iam::{OTHER}:role/x"),
        [f"{OTHER}:root can"],
    ),
    "what is left of a deleted user": ([admin(trust("AIDAJQABLZS4A3QDU576Q"))], only_by("role/admin"), []),
    "everyone": ([BOB, admin(trust("*"))], only_by("role/admin", "user/bob"), ["everyone can assume role/admin"]),
    "all but one": (
        [admin({"Effect": "Allow", "NotPrincipal": {"AWS": arn("user/bob")}, "Action": "sts:AssumeRole"})],
        only_by("role/admin"),
        ["everyone but those it names"],
    ),
    "a provider": ([admin(WEB)], only_by("role/admin"), [f"federated:{GITHUB} can"]),
    "the provider": ([admin(WEB)], only_by("role/admin", "oidc-provider/token.actions.githubusercontent.com"), []),
    "the ARN of the provider": ([admin(WEB)], only_by("role/admin", GITHUB), []),
    "a session of a role that may": (
        [
            role("ci", [trust("lambda.amazonaws.com")]),
            admin(trust("arn:aws:sts::123456789012:assumed-role/ci/night")),
        ],
        only_by("role/admin", "role/ci"),
        [],
    ),
    "by another role": (
        [BOB, role("ci", [trust("user/bob")]), admin(trust("role/ci"))],
        only_by("role/admin", "role/ci", through_roles=True),
        ["user/bob → role/ci"],
    ),
    "by another role, not asked": (
        [BOB, role("ci", [trust("user/bob")]), admin(trust("role/ci"))],
        only_by("role/admin", "role/ci"),
        [],
    ),
    "a service by another role": (
        [role("ci", [trust("lambda.amazonaws.com")]), admin(trust("role/ci"))],
        only_by("role/admin", "role/ci", through_roles=True),
        ["service:lambda.amazonaws.com → role/ci"],
    ),
    "of two roles": (
        [BOB, role("admin", [trust("user/bob")]), role("administrator", [trust("user/bob")])],
        only_by("role/admin*"),
        ["assume role/admin and 1 more role"],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_who_else_can_breaks_it(name: str) -> None:
    entities, assertion, expected = ROWS[name]
    problems = [problem for problem in check(entities, assertion) if problem.code != "assertion-unused"]
    assert len(problems) == len(expected)
    for problem, text in zip(problems, expected, strict=True):
        assert problem.code == "assertion-failed"
        assert text in problem.summary


def test_a_way_that_surely_works_counts_for_more_than_one_that_may_work() -> None:
    """bob may be let in by the role itself, which depends on his organization, and surely is by way of another."""
    entities = [
        BOB,
        role("ci", [trust("user/bob")]),
        admin(trust("role/ci"), trust("user/bob", **when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"))),
    ]
    assertion = only_by("role/admin", "role/ci", through_roles=True)
    assert find_breakers(entities, assertion) == {"user/bob": "fails"}


def test_a_sure_way_to_the_second_of_two_roles_counts_for_more_than_a_possible_one_to_the_first() -> None:
    entities = [
        BOB,
        role("ci", [trust("user/bob")]),
        role("guess", [trust("user/bob", **when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"))]),
        role("admin-1", [trust("role/guess")]),
        role("admin-2", [trust("role/ci")]),
    ]
    assertion = only_by("role/admin-*", "role/ci", "role/guess", through_roles=True)
    assert find_breakers(entities, assertion) == {"user/bob": "fails"}
