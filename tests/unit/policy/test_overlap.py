"""Two statements that can, or cannot, speak of the same request."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.document import Statement
from reconciler.policy.canonical import canonical
from reconciler.policy.overlap import (
    drop_unread,
    intersect_statements,
    is_surely_covered,
    pattern_sets_overlap,
    patterns_overlap,
    statements_overlap,
)

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
def test_patterns_meet_if_a_text_matches_both(one: str, other: str, expected: bool) -> None:
    assert (patterns_overlap(one, other), patterns_overlap(other, one)) == (expected, expected)


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
    "conditions are not part of it": (
        statement(Action="a:1", Condition={"Bool": {"k": "true"}}),
        statement(Action="a:1", Condition={"Bool": {"k": "false"}}),
        True,
    ),
}


@pytest.mark.parametrize(("one", "other", "expected"), PAIRS.values(), ids=PAIRS)
def test_statements_meet_if_a_request_can_be_of_both(one: Statement, other: Statement, expected: bool) -> None:
    ours, theirs = frozenset([one]), frozenset([other])
    assert (statements_overlap(ours, theirs), statements_overlap(theirs, ours)) == (expected, expected)


def test_what_is_not_read_meets_all_and_can_be_left_out() -> None:
    unread = Statement("Allow", actions=frozenset(["arn:aws:iam::aws:policy/X"]))
    read = statement(Action="a:1")
    assert statements_overlap(frozenset([unread]), frozenset([read]))
    assert drop_unread(frozenset([unread, read])) == {read}


COMMON: dict[str, tuple[Statement, Statement, Statement]] = {
    "the narrower action": (statement(Action="s3:*"), statement(Action="s3:Get*"), statement(Action="s3:Get*")),
    "of two that cross the first": (statement(Action="s3:*t"), statement(Action="s3:G*"), statement(Action="s3:*t")),
    "the narrower resource": (
        statement(Action="a:1", Resource=["r/*", "q"]),
        statement(Action="*", Resource="r/1"),
        statement(Action="a:1", Resource="r/1"),
    ),
    "what is not left out": (
        statement(Action=["a:1", "a:2"]),
        statement(Effect="Deny", NotAction="a:1"),
        statement(Action="a:2"),
    ),
    "conditions of the first": (
        statement(Action="a:*", Condition={"Bool": {"a:k": "true"}}),
        statement(Effect="Deny", Action="a:1", Condition={"Bool": {"a:j": "true"}}),
        statement(Action="a:1", Condition={"Bool": {"a:k": "true"}}),
    ),
}


@pytest.mark.parametrize(("one", "other", "expected"), COMMON.values(), ids=COMMON)
def test_what_two_statements_have_in_common(one: Statement, other: Statement, expected: Statement) -> None:
    assert intersect_statements(frozenset([one]), frozenset([other])) == {expected}


CONDITION = {"Bool": {"a:k": "true"}}
SURELY: dict[str, tuple[Statement, Statement, bool]] = {
    "the same": (statement(Action="a:1"), statement(Action="a:1"), True),
    "a wider pattern": (statement(Action="s3:*", Resource="r*"), statement(Action="s3:Get*", Resource="r/1"), True),
    "a narrower one": (statement(Action="s3:Get*"), statement(Action="s3:*"), False),
    "a question mark is not a star": (statement(Action="s3:?"), statement(Action="s3:*"), False),
    "a question mark is not a variable": (
        statement(Action="a:1", Resource="arn:user/???????????????"),
        statement(Action="a:1", Resource="arn:user/${aws:username}"),
        False,
    ),
    "a variable may be anything": (
        statement(Action="a:1", Resource="arn:user/${aws:username}"),
        statement(Action="a:1", Resource="arn:user/alice"),
        False,
    ),
    "the name of a variable is not its value": (
        statement(Action="a:1", Resource="arn:home/*name*/x"),
        statement(Action="a:1", Resource="arn:home/${aws:username}/x"),
        False,
    ),
    "a star is sure to match a variable": (
        statement(Action="a:1", Resource="arn:home/*/x"),
        statement(Action="a:1", Resource="arn:home/${aws:username}/x"),
        True,
    ),
    "the same variable": (
        statement(Action="a:1", Resource="arn:home/${aws:username}"),
        statement(Action="a:1", Resource="arn:home/${aws:username}"),
        True,
    ),
    "fewer conditions": (statement(Action="a:1"), statement(Action="a:1", Condition=CONDITION), True),
    "more conditions": (statement(Action="a:1", Condition=CONDITION), statement(Action="a:1"), False),
    "all but another": (statement(NotAction="a:2"), statement(Action="a:1"), True),
    "all but some of it": (statement(NotAction="a:2"), statement(Action="a:*"), False),
    "less left out": (statement(NotAction="a:1"), statement(NotAction="a:*"), True),
    "more left out": (statement(NotAction="a:*"), statement(NotAction="a:1"), False),
    "the other effect": (statement(Effect="Deny", Action="a:1"), statement(Action="a:1"), False),
}


@pytest.mark.parametrize(("one", "other", "expected"), SURELY.values(), ids=SURELY)
def test_one_says_surely_all_that_another_one_does(one: Statement, other: Statement, expected: bool) -> None:
    assert is_surely_covered(other, frozenset([one]), "Allow") is expected


SERVICES = ("s3", "s3-outposts", "ec2", "s*", "?c2", "${aws:PrincipalTag/service}", "*")


@pytest.mark.parametrize("one", [f"{service}:{action}" for service in SERVICES for action in ("get*", "put", "*")])
def test_a_pattern_overlaps_with_many_if_it_does_with_one_of_them(one: str) -> None:
    for action in ("getobject", "put*", "?ut", "list"):
        for left_out in SERVICES:
            many = frozenset(f"{other}:{action}{n}" for other in {*SERVICES} - {left_out} for n in range(4))
            expected = any(patterns_overlap(one, other) for other in many)
            assert pattern_sets_overlap(frozenset([one]), False, many, False) == expected
            assert pattern_sets_overlap(many, False, frozenset([one]), False) == expected
