"""Policy documents that IAM accepts, and small mutations of them that it may refuse, like mistakes of people."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Json = Any
Path = tuple[str | int, ...]

BUCKET, OBJECTS = "arn:aws:s3:::reports", "arn:aws:s3:::reports/*"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"

IDENTITY: tuple[Json, ...] = (
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [BUCKET, OBJECTS],
            },
            {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
        ],
    },
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "NotResource": "arn:aws:iam::123456789012:role/admin",
            "Condition": {
                "StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"},
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
            },
        },
    },
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Own",
                "Effect": "Allow",
                "Action": "iam:*AccessKey*",
                "Resource": "arn:aws:iam::123456789012:user/${aws:username}",
                "Condition": {
                    "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                    "IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]},
                    "NumericLessThan": {"aws:MultiFactorAuthAge": 3600},
                    "ForAnyValue:StringLike": {"aws:TagKeys": ["team*"]},
                    "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"},
                    "Null": {"aws:TokenIssueTime": "false"},
                },
            },
        ],
    },
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "route53:*", "Resource": "arn:aws:route53:::hostedzone/Z1"},
            {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"},
        ],
    },
)

TRUST: tuple[Json, ...] = (
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "People",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "210987654321"]},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                    "StringEquals": {"sts:ExternalId": "x-1"},
                },
            },
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    },
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/app:*"},
            },
        },
    },
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sts:AssumeRole",
                "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
            }
        ],
    },
)

_VALUES: tuple[Json, ...] = (
    *("", " ", "*", "x", "true", "2012-10-17", "2008-10-17", "2012-10-18", "Allow", "allow", "Deny"),
    *("s3:GetObject", "s3:Get Object", "s3", "sts:AssumeRole", "sts:AssumRole", "sts:*", "iam:*", "s3:GetObject:x"),
    *(
        BUCKET,
        "arn:aws:s3:us-east-1::reports",
        "arn:aws:s3:::",
        "arn:aws:s3::reports",
        "arn:aws:sqs",
        "reports",
        "arn:",
    ),
    *("arn:aws:iam::123456789012:roles/x", "arn:aws:iam:us-east-1:123456789012:role/x", "arn:aws:iam::123456789012:x"),
    *("arn:aws:iam::123456789012:user/*", "arn:aws:iam::123456789012:user/nobody", "123456789012", "12345678901"),
    *("ec2.amazonaws.com", "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:s*:::b", "arn:aws:route53::1:zone/Z"),
    *(
        "2030-13-01",
        "2030-01-01",
        "192.0.2.0/33",
        "192.0.2.1",
        "a b",
        "a_b",
        "a-b",
        "A1",
        "${aws:username}",
        "${",
        "é",
        "–",
    ),
    *(
        None,
        True,
        False,
        0,
        1,
        1.5,
        -1,
        [],
        {},
        [[]],
        [{}],
        [None],
        ["a", ["b"]],
        {"a": "b"},
        {"AWS": "*"},
        {"AWS": []},
    ),
    *({"Service": "ec2.amazonaws.com"}, {"Service": "*"}, {"Aws": "*"}, {"Federated": "accounts.google.com"}),
    *({"StringEquals": {}}, {"StringEquals": {"aws:username": []}}, {"StringEquals": "x"}, {"StringIs": {"a:b": "c"}}),
)
_KEYS = (
    *(
        "Version",
        "version",
        "Id",
        "Statement",
        "Statements",
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Principals",
    ),
    *("Action", "Actions", "action", "NotAction", "Resource", "NotResource", "resource", "Condition", "Conditions"),
    *("AWS", "Aws", "Service", "Federated", "CanonicalUser", "User"),
    *(
        "StringEquals",
        "StringEqual",
        "stringequals",
        "StringEqualsIfExists",
        "StringLike",
        "Bool",
        "BoolIfExists",
        "Null",
    ),
    *("NullIfExists", "NumericEquals", "NumericLessThan", "DateLessThan", "DateEquals", "IpAddress", "ArnEquals"),
    *("ForAllValues:StringEquals", "ForAnyValue:Bool", "ForSomeValues:StringEquals", "BinaryEquals", "IfExists"),
    *("aws:username", "aws:UserName", "aws:CurrentTime", "sts:ExternalId", "", "x", "aws:PrincipalTag/team", "a:b:c"),
)


def paths_in(value: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the path of `value` and of everything inside it."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from paths_in(value[key], (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from paths_in(one, (*path, index))


def _value_at(document: Json, path: Path) -> Json:
    for step in path:
        document = document[step]
    return document


def _mutate(draw: st.DrawFn, holder: Json, step: str | int) -> None:
    """Mutate one member of an object or a list, in place."""
    kind = draw(st.sampled_from(["replace", "remove", "list", "double", "rename", "add"]))
    value = holder[step]
    if kind == "replace":
        holder[step] = copy.deepcopy(draw(st.sampled_from(_VALUES)))
    elif kind == "list":
        holder[step] = (value[0] if value else "x") if isinstance(value, list) else [value]
    elif isinstance(holder, list):
        holder[step : step + 1] = [] if kind == "remove" else [value, copy.deepcopy(value)]
    elif kind == "remove":
        del holder[step]
    elif kind == "rename":
        holder[draw(st.sampled_from(_KEYS))] = holder.pop(step)
    elif kind == "add":
        holder[draw(st.sampled_from(_KEYS))] = copy.deepcopy(draw(st.sampled_from(_VALUES)))


@st.composite
def spoil_documents(draw: st.DrawFn, documents: tuple[Json, ...]) -> Json:
    """Draw one of `documents` with one or two mutations anywhere in it."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from([one for one in paths_in(document) if one] or [()]))
        if path:
            _mutate(draw, _value_at(document, path[:-1]), path[-1])
    return document
