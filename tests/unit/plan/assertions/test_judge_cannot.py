"""`cannot`: any request that a principal can make and that its policies allow breaks it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.model.assertions import Assertion
from reconciler.model.entity import Entity
from tests.support.assertions import (
    IN_IRELAND,
    WITH_MFA,
    allow,
    arn,
    cannot,
    check,
    deny,
    find_breakers,
    group,
    policy,
    role,
    trust,
    user,
    when,
)

PAYROLL = "arn:aws:s3:::payroll*"
UNREAD = frozenset(["arn:aws:iam::aws:policy/SomethingThatNoListHas"])
LAMBDA = trust("lambda.amazonaws.com")

Row = tuple[list[Entity], Assertion, Mapping[str, str]]
FAILS, DEPENDS = {"user/bob": "fails"}, {"user/bob": "depends"}

ROWS: dict[str, Row] = {
    "an action": ([user("bob", allow("iam:CreateUser"))], cannot("iam:CreateUser"), FAILS),
    "another action": ([user("bob", allow("iam:GetUser"))], cannot("iam:CreateUser"), {}),
    "one of a pattern": ([user("bob", allow("iam:GetUser"))], cannot("iam:*"), FAILS),
    "a wider pattern": ([user("bob", allow("*"))], cannot("iam:CreateUser"), FAILS),
    "an action that no list has": ([user("bob", allow("iam:Imagine"))], cannot("iam:*"), FAILS),
    "a pattern that matches no action": ([user("bob", allow("iam:Imagine*"))], cannot("iam:*"), {}),
    "a service that no list has": ([user("bob", allow("acme:Do*"))], cannot("acme:*"), FAILS),
    "any service": ([user("bob", allow("acme:Do"))], cannot("*:Do*"), FAILS),
    "everything": ([user("bob", allow("acme:Do")), user("eve")], cannot("*"), FAILS),
    "all but another": ([user("bob", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})], cannot("iam:*"), {}),
    "all but one": (
        [user("bob", {"Effect": "Allow", "NotAction": "iam:Get*", "Resource": "*"})],
        cannot("iam:*"),
        FAILS,
    ),
    "denied": ([user("bob", allow("*"), deny("iam:*"))], cannot("iam:*"), {}),
    "denied in part": ([user("bob", allow("*"), deny("iam:Create*"))], cannot("iam:*"), FAILS),
    "denied elsewhere": ([user("bob", allow("*"), deny("iam:*", arn("user/x")))], cannot("iam:*"), FAILS),
    "all but denied": (
        [user("bob", allow("*"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})],
        cannot("iam:*"),
        {},
    ),
    "by a group": ([group("ops", allow("iam:*")), user("bob", groups=["ops"])], cannot("iam:*"), FAILS),
    "denied by a group": (
        [group("ops", deny("iam:*")), user("bob", allow("iam:*"), groups=["ops"])],
        cannot("iam:*"),
        {},
    ),
    "beyond a boundary": (
        [policy("limit", allow("s3:*")), user("bob", allow("iam:*"), permissions_boundary=arn("policy/limit"))],
        cannot("iam:*"),
        {},
    ),
    "within a boundary": (
        [policy("limit", allow("iam:Get*")), user("bob", allow("iam:*"), permissions_boundary=arn("policy/limit"))],
        cannot("iam:*"),
        FAILS,
    ),
    "a boundary that only denies": (
        [policy("limit", deny("s3:*")), user("bob", allow("iam:*"), permissions_boundary=arn("policy/limit"))],
        cannot("iam:*"),
        {},
    ),
    "on the resource": ([user("bob", allow("s3:*", "arn:aws:s3:::payroll/*"))], cannot("s3:*", on=PAYROLL), FAILS),
    "on another resource": ([user("bob", allow("s3:*", "arn:aws:s3:::logs*"))], cannot("s3:*", on=PAYROLL), {}),
    "on everything": ([user("bob", allow("s3:GetObject"))], cannot("s3:*", on=PAYROLL), FAILS),
    "an action that names no bucket": ([user("bob", allow("s3:ListAllMyBuckets"))], cannot("s3:*", on=PAYROLL), {}),
    "on all but the shortest": (
        [user("bob", allow("s3:ListBucket", "arn:aws:s3:::app*"), deny("s3:*", "arn:aws:s3:::app"))],
        cannot("s3:ListBucket", on="arn:aws:s3:::app*"),
        FAILS,
    ),
    "on all but the resource": (
        [user("bob", {"Effect": "Allow", "Action": "s3:*", "NotResource": PAYROLL})],
        cannot("s3:*", on=PAYROLL),
        {},
    ),
    "on all but a part": (
        [user("bob", {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::payroll/*"})],
        cannot("s3:*", on=PAYROLL),
        FAILS,
    ),
    "on the address of an entity": (
        [user("bob", allow("iam:DeleteRole", arn("role/admin"))), role("admin", [LAMBDA])],
        cannot("iam:DeleteRole", on="role/admin"),
        FAILS,
    ),
    "on the address of another": (
        [user("bob", allow("iam:DeleteRole", arn("role/app"))), role("admin", [LAMBDA])],
        cannot("iam:DeleteRole", on="role/adm*"),
        {},
    ),
    "its own name in a resource": (
        [
            user("bob", allow("s3:*", "arn:aws:s3:::${aws:username}/*")),
            user("payroll", allow("s3:*", "arn:aws:s3:::${aws:username}/*")),
        ],
        cannot("s3:*", on=PAYROLL),
        {"user/payroll": "fails"},
    ),
    "in a region": ([user("bob", allow("iam:*", **IN_IRELAND))], cannot("iam:*"), FAILS),
    "in a region that is denied": (
        [user("bob", allow("iam:*", **IN_IRELAND), deny("*", **IN_IRELAND))],
        cannot("iam:*"),
        {},
    ),
    "with MFA": ([user("bob", allow("iam:*", **WITH_MFA))], cannot("iam:*"), FAILS),
    "with MFA, asked without": ([user("bob", allow("iam:*", **WITH_MFA))], cannot("iam:*", with_mfa=False), {}),
    "with a key that says whether there was MFA, asked without": (
        [user("bob", allow("iam:*", **when("Null", "aws:MultiFactorAuthPresent", "false")))],
        cannot("iam:*", with_mfa=False),
        FAILS,
    ),
    "with keys alone, asked without": (
        [user("bob", allow("iam:*", **when("Null", "aws:MultiFactorAuthPresent", "true")))],
        cannot("iam:*", with_mfa=False),
        FAILS,
    ),
    "without MFA, asked without": ([user("bob", allow("iam:*"))], cannot("iam:*", with_mfa=False), FAILS),
    "without MFA, asked with": (
        [user("bob", allow("iam:*", **when("Bool", "aws:MultiFactorAuthPresent", "false")))],
        cannot("iam:*", with_mfa=True),
        {},
    ),
    "MFA of a role, which has none": (
        [role("app", [LAMBDA], allow("iam:*", **WITH_MFA))],
        cannot("iam:*"),
        {},
    ),
    "its own tag": (
        [user("bob", allow("iam:*", **when("StringEquals", "aws:PrincipalTag/team", "red")), tags={"team": "red"})],
        cannot("iam:*"),
        FAILS,
    ),
    "another tag": (
        [user("bob", allow("iam:*", **when("StringEquals", "aws:PrincipalTag/team", "red")), tags={"team": "blue"})],
        cannot("iam:*"),
        {},
    ),
    "an organization that nobody knows": (
        [user("bob", allow("iam:*", **when("StringEquals", "aws:PrincipalOrgID", "o-1")))],
        cannot("iam:*"),
        DEPENDS,
    ),
    "an unread policy": ([user("bob", policies=UNREAD)], cannot("iam:*"), DEPENDS),
    "an unread policy beside a known one": ([user("bob", allow("iam:*"), policies=UNREAD)], cannot("iam:*"), FAILS),
    "AWS's administrators": (
        [user("bob", policies=frozenset(["arn:aws:iam::aws:policy/AdministratorAccess"]))],
        cannot("iam:*"),
        FAILS,
    ),
    "conditions that exclude each other": (
        [user("bob", allow("iam:*", Condition={"StringEquals": {"a:k": "x"}, "StringNotEquals": {"a:k": "x"}}))],
        cannot("iam:*"),
        {},
    ),
    "somebody else": ([user("bob", allow("iam:*"))], cannot("iam:*", "role/*"), {}),
    "everybody but one": ([user("bob", allow("iam:*"))], cannot("iam:*", outside=["user/b*"]), {}),
    "everybody but its ARN": ([user("bob", allow("iam:*"))], cannot("iam:*", outside=[arn("user/bob")]), {}),
    "another letter case": ([user("bob", allow("IAM:createuser"))], cannot("iam:CreateUser", "user/BOB"), FAILS),
    "the members of a group": (
        [group("ops"), user("bob", allow("iam:*"), groups=["ops"]), user("eve", allow("iam:*"))],
        cannot("iam:*", "group/ops"),
        FAILS,
    ),
    "all but the members of a group": (
        [group("ops"), user("eve", allow("iam:*"), groups=["ops"]), user("bob", allow("iam:*"))],
        cannot("iam:*", outside=["group/ops"]),
        FAILS,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_who_can_breaks_it(name: str) -> None:
    entities, assertion, expected = ROWS[name]
    assert find_breakers(entities, assertion) == expected


BOB, CI = user("bob"), role("ci", [trust("user/bob")])
PAYROLL_ROLE = role("payroll", [trust("role/ci")], allow("s3:*", PAYROLL))
DEEP = cannot("s3:*", on=PAYROLL, outside=["role/payroll"], through_roles=True)

CHAINS: dict[str, Row] = {
    "by two roles": ([BOB, CI, PAYROLL_ROLE], DEEP, {"user/bob": "fails", "role/ci": "fails"}),
    "without through_roles": ([BOB, CI, PAYROLL_ROLE], cannot("s3:*", on=PAYROLL, outside=["role/payroll"]), {}),
    "a closed trust": ([BOB, role("ci", [LAMBDA]), PAYROLL_ROLE], DEEP, {"role/ci": "fails"}),
    "with MFA on the way": (
        [BOB, role("ci", [trust("user/bob", **WITH_MFA)], allow("s3:*", PAYROLL))],
        cannot("s3:*", "user/*", on=PAYROLL, through_roles=True),
        FAILS,
    ),
    "with MFA on the way, asked without": (
        [BOB, role("ci", [trust("user/bob", **WITH_MFA)], allow("s3:*", PAYROLL))],
        cannot("s3:*", "user/*", on=PAYROLL, through_roles=True, with_mfa=False),
        {},
    ),
    "with an external id": (
        [BOB, role("ci", [trust("user/bob", **when("StringEquals", "sts:ExternalId", "x1"))], allow("s3:*", PAYROLL))],
        cannot("s3:*", "user/*", on=PAYROLL, through_roles=True),
        FAILS,
    ),
    "by a session that nobody knows": (
        [
            BOB,
            role("ci", [trust("user/bob")]),
            role("payroll", [trust("arn:aws:sts::123456789012:assumed-role/ci/night")], allow("s3:*", PAYROLL)),
        ],
        cannot("s3:*", "user/*", on=PAYROLL, through_roles=True),
        DEPENDS,
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_who_reaches_a_role_that_can_breaks_it(name: str) -> None:
    entities, assertion, expected = CHAINS[name]
    assert find_breakers(entities, assertion) == expected


ASSUMING: dict[str, Row] = {
    "a trust that names the user": ([BOB, CI], cannot("sts:AssumeRole", on="role/ci"), FAILS),
    "a trust that names nobody of the account": ([BOB, role("ci", [LAMBDA])], cannot("sts:AssumeRole"), {}),
    "a trust of the account, and a right": (
        [user("bob", allow("sts:AssumeRole", arn("role/*"))), user("eve"), role("ci", [trust(arn("root"))])],
        cannot("sts:AssumeRole", "user/*", on="role/ci"),
        FAILS,
    ),
    "a right to roles of other accounts": (
        [user("bob", allow("sts:AssumeRole", "arn:aws:iam::999999999999:role/x"))],
        cannot("sts:AssumeRole"),
        DEPENDS,
    ),
    "a right to a role that trusts others": (
        [user("bob", allow("sts:AssumeRole", arn("role/ci"))), role("ci", [LAMBDA])],
        cannot("sts:*"),
        {},
    ),
    "another service": ([BOB, CI], cannot("iam:*"), {}),
    "a pattern of actions": ([BOB, CI], cannot("sts:Assume*", "user/*"), FAILS),
    "everything": ([BOB, CI], cannot("*", "user/*"), FAILS),
    "a trust that demands MFA": (
        [BOB, role("ci", [trust("user/bob", **WITH_MFA)])],
        cannot("sts:AssumeRole", "user/*", with_mfa=False),
        {},
    ),
}


@pytest.mark.parametrize("name", ASSUMING)
def test_the_trust_of_a_role_decides_who_assumes_it(name: str) -> None:
    entities, assertion, expected = ASSUMING[name]
    assert find_breakers(entities, assertion) == expected


def test_the_way_and_the_line_are_told() -> None:
    (problem, _) = check([BOB, CI, PAYROLL_ROLE], DEEP)
    assert "role/ci can s3:" in problem.summary
    (_, problem) = check([BOB, CI, PAYROLL_ROLE], DEEP)
    assert "user/bob → role/ci → role/payroll" in problem.summary
    assert "role/payroll inline policy own" in problem.summary
    assert str(problem.place) == "roles.yaml:7:5"


def test_what_a_request_must_carry_is_told() -> None:
    (problem,) = check([user("bob", allow("iam:GetUser", **IN_IRELAND))], cannot("iam:*"))
    assert "can iam:GetUser on *, if aws:RequestedRegion is eu-west-1, by user/bob inline policy own" in problem.summary
    (problem,) = check([user("bob", allow("iam:GetUser", **WITH_MFA))], cannot("iam:*"))
    assert "with MFA" in problem.summary


def test_the_same_breach_of_many_is_one_problem() -> None:
    users = [user(f"u{number}", groups=["ops"]) for number in range(50)]
    (problem,) = check([group("ops", allow("iam:*")), *users], cannot("iam:*"))
    assert "50 users (u0, u1, u10 …) can iam:" in problem.summary
    assert len(problem.addresses) == 50


def test_every_statement_that_grants_is_named() -> None:
    entities = [group("ops", allow("iam:Get*")), user("bob", allow("iam:Create*"), groups=["ops"])]
    (problem,) = check(entities, cannot("iam:*"))
    assert "user/bob inline policy own" in problem.summary
    assert "group/ops inline policy own" in problem.summary


WITHOUT_MFA = when("BoolIfExists", "aws:MultiFactorAuthPresent", "false")


def test_what_is_denied_without_mfa_is_told_as_possible_with_it() -> None:
    (problem,) = check([user("bob", allow("s3:*"), deny("*", **WITHOUT_MFA))], cannot("s3:GetObject"))
    assert problem.code == "assertion-failed"
    assert "user/bob can s3:GetObject on *, with MFA, by" in problem.summary


def test_no_request_has_another_value_for_mfa_than_true_and_false() -> None:
    denied = [deny("*", **WITHOUT_MFA), deny("*", **WITH_MFA)]
    assert check([user("bob", allow("s3:*"), *denied)], cannot("s3:*")) == []
