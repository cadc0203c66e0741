"""Draw a principal before and after a change, and requests with every key known, to compare permissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from reconciler.access import Context, PolicySource, Principal
from reconciler.access.permission_changes import PermissionChange
from reconciler.access.templates import MANY, ONE, compile_arn_glob
from reconciler.model.document import Document
from reconciler.model.globs import compile_glob
from reconciler.policy.canonical import canonical
from tests.support.draws import sampled_from

Statement = dict[str, Any]
Request = tuple[str, str, Context]

ACCOUNT = "123456789012"
ACTIONS = ["a:One", "a:Two", "a:OneMore", "a:*", "a:One*", "a:*e", "b:X", "b:*", "*", "*:One"]
RESOURCES = [
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:*:*:*:b*",
    "arn:aws:s3:::b?",
    "arn:aws:s3:::${a:k}",
    "arn:aws:ec2:*:*:instance/*",
    "arn:*:*:*:*:subnet/*",
]
CONDITIONS = [
    ("StringEquals", "a:k", ["x"]),
    ("StringEquals", "a:k", ["x", "y"]),
    ("StringLike", "a:k", ["x*"]),
    ("StringNotEquals", "a:k", ["x"]),
    ("StringNotEqualsIfExists", "a:k", ["y"]),
    ("StringEqualsIgnoreCase", "a:k", ["XY"]),
    ("StringEquals", "a:k", ["${aws:PrincipalTag/team}"]),
    ("StringEquals", "a:k", ["${aws:username}"]),
    ("StringEquals", "a:k", ["${a:o}"]),
    ("Null", "a:k", ["true"]),
    ("Null", "a:k", ["false"]),
    ("Bool", "aws:MultiFactorAuthPresent", ["true"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ["false"]),
    ("NumericLessThan", "aws:MultiFactorAuthAge", ["3600"]),
    ("NumericGreaterThan", "a:n", ["5"]),
    ("NumericEquals", "a:n", ["7"]),
    ("IpAddress", "aws:SourceIp", ["10.0.0.0/8"]),
    ("NotIpAddress", "aws:SourceIp", ["10.1.0.0/16"]),
    ("ForAnyValue:StringEquals", "a:m", ["x", "y"]),
    ("ForAllValues:StringLike", "a:m", ["x*"]),
    ("StringEquals", "aws:PrincipalTag/team", ["red"]),
    ("ArnLike", "a:r", ["arn:aws:s3:::b*"]),
    ("DateGreaterThan", "aws:CurrentTime", ["2026-01-01T00:00:00Z"]),
]
VALUES: Mapping[str, list[Any]] = {
    "a:k": [None, "x", "y", "xz", "XY", "xy", "red", "blue", "alice", "q"],
    "aws:MultiFactorAuthPresent": [None, "true", "false"],
    "aws:MultiFactorAuthAge": [None, "10", "4000"],
    "a:n": [None, "1", "7", "9"],
    "aws:SourceIp": [None, "10.1.2.3", "10.2.2.2", "8.8.8.8"],
    "a:m": [None, ["x"], ["z"], ["x", "z"], ["xa", "xb"]],
    "a:r": [None, "arn:aws:s3:::bq", "zz"],
    "aws:CurrentTime": ["2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z"],
    "a:o": [None, "x", "q"],
}
ASKED_ACTIONS = ["a:One", "a:Two", "a:OneMore", "a:Other", "b:X", "b:Y", "c:Z", "c:One"]
ASKED_RESOURCES = [
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::bz",
    "arn:aws:s3:::alice/x",
    "arn:aws:s3:::other",
    "arn:aws:sqs:us-east-1:1:b",
    "arn:aws:s3:::x",
    "arn:aws:ec2:r:1:instance/i",
    "arn:aws:ec2:r:1:subnet/s",
    "arn:aws:ec2:r:1:instance/i:subnet/x",
]


def _some_of(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique_by=str)


values_of_keys = {key: st.sampled_from(options) for key, options in VALUES.items()}
team_tags = st.sampled_from([{}, {"team": "red"}, {"team": "blue"}])
one_in_eight = st.sampled_from([False] * 7 + [True])
some_actions, some_resources, some_conditions = map(_some_of, (ACTIONS, RESOURCES, CONDITIONS))


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    statement: Statement = {"Effect": draw(sampled_from(["Allow", "Allow", "Deny"]))}
    statement["NotAction" if draw(one_in_eight) else "Action"] = draw(some_actions)
    statement["NotResource" if draw(one_in_eight) else "Resource"] = draw(some_resources)
    if draw(st.booleans()):
        block: dict[str, dict[str, list[str]]] = {}
        for operator, key, values in draw(some_conditions):
            block.setdefault(operator, {})[key] = values
        statement["Condition"] = block
    return statement


def write(listed: list[Statement], version: str = "2012-10-17") -> Document:
    return canonical({"Version": version, "Statement": listed})


a_statement = statements()
some_statements = st.lists(a_statement, min_size=1, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    version = draw(sampled_from(["2012-10-17"] * 9 + ["2008-10-17"]))
    return write(draw(some_statements), version)


a_document = documents()
some_documents, maybe_one_more = st.lists(a_document, min_size=1, max_size=3), st.lists(a_document, max_size=1)
maybe_a_document = st.one_of(st.none(), a_document)
same_boundaries = maybe_a_document.map(lambda one: (one, one))


@st.composite
def edits(draw: st.DrawFn, document: Document) -> Document:
    """Draw a document with one statement more, less or another."""
    written = json.loads(document.text)
    listed: list[Statement] = written["Statement"]
    index = draw(st.integers(0, len(listed) - 1))
    edit = draw(sampled_from(["remove", "add", "replace"]))
    if edit != "add" and (edit == "replace" or len(listed) > 1):
        del listed[index]
    if edit != "remove":
        listed.append(draw(a_statement))
    return canonical(written)


@st.composite
def changing_principals(draw: st.DrawFn) -> tuple[Principal, Principal]:
    """Draw a principal before and after a change of its policies, its boundary or its tags."""
    kind = draw(sampled_from(["user", "role"]))
    old = draw(some_documents)
    new = list(old)
    index = draw(st.integers(0, len(old) - 1))
    new[index] = draw(edits(old[index]))
    new += draw(maybe_one_more)
    boundaries = draw(same_boundaries)
    if draw(st.integers(0, 2)) == 0:
        boundaries = boundaries[0], draw(maybe_a_document)
    levels = draw(st.one_of(st.just(()), service_controls()))
    teams = [draw(team_tags)] * 2
    if draw(st.integers(0, 4)) == 0:
        teams[1] = {"team": "red"}

    def principal(listed: list[Document], boundary: Document | None, tags: dict[str, str]) -> Principal:
        return Principal(
            f"arn:aws:iam::{ACCOUNT}:{kind}/alice",
            kind,
            ACCOUNT,
            tuple(PolicySource(f"policy {number}", document) for number, document in enumerate(listed)),
            boundary=PolicySource("boundary", boundary) if boundary else None,
            tags=tags,
            service_controls=levels,
        )

    return principal(old, boundaries[0], teams[0]), principal(new, boundaries[1], teams[1])


@st.composite
def service_controls(draw: st.DrawFn) -> tuple[tuple[PolicySource, ...], ...]:
    """Draw one or two levels of service control policies."""
    everything = write([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    levels = draw(
        st.lists(st.lists(st.one_of(st.just(everything), documents()), min_size=1, max_size=2), min_size=1, max_size=2)
    )
    return tuple(
        tuple(PolicySource(f"SCP {number}/{index}.json", one) for index, one in enumerate(level))
        for number, level in enumerate(levels)
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw a request of which every key is known: present with a value, or absent."""
    values = {key: draw(options) for key, options in values_of_keys.items()}
    known = {key: value for key, value in values.items() if value is not None}
    action, resource = draw(sampled_from(ASKED_ACTIONS)), draw(sampled_from(ASKED_RESOURCES))
    return action, resource, Context.of(known, absent=["*"])


_TO_WILDCARDS = str.maketrans({"*": MANY, "?": ONE})


def covers(change: PermissionChange, action: str, resource: str) -> bool:
    """Return whether a row is about a request."""
    asked = action.lower()
    if not any(
        compile_glob(one.pattern)(asked) and not any(compile_glob(text)(asked) for text in one.exceptions)
        for one in change.actions
    ):
        return False

    def matches(pattern: str) -> bool:
        return pattern == "*" or compile_arn_glob(pattern.translate(_TO_WILDCARDS))(resource)

    return any(map(matches, change.resources)) and not any(map(matches, change.not_resources))
