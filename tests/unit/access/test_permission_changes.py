"""What a change of policies gives and takes, row by row; `tests/properties` holds that nothing is left out."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import PolicySource, Principal
from reconciler.access.permission_changes import PermissionChange, find_permission_changes
from reconciler.policy.canonical import canonical

ACCOUNT = "123456789012"
Statement = dict[str, Any]


def statement(effect: str, action: Any, resource: Any = "*", **condition: Any) -> Statement:
    written = {"Effect": effect, "Action": action, "Resource": resource}
    return {**written, "Condition": condition} if condition else written


def allow(action: Any, resource: Any = "*", **condition: Any) -> Statement:
    return statement("Allow", action, resource, **condition)


def deny(action: Any, resource: Any = "*", **condition: Any) -> Statement:
    return statement("Deny", action, resource, **condition)


def source(label: str, *statements: Statement) -> PolicySource:
    return PolicySource(label, canonical({"Version": "2012-10-17", "Statement": list(statements)}))


def user(*statements: Statement, **more: Any) -> Principal:
    policies = (source("p", *statements),) if statements else ()
    return Principal(f"arn:aws:iam::{ACCOUNT}:user/alice", "user", ACCOUNT, policies, **more)


def row(change: PermissionChange) -> str:
    """Return a row as one line."""
    actions = ", ".join(
        one.pattern + (f" except {' '.join(one.exceptions)}" if one.exceptions else "") for one in change.actions
    )
    resources = " ".join(change.resources) + (
        f" except {' '.join(change.not_resources)}" if change.not_resources else ""
    )
    before, after = (
        "never" if terms is None else " | ".join(terms) or "always" for terms in (change.before, change.after)
    )
    return f"{change.direction}: {actions} on {resources}: {before} -> {after}{'' if change.decided else ' (at most)'}"


EU = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
IN_EU = "StringEquals aws:RequestedRegion eu-west-1"
BUCKET, SECRET = "arn:aws:s3:::b/*", "arn:aws:s3:::b/secret/*"

ROWS: dict[str, tuple[Principal, Principal, list[str]]] = {
    "an action more": (
        user(allow("s3:GetObject")),
        user(allow(["s3:GetObject", "s3:PutObject"])),
        ["wider: s3:putobject on *: never -> always"],
    ),
    "a literal asterisk, which is no wildcard": (
        user(allow("s3:GetObject", "arn:aws:s3:::a/${*}", StringLike={"aws:PrincipalTag/x": "${*}-${?}*"})),
        user(allow("s3:GetObject", "arn:aws:s3:::a/*")),
        [
            "wider: s3:getobject on arn:aws:s3:::a/* except arn:aws:s3:::a/${*}: never -> always",
            "wider: s3:getobject on arn:aws:s3:::a/*: StringLike aws:PrincipalTag/x ${*}-${?}* -> always",
        ],
    ),
    "a wildcard in place of an action": (
        user(allow("s3:GetObject", BUCKET)),
        user(allow("s3:*", BUCKET)),
        [f"wider: s3:* except s3:getobject on {BUCKET}: never -> always"],
    ),
    "an action that another policy allows already": (
        user(allow("s3:*")),
        user(allow("s3:*"), allow("s3:GetObject")),
        [],
    ),
    "a condition dropped": (
        user(allow("ec2:RunInstances", **EU)),
        user(allow("ec2:RunInstances")),
        [f"wider: ec2:runinstances on *: {IN_EU} -> always"],
    ),
    "a condition that can never hold": (
        user(),
        user(allow("s3:GetObject", Null={"aws:PrincipalArn": "true"})),
        [],
    ),
    "a Deny that holds back a part": (
        user(),
        user(allow("s3:GetObject", BUCKET), deny("s3:*", SECRET)),
        [f"wider: s3:getobject on {BUCKET} except {SECRET}: never -> always"],
    ),
    "a Deny lifted": (
        user(allow("s3:GetObject", BUCKET), deny("s3:*", SECRET)),
        user(allow("s3:GetObject", BUCKET)),
        [f"wider: s3:getobject on {SECRET}: never -> always"],
    ),
    "a Deny of everything lifted": (
        user(allow("s3:GetObject", BUCKET), deny("*")),
        user(allow("s3:GetObject", BUCKET)),
        [f"wider: s3:getobject on {BUCKET}: never -> always"],
    ),
    "a Deny of all but some actions lifted": (
        user(allow("s3:*"), {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}),
        user(allow("s3:*")),
        ["wider: s3:* except s3:get* on *: never -> always"],
    ),
    "a Deny lifted that held back two Allows, one within the other": (
        user(allow("s3:Get*"), allow("s3:GetObject", BUCKET), deny("s3:*")),
        user(allow("s3:Get*"), allow("s3:GetObject", BUCKET)),
        ["wider: s3:get* on *: never -> always"],
    ),
    "a Deny without an Allow behind it": (user(deny("s3:*")), user(), []),
    "everything": (user(allow("s3:GetObject")), user(allow("*")), ["wider: * on *: never -> always"]),
    "all but some": (
        user(),
        user({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
        ["wider: * except iam:* on *: never -> always"],
    ),
    "one resource for another": (
        user(allow("s3:GetObject", "arn:aws:s3:::a/*")),
        user(allow("s3:GetObject", "arn:aws:s3:::b/*")),
        [
            "narrower: s3:getobject on arn:aws:s3:::a/*: always -> never",
            "wider: s3:getobject on arn:aws:s3:::b/*: never -> always",
        ],
    ),
    "a boundary put on": (
        user(allow(["s3:GetObject", "s3:PutObject"])),
        user(allow(["s3:GetObject", "s3:PutObject"]), boundary=source("bound", allow("s3:Get*"))),
        ["narrower: s3:putobject on *: always -> never"],
    ),
    "a boundary taken off": (
        user(allow("s3:GetObject", BUCKET), allow("sqs:*"), boundary=source("bound", allow("ec2:*"))),
        user(allow("s3:GetObject", BUCKET), allow("sqs:*")),
        [f"wider: s3:getobject on {BUCKET}: never -> always", "wider: sqs:* on *: never -> always"],
    ),
    "another boundary": (
        user(allow("s3:GetObject", BUCKET), boundary=source("bound", allow("ec2:*"))),
        user(allow("s3:GetObject", BUCKET), boundary=source("wide", allow("*"))),
        [f"wider: s3:getobject on {BUCKET}: never -> always"],
    ),
    "a tag that a condition asks for": (
        user(allow("s3:GetObject", StringEquals={"aws:PrincipalTag/team": "red"}), tags={"team": "blue"}),
        user(allow("s3:GetObject", StringEquals={"aws:PrincipalTag/team": "red"}), tags={"team": "red"}),
        ["wider: s3:getobject on *: never -> always"],
    ),
    "a policy of unknown content": (
        user(),
        Principal(
            f"arn:aws:iam::{ACCOUNT}:user/alice",
            "user",
            ACCOUNT,
            (PolicySource("arn:aws:iam::aws:policy/NewPolicy", None),),
        ),
        ["wider: * on *: never -> always (at most)"],
    ),
}


@pytest.mark.parametrize(("before", "after", "rows"), ROWS.values(), ids=ROWS.keys())
def test_a_change_is_told_in_these_rows(before: Principal, after: Principal, rows: list[str]) -> None:
    assert sorted(map(row, find_permission_changes(before, after))) == rows


def test_a_row_names_the_statement_that_causes_it() -> None:
    (change,) = find_permission_changes(user(allow("s3:GetObject")), user(allow("s3:*")))
    assert [(one.label, one.statement and one.statement.actions) for one in change.sources] == [
        ("p", frozenset(["s3:*"]))
    ]


def test_patterns_that_divide_too_finely_are_told_by_their_cause() -> None:
    wild = [f"s3:*{one}*{other}*" for one in "abcdef" for other in "ghijkl"]
    (change,) = find_permission_changes(user(), user(allow(wild)))
    assert (change.decided, {one.pattern for one in change.actions}) == (False, set(wild))
