"""`can`: every action on every resource, for everybody, by a request that carries nothing but what is said."""

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
    can,
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

UNREAD = frozenset(["arn:aws:iam::aws:policy/SomethingThatNoListHas"])
OFFICE = when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")
KEYS = "arn:aws:s3:::app/*"

Row = tuple[list[Entity], Assertion, Mapping[str, str]]
FAILS, DEPENDS = {"user/bob": "fails"}, {"user/bob": "depends"}

ROWS: dict[str, Row] = {
    "an action": ([user("bob", allow("s3:GetObject"))], can("s3:GetObject"), {}),
    "no policy": ([user("bob")], can("s3:GetObject"), FAILS),
    "one of two": ([user("bob", allow("s3:GetObject"))], can(["s3:GetObject", "s3:PutObject"]), FAILS),
    "a part of a pattern": ([user("bob", allow("s3:Get*"))], can("s3:*"), FAILS),
    "all of a pattern": ([user("bob", allow("s3:*"))], can("s3:Get*"), {}),
    "all actions one by one": ([user("bob", allow(["sqs:SendMessage", "sqs:S*"]))], can("sqs:Send*"), {}),
    "a service that no list has": ([user("bob", allow("acme:*"))], can("acme:Do*"), {}),
    "a part of a service that no list has": ([user("bob", allow("acme:DoIt"))], can("acme:Do*"), FAILS),
    "on the resource": ([user("bob", allow("s3:GetObject", KEYS))], can("s3:GetObject", on=KEYS), {}),
    "on a part of it": (
        [user("bob", allow("s3:GetObject", "arn:aws:s3:::app/x"))],
        can("s3:GetObject", on=KEYS),
        FAILS,
    ),
    "on the shortest of them": (
        [user("bob", allow("s3:ListBucket", "arn:aws:s3:::app"))],
        can("s3:ListBucket", on="arn:aws:s3:::app*"),
        FAILS,
    ),
    "on all that it can name": ([user("bob", allow("iam:GetUser", arn("user/*")))], can("iam:GetUser"), {}),
    "on some of what it can name": ([user("bob", allow("iam:GetUser", arn("user/a*")))], can("iam:GetUser"), FAILS),
    "an action that names nothing": ([user("bob", allow("s3:ListAllMyBuckets"))], can("s3:ListAllMyBuckets"), {}),
    "denied": (
        [user("bob", allow("*"), deny("s3:GetObject", "arn:aws:s3:::app/secret"))],
        can("s3:GetObject", on=KEYS),
        FAILS,
    ),
    "denied elsewhere": ([user("bob", allow("*"), deny("s3:*", "arn:aws:s3:::b/*"))], can("s3:GetObject", on=KEYS), {}),
    "beyond a boundary": (
        [policy("limit", allow("sqs:*")), user("bob", allow("*"), permissions_boundary=arn("policy/limit"))],
        can("s3:GetObject"),
        FAILS,
    ),
    "by a group": ([group("dev", allow("s3:*")), user("bob", groups=["dev"])], can("s3:GetObject"), {}),
    "in a region": ([user("bob", allow("s3:*", **IN_IRELAND))], can("s3:GetObject"), DEPENDS),
    "denied outside the office": ([user("bob", allow("s3:*"), deny("*", **OFFICE))], can("s3:GetObject"), DEPENDS),
    "with MFA, not asked": ([user("bob", allow("s3:*", **WITH_MFA))], can("s3:GetObject"), DEPENDS),
    "with MFA": ([user("bob", allow("s3:*", **WITH_MFA))], can("s3:GetObject", with_mfa=True), {}),
    "with MFA, asked without": ([user("bob", allow("s3:*", **WITH_MFA))], can("s3:GetObject", with_mfa=False), FAILS),
    "a role, which has no MFA": (
        [role("app", [trust("lambda.amazonaws.com")], allow("s3:*", **WITH_MFA))],
        can("s3:GetObject", with_mfa=True),
        {"role/app": "fails"},
    ),
    "an unread policy": ([user("bob", policies=UNREAD)], can("s3:GetObject"), DEPENDS),
    "a known policy beside an unread one": (
        [user("bob", allow("s3:*"), policies=frozenset(["arn:aws:iam::aws:policy/ReadOnlyAccess"]))],
        can("s3:GetObject"),
        {},
    ),
    "conditions that exclude each other": (
        [user("bob", allow("s3:*", Condition={"StringEquals": {"a:k": "x"}, "StringNotEquals": {"a:k": "x"}}))],
        can("s3:GetObject"),
        FAILS,
    ),
    "a trust that names the user": (
        [user("bob"), role("app", [trust("user/bob")])],
        can("sts:AssumeRole", "user/*", on="role/app"),
        {},
    ),
    "a trust that names another": (
        [user("bob"), user("eve"), role("app", [trust("user/eve")])],
        can("sts:AssumeRole", "user/*", on="role/app"),
        FAILS,
    ),
    "a trust of the account, without a right": (
        [user("bob"), role("app", [trust(arn("root"))])],
        can("sts:AssumeRole", "user/*", on="role/app"),
        FAILS,
    ),
    "one of two roles": (
        [user("bob"), role("app", [trust("user/bob")]), role("api", [trust("lambda.amazonaws.com")])],
        can("sts:AssumeRole", "user/*", on="role/a*"),
        FAILS,
    ),
    "a trust that demands MFA": (
        [user("bob"), role("app", [trust("user/bob", **WITH_MFA)])],
        can("sts:AssumeRole", "user/*", on="role/app", with_mfa=True),
        {},
    ),
    "a trust that demands MFA, not asked": (
        [user("bob"), role("app", [trust("user/bob", **WITH_MFA)])],
        can("sts:AssumeRole", "user/*", on="role/app"),
        DEPENDS,
    ),
    "a trust that demands an external id": (
        [user("bob"), role("app", [trust("user/bob", **when("StringEquals", "sts:ExternalId", "x1"))])],
        can("sts:AssumeRole", "user/*", on="role/app"),
        DEPENDS,
    ),
    "by a role": (
        [user("bob"), role("app", [trust("user/bob")], allow("s3:*"))],
        can("s3:GetObject", "user/*", through_roles=True),
        {},
    ),
    "by a role, not asked": (
        [user("bob"), role("app", [trust("user/bob")], allow("s3:*"))],
        can("s3:GetObject", "user/*"),
        FAILS,
    ),
    "by a role that can do a part": (
        [user("bob"), role("app", [trust("user/bob")], allow("s3:GetObject"))],
        can("s3:*", "user/*", through_roles=True),
        FAILS,
    ),
    "by a role that demands MFA": (
        [user("bob"), role("app", [trust("user/bob", **WITH_MFA)], allow("s3:*"))],
        can("s3:GetObject", "user/*", through_roles=True),
        DEPENDS,
    ),
    "by a role that demands MFA, with it": (
        [user("bob"), role("app", [trust("user/bob", **WITH_MFA)], allow("s3:*"))],
        can("s3:GetObject", "user/*", through_roles=True, with_mfa=True),
        {},
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_who_cannot_breaks_it(name: str) -> None:
    entities, assertion, expected = ROWS[name]
    assert find_breakers(entities, assertion) == expected


def test_the_reason_is_told() -> None:
    (problem,) = check([user("bob", allow("*"), deny("s3:GetObject"))], can("s3:GetObject"))
    assert "user/bob cannot s3:GetObject on *: explicitly denied by user/bob inline policy own" in problem.summary
    (problem,) = check([user("bob")], can("s3:GetObject"))
    assert "user/bob cannot s3:GetObject on *: no policy allows it." in problem.summary


def test_an_assertion_that_forgets_mfa_is_told_so() -> None:
    (problem,) = check([user("bob", allow("s3:*", **WITH_MFA))], can("s3:GetObject"))
    assert problem.summary.endswith("depending on MFA.")
    assert "with_mfa: true" in problem.hint
