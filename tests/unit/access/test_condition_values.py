"""Each way in which the conditions on a key can be true has a value of the key that shows it."""

from __future__ import annotations

import pytest

from reconciler.access.condition_values import list_key_choices
from reconciler.access.conditions import compile_condition
from reconciler.access.context import Context
from reconciler.access.text_atoms import TooManyAtomsError
from reconciler.model.document import Condition

CURRENT = "2012-10-17"
Test = tuple[str, str]

WAYS: dict[str, tuple[list[Test], list[set[int]]]] = {
    # the conditions on one key; the sets of those that can hold at once
    "equal or not": ([("StringEquals", "x")], [set(), {0}]),
    "two values": ([("StringEquals", "x"), ("StringEquals", "y")], [set(), {0}, {1}]),
    "a value within a pattern": ([("StringLike", "x*"), ("StringEquals", "xy")], [set(), {0}, {0, 1}]),
    "patterns that cross": ([("StringLike", "x*"), ("StringLike", "*y")], [set(), {0}, {1}, {0, 1}]),
    "another letter case": ([("StringEqualsIgnoreCase", "x"), ("StringEquals", "x")], [set(), {0}, {0, 1}]),
    "absent or not": ([("Null", "true"), ("Null", "false")], [{0}, {1}]),
    "a negation holds without the key": ([("StringNotEquals", "x")], [set(), {0}]),
    "true or false": ([("Bool", "true"), ("Bool", "false")], [set(), {0}, {1}]),
    "intervals": (
        [("NumericLessThan", "5"), ("NumericGreaterThan", "3")],
        [set(), {0}, {0, 1}, {1}],
    ),
    "an edge": ([("NumericLessThanEquals", "5"), ("NumericEquals", "5")], [set(), {0}, {0, 1}]),
    "times": (
        [("DateLessThan", "2026-01-01T00:00:00Z"), ("DateGreaterThan", "2027-01-01T00:00:00Z")],
        [set(), {0}, {1}],
    ),
    "networks, one within the other": (
        [("IpAddress", "10.0.0.0/8"), ("IpAddress", "10.1.0.0/16")],
        [set(), {0}, {0, 1}],
    ),
    "a number of many digits": ([("NumericLessThan", "1e29")], [set(), {0}]),
    "a number past all others": ([("NumericGreaterThan", "1e999")], [set(), {0}]),
    "numbers that differ in their last digit": (
        [("NumericGreaterThan", "1" * 40), ("NumericLessThan", "1" * 39 + "2")],
        [set(), {0}, {1}, {0, 1}],
    ),
    "the first seconds of 1970": ([("DateGreaterThan", "1")], [set(), {0}]),
    "a network without the addresses at its ends": (
        [("IpAddress", "0.0.0.0/0"), *(("NotIpAddress", f"{end}/32") for end in ("0.0.0.0", "255.255.255.255"))],
        [{0, 1, 2}, {0, 2}, {0, 1}, {1, 2}],
    ),
    "every letter case but some": (
        [("StringEqualsIgnoreCase", "aB"), *(("StringNotEquals", text) for text in ("ab", "AB", "aB"))],
        [{0, 1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}, {1, 2, 3}],
    ),
    "ARNs": ([("ArnLike", "arn:aws:s3:::b*"), ("ArnEquals", "arn:aws:s3:::bc")], [set(), {0}, {0, 1}]),
    "sets of values": (
        [("ForAnyValue:StringEquals", "x"), ("ForAllValues:StringEquals", "x")],
        [set(), {1}, {0}, {0, 1}],
    ),
}


@pytest.mark.parametrize(("tests", "ways"), WAYS.values(), ids=WAYS.keys())
def test_every_way_is_found_and_its_value_shows_it(tests: list[Test], ways: list[set[int]]) -> None:
    conditions = [compile_condition(Condition(name, "a:k", frozenset([value])), CURRENT) for name, value in tests]
    (choices,) = list_key_choices(conditions, Context())
    found = {frozenset(conditions.index(one) for one in choice.held) for choice in choices}
    assert found == {frozenset(way) for way in ways}
    for choice in choices:
        context = Context({"a:k": (choice.values,)})
        assert choice.held == {one for one in conditions if one.holds(context).value}


def test_a_condition_with_an_unknown_variable_may_hold_whatever_the_keys_are() -> None:
    condition = compile_condition(Condition("StringEquals", "a:k", frozenset(["${a:other}"])), CURRENT)
    (choices,) = list_key_choices([condition], Context())
    assert [(choice.key, choice.held) for choice in choices] == [("", frozenset()), ("", frozenset([condition]))]


