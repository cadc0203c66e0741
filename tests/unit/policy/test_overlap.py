"""Whether two statements can speak of the same request."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.document import Statement
from reconciler.policy.canonical import canonical
from reconciler.policy.overlap import known, meet, patterns_meet

PATTERNS: dict[str, tuple[str, str, bool]] = {
    "the same": ("s3:get", "s3:get", True),
    "two names": ("s3:get", "s3:put", False),
    "a star and what it stands for": ("s3:*", "s3:getobject", True),
    "a star that stands for nothing": ("s3:get*", "s3:get", True),
    "two stars that cross": ("s3:*object", "s3:get*", True),
    "two stars that do not": ("s3:*object", "ec2:*", False),
    "a question mark is one letter": ("s3:ge?", "s3:get", True),
    "and never none": ("s3:get?", "s3:get", False),
    "a question mark and a star": ("a?c", "*bc", True),
    "a longer tail": ("*abc", "ab", False),
    "a variable may be any text": ("arn:user/${aws:username}", "arn:user/alice", True),
}


@pytest.mark.parametrize(("one", "other", "expected"), PATTERNS.values(), ids=PATTERNS)
def test_patterns_meet_where_a_text_matches_both(one: str, other: str, expected: bool) -> None:
    assert (patterns_meet(one, other), patterns_meet(other, one)) == (expected, expected)


def statement(**elements: Any) -> Statement:
    body = {"Effect": "Allow", "Resource": "*", **elements}
    body = {key: value for key, value in body.items() if value}
    (found,) = canonical({"Version": "2012-10-17", "Statement": [body]}).statements
    return found


PAIRS: dict[str, tuple[Statement, Statement, bool]] = {
    "one action in common": (statement(Action=["a:1", "a:2"]), statement(Action=["a:2", "a:3"]), True),
    "none": (statement(Action="a:1"), statement(Action="a:2"), False),
    "other resources": (statement(Action="a:1", Resource="r1"), statement(Action="a:1", Resource="r2"), False),
    "all but one, and that one": (statement(NotAction="a:1"), statement(Action="a:1"), False),
    "all but one, and another": (statement(NotAction="a:1"), statement(Action=["a:1", "a:2"]), True),
    "two that leave something out": (statement(NotAction="a:1"), statement(NotAction="a:2"), True),
    "all resources but one, and that one": (
        statement(Action="a:1", Resource=None, NotResource="r1"),
        statement(Action="a:1", Resource="r1"),
        False,
    ),
    "conditions are no part of it": (
        statement(Action="a:1", Condition={"Bool": {"k": "true"}}),
        statement(Action="a:1", Condition={"Bool": {"k": "false"}}),
        True,
    ),
}


@pytest.mark.parametrize(("one", "other", "expected"), PAIRS.values(), ids=PAIRS)
def test_statements_meet_where_a_request_can_be_of_both(one: Statement, other: Statement, expected: bool) -> None:
    ours, theirs = frozenset([one]), frozenset([other])
    assert (meet(ours, theirs), meet(theirs, ours)) == (expected, expected)


def test_what_is_not_read_meets_all_and_can_be_left_out() -> None:
    unread = Statement("Allow", actions=frozenset(["arn:aws:iam::aws:policy/X"]))
    read = statement(Action="a:1")
    assert meet(frozenset([unread]), frozenset([read]))
    assert known(frozenset([unread, read])) == {read}
