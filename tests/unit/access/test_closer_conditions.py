"""A condition that whatever fulfils another one fulfils as well is no wider: AWS's operators, one by one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.access.closer_conditions import implies
from reconciler.access.conditions import compile_condition
from reconciler.access.context import Context
from reconciler.model.document import Condition

One = tuple[str, Sequence[str]]
ROLES, ROLE = "arn:aws:iam::123456789012:role/*", "arn:aws:iam::123456789012:role/x"

CLOSER: dict[str, tuple[One, One]] = {
    # name: (closer, wider)
    "fewer texts": (("StringEquals", ["a"]), ("StringEquals", ["a", "b"])),
    "a text of a pattern": (("StringEquals", ["ab"]), ("StringLike", ["a*"])),
    "more texts excluded": (("StringNotEquals", ["a", "b"]), ("StringNotEquals", ["a"])),
    "a wider pattern excluded": (("StringNotLike", ["a*"]), ("StringNotLike", ["ab*"])),
    "a part of a network": (("IpAddress", ["10.1.0.0/16"]), ("IpAddress", ["10.0.0.0/8", "192.0.2.0/24"])),
    "a wider network excluded": (("NotIpAddress", ["10.0.0.0/8"]), ("NotIpAddress", ["10.1.2.3"])),
    "one role of all": (("ArnLike", [ROLE]), ("ArnEquals", [ROLES])),
    "all roles excluded": (("ArnNotLike", [ROLES]), ("ArnNotLike", [ROLE])),
    "none of more values": (("ForAllValues:StringNotEquals", ["a", "b"]), ("ForAllValues:StringNotEquals", ["a"])),
    "a variable within all": (("StringEquals", ["a-${aws:username}"]), ("StringLike", ["a-*"])),
    "without IfExists": (("StringEquals", ["a"]), ("StringEqualsIfExists", ["a"])),
}


def condition(one: One) -> Condition:
    return Condition(one[0], "aws:x", frozenset(one[1]))


@pytest.mark.parametrize(("closer", "wider"), CLOSER.values(), ids=list(CLOSER))
def test_a_closer_limit_implies_a_wider_one_and_not_the_reverse(closer: One, wider: One) -> None:
    assert implies(condition(closer), condition(wider))
    assert not implies(condition(wider), condition(closer))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("StringEqualsIgnoreCase", ["a"]), ("StringEquals", ["a"])),
        (("StringLike", ["a*"]), ("StringEquals", ["a*"])),
        (("ForAllValues:StringEquals", ["a"]), ("StringEquals", ["a"])),
        (("StringNotEquals", ["a"]), ("StringEquals", ["b"])),
        (("StringNotEquals", ["a"]), ("StringNotLike", ["a*"])),
        (("IpAddress", ["10.0.0.0/8"]), ("IpAddress", ["::/0"])),
        (("ArnLike", ["arn:aws:iam::*"]), ("ArnLike", ["arn:aws:iam::1:user/a"])),
        (("StringLike", ["${aws:username}"]), ("StringLike", ["$*"])),
        (("StringLike", ["${aws:username}"]), ("StringLike", ["???????????????"])),
        (("ArnLike", ["arn:aws:iam::1:user/${aws:username}"]), ("ArnLike", ["arn:aws:iam::1:user/$*"])),
        (("IpAddress", ["no network"]), ("IpAddress", ["10.0.0.0/8"])),
    ],
)
def test_nothing_else_is_implied(one: One, other: One) -> None:
    assert not implies(condition(one), condition(other))


VALUES = (
    None,
    ("a",),
    ("b",),
    ("ab",),
    ("abc",),
    ("a", "b"),
    (),
    (ROLE,),
    ("10.1.2.3",),
    ("10.2.2.2",),
    ("192.0.2.1",),
)


@pytest.mark.parametrize(("closer", "wider"), CLOSER.values(), ids=list(CLOSER))
def test_the_evaluator_agrees(closer: One, wider: One) -> None:
    for values in VALUES:
        context = Context({"aws:x": (values,)})
        answers = [compile_condition(condition(one), "2012-10-17").holds(context).value for one in (closer, wider)]
        assert answers[0] is not True or answers[1] is True, values