UNSHOWN: dict[str, list[Test]] = {
    "a text and a number": [("StringLike", "1*"), ("NumericGreaterThan", "50")],
    "a number and a time": [("NumericGreaterThan", "1"), ("DateLessThan", "2099-01-01T00:00:00Z")],
    "an address and a text": [("IpAddress", "0.0.0.0/0"), ("StringNotLike", "1*")],
    "letter case and a pattern": [("StringEqualsIgnoreCase", "abc"), ("StringNotLike", "[Aa]*"), ("StringLike", "?B*")],
}


@pytest.mark.parametrize("tests", UNSHOWN.values(), ids=list(UNSHOWN))
def test_conditions_of_several_types_may_hold_together_though_no_value_is_known(tests: list[Test]) -> None:
    conditions = [compile_condition(Condition(name, "a:k", frozenset([value])), CURRENT) for name, value in tests]
    (choices,) = list_key_choices(conditions, Context())
    assert frozenset(conditions) in {choice.held for choice in choices}
    held = [choice.held for choice in choices]
    assert len(held) == len(set(held))


def test_too_many_conditions_of_several_types_are_not_told_apart() -> None:
    conditions = [
        compile_condition(Condition(name, "a:k", frozenset([f"{number}"])), CURRENT)
        for number in range(5)
        for name in ("StringNotEquals", "NumericNotEquals")
    ]
    with pytest.raises(TooManyAtomsError):
        list_key_choices(conditions, Context())


def test_only_values_that_the_principal_can_have_are_tried() -> None:
    condition = compile_condition(Condition("Bool", "aws:MultiFactorAuthPresent".lower(), frozenset(["true"])), CURRENT)
    own = Context({"aws:multifactorauthpresent": (None, ("false",))})
    (choices,) = list_key_choices([condition], own)
    assert [choice.held for choice in choices] == [frozenset()]


TYPED: dict[str, tuple[str, list[Test], set[str]]] = {
    "a Boolean of AWS": (
        "aws:multifactorauthpresent",
        [("StringEquals", "true"), ("Null", "false")],
        {"true", "false"},
    ),
    "a Boolean": ("a:k", [("Bool", "true"), ("Bool", "false"), ("Null", "true")], {"true", "false"}),
    "a number": ("a:k", [("NumericLessThan", "5"), ("NumericGreaterThanEquals", "5")], {"4", "5", "6"}),
}

SECONDS: dict[str, tuple[Test, set[bool]]] = {
    "below 0": (("NumericLessThan", "0"), {False}),
    "below a part of a second": (("NumericLessThan", "0.5"), {False, True}),
    "above less than 0": (("NumericGreaterThan", "-5"), {False, True}),
    "any": (("NumericGreaterThanEquals", "0"), {False, True}),
}


@pytest.mark.parametrize(("test", "answers"), SECONDS.values(), ids=list(SECONDS))
def test_no_request_has_a_negative_number_of_seconds(test: Test, answers: set[bool]) -> None:
    condition = compile_condition(Condition(test[0], "aws:multifactorauthage", frozenset([test[1]])), CURRENT)
    (choices,) = list_key_choices([condition], Context())
    assert {bool(choice.held) for choice in choices} == answers
    assert not any(text.startswith("-") for choice in choices for text in choice.values or ())


@pytest.mark.parametrize(("key", "tests", "values"), TYPED.values(), ids=list(TYPED))
def test_a_key_has_values_of_its_type_only(key: str, tests: list[Test], values: set[str]) -> None:
    """A Deny of `true` and one of `false` leave no request with the key: no request has `other` for it."""
    conditions = [compile_condition(Condition(name, key, frozenset([value])), CURRENT) for name, value in tests]
    (choices,) = list_key_choices(conditions, Context())
    assert {text for choice in choices for text in choice.values or ()} <= values
    assert not any(choice.values and not choice.held for choice in choices)


def test_an_example_has_the_time_that_every_request_has() -> None:
    condition = compile_condition(
        Condition("DateLessThan", "aws:currenttime", frozenset(["2027-12-05T00:00:00Z"])), CURRENT
    )
    (choices,) = list_key_choices([condition], Context())
    assert {choice.values: bool(choice.held) for choice in choices} == {
        ("2027-12-04T23:59:59Z",): True,
        ("2027-12-05T00:00:00Z",): False,
    }
