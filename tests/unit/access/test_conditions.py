"""Condition operators: IAM User Guide, "Condition operators" and "Multivalued context keys"."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access.conditions import compile_condition
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.verdicts import all_of
from reconciler.policy.canonical import canonical

ABSENT = Context.of(absent=["k"])


def outcome(operator: str, wanted: Any, context: Context, version: str = "2012-10-17", key: str = "K") -> bool | None:
    body = {"Version": version, "Statement": {"Effect": "Deny", "Action": "*", "Condition": {operator: {key: wanted}}}}
    (statement,) = canonical(body).statements
    return all_of(compile_condition(item, version).holds(context) for item in statement.conditions).value


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", [], "b", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringLike", "a*z?", "a--zz", True),
        ("StringLike", "a*", "A", False),
        ("StringNotLike", "a*", "ab", False),
        ("NumericEquals", 5, "5.0", True),
        ("NumericNotEquals", 5, "5.0", False),
        ("NumericLessThan", 5, "4", True),
        ("NumericLessThanEquals", 5, "5", True),
        ("NumericGreaterThan", 5, "5", False),
        ("NumericGreaterThanEquals", 5, "5", True),
        ("NumericLessThan", 5, "many", False),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateGreaterThan", "2026-01-01T00:00:00+01:00", "2025-12-31T23:30:00Z", True),
        ("DateGreaterThanEquals", 1767225600, "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "2026-13-01", "2025-12-31", False),
        ("Bool", "True", "true", True),
        ("Bool", False, "true", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.9", False),
        ("IpAddress", "2001:db8::/32", "203.0.113.9", False),
        ("NotIpAddress", ["203.0.113.0/24", "2001:db8::/32"], "2001:db8::1", False),
        ("ArnLike", "arn:aws:iam::*:role/ci-*", "arn:aws:iam::111122223333:role/ci-a", True),
        ("ArnEquals", "arn:aws:iam::*:role/ci-*", "arn:aws:iam::111122223333:role/ci-a", True),
        ("ArnLike", "arn:aws:iam:*:role/ci-*", "arn:aws:iam::111122223333:role/ci-a", False),
        ("ArnNotLike", "arn:aws:iam::*:role/ci-*", "arn:aws:iam::111122223333:role/x", True),
        ("ArnNotEquals", "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a", False),
        ("Null", "true", "a", False),
        ("Null", False, "a", True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["x", "b"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["x", "y"], False),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "x"], False),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "c"], True),
        ("StringEquals", "a", ["a", "x"], None),  # several values and no quantifier
        ("StringSame", "a", "a", None),
    ],
)
def test_an_operator_on_a_known_value(operator: str, wanted: Any, given: Any, expected: bool | None) -> None:
    assert outcome(operator, wanted, Context.of({"k": given})) is expected
    if operator != "StringSame":
        assert outcome(operator, wanted, NOTHING_KNOWN) is None


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        *((name, False) for name in ("StringEquals", "StringLike", "NumericEquals", "DateEquals", "Bool", "IpAddress")),
        *((name, False) for name in ("ArnLike", "BinaryEquals", "ForAnyValue:StringEquals")),
        *((name, True) for name in ("StringNotEquals", "StringNotLike", "NumericNotEquals", "DateNotEquals")),
        *((name, True) for name in ("NotIpAddress", "ArnNotEquals", "ArnNotLike", "StringNotEqualsIgnoreCase")),
        *((name, True) for name in ("StringEqualsIfExists", "BoolIfExists", "ForAllValues:StringEquals")),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringLikeIfExists", True),
    ],
)
def test_a_missing_key_matches_nothing(operator: str, expected: bool) -> None:
    assert outcome(operator, "1", ABSENT) is expected


def test_null_asks_for_the_key_alone() -> None:
    assert outcome("Null", "true", ABSENT) is True
    assert outcome("Null", "false", ABSENT) is False
    assert outcome("Null", ["true", "false"], ABSENT) is True


def test_a_key_that_may_be_one_of_several_is_decided_if_all_agree() -> None:
    either = Context.of(either={"k": (None, "false")})
    assert outcome("Bool", "true", either) is False
    assert outcome("BoolIfExists", "false", either) is True
    assert outcome("Bool", "false", either) is None


@pytest.mark.parametrize(
    ("operator", "wanted", "context", "expected"),
    [
        ("StringEquals", "${aws:username}", Context.of({"k": "al", "aws:UserName": "al"}), True),
        ("StringEquals", "${aws:username}", Context.of({"k": "al", "aws:username": "bo"}), False),
        ("StringEquals", "${aws:username}", Context.of({"k": "al"}), None),
        ("StringEquals", "${aws:username}", Context.of({"k": "al"}, absent=["aws:username"]), False),
        ("StringNotEquals", "${aws:username}", Context.of({"k": "al"}), None),
        *(
            (operator, "${aws:username}", Context.of({"k": "al"}, absent=["aws:username"]), True)
            for operator in (
                *("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "StringNotEqualsIfExists"),
                *("ArnNotEquals", "ArnNotLike", "ForAnyValue:StringNotLike", "ForAllValues:StringNotEquals"),
            )
        ),
        ("StringNotEquals", ["${aws:username}", "al"], Context.of({"k": "al"}, absent=["aws:username"]), False),
        ("StringNotEquals", "${aws:username, 'al'}", Context.of({"k": "al"}, absent=["aws:username"]), False),
        ("StringLike", "${aws:username}*", Context.of({"k": "al"}, absent=["aws:username"]), False),
        ("ArnLike", "${aws:username}", Context.of({"k": "al"}, absent=["aws:username"]), False),
        ("StringEquals", "${aws:username, 'al'}", Context.of({"k": "al"}, absent=["aws:username"]), True),
        ("StringLike", "${*}${?}", Context.of({"k": "*?"}), True),
        ("StringLike", "${*}", Context.of({"k": "x"}), False),
        ("StringLike", "${aws:PrincipalTag/x}/*", Context.of({"k": "a*/b", "aws:principaltag/X": "a*"}), True),
        ("StringLike", "${aws:PrincipalTag/x}", Context.of({"k": "ab", "aws:principaltag/x": "a*"}), False),
        ("StringEquals", ["${aws:username}", "al"], Context.of({"k": "al"}), True),
        ("NumericEquals", "${aws:username}", Context.of({"k": "5", "aws:username": "5"}), False),
    ],
)
def test_variables_in_values(operator: str, wanted: Any, context: Context, expected: bool | None) -> None:
    assert outcome(operator, wanted, context) is expected


def test_the_old_version_takes_variables_literally() -> None:
    assert outcome("StringEquals", "${aws:username}", Context.of({"k": "${aws:username}"}), "2008-10-17") is True
    assert (
        outcome("StringEquals", "${aws:username}", Context.of({"k": "a", "aws:username": "a"}), "2008-10-17") is False
    )


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "expected"),
    [
        ("StringEquals", "sts:RoleSessionName", "${aws:username}", False),
        ("StringLike", "sts:ExternalId", "${team}*", False),
        ("StringLike", "sts:ExternalId", "team-?:*", None),
        ("StringEquals", "sts:SourceIdentity", ["a b", "ab"], None),
        ("StringEquals", "aws:UserAgent", "${aws:username}", None),
        ("StringNotEquals", "sts:RoleSessionName", "${aws:username}", None),
        ("StringEqualsIfExists", "sts:RoleSessionName", "${aws:username}", None),
        ("ForAllValues:StringEquals", "sts:RoleSessionName", "${aws:username}", None),
    ],
)
def test_a_text_that_sts_refuses_as_a_name_matches_nothing(
    operator: str, key: str, wanted: Any, expected: bool | None
) -> None:
    assert outcome(operator, wanted, NOTHING_KNOWN, "2008-10-17", key) is expected
