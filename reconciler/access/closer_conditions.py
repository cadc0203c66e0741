"""Find out if one condition is a closer limit than another: every request that fulfils it fulfils the other one, too.

IAM User Guide, "IAM JSON policy elements: Condition operators". An answer may be a wrong no, never a wrong yes.
"""

from __future__ import annotations

import ipaddress

from reconciler.access.comparisons import NEGATED, parse_network
from reconciler.model.document import Condition
from reconciler.policy.condition_text import parse_condition
from reconciler.policy.operators import OPERATORS
from reconciler.policy.overlap import covers_pattern

_ARN_PARTS = 6


def implies(one: Condition, other: Condition) -> bool:
    """Return whether a request that fulfils one condition surely fulfils the other."""
    if one == other:
        return True
    if one.key != other.key:
        return False
    ours, theirs = OPERATORS.get(one.operator), OPERATORS.get(other.operator)
    if ours is None or theirs is None or ours.quantifier != theirs.quantifier or ours.if_exists > theirs.if_exists:
        return False
    if (ours.base, theirs.base) == ("StringLike", "StringEquals"):
        return one.values <= other.values and not any(mark in value for value in one.values for mark in "*?$")
    if ours.base in NEGATED or theirs.base in NEGATED:
        return ours.base == theirs.base and _accepts_within(NEGATED[ours.base], other.values, one.values)
    if ours.base == theirs.base and ours.base in _ORDERED:
        (value,), (limit,) = (one.values, other.values) if len(one.values) == len(other.values) == 1 else ([""], [""])
        return bool(value) and _ORDERED[ours.base](value, limit)
    same = ours.base == theirs.base or {ours.base, theirs.base} == {"ArnEquals", "ArnLike"}
    return (same or (ours.base, theirs.base) == ("StringEquals", "StringLike")) and _accepts_within(
        theirs.base, one.values, other.values
    )


def _accepts_within(base: str, some: frozenset[str], others: frozenset[str]) -> bool:
    """Return whether every value that some texts accept is one that the others accept. base: of an operator."""
    if base in ("StringEquals", "StringEqualsIgnoreCase", "Bool"):
        return some <= others
    if base == "StringLike":
        return all(any(_covers_text(other, one) for other in others) for one in some)
    if base in ("ArnEquals", "ArnLike"):
        return all(any(_covers_arn(other, one) for other in others) for one in some)
    return base == "IpAddress" and all(any(_covers_network(other, one) for other in others) for one in some)


def _covers_text(pattern: str, text: str) -> bool:
    """Return whether a pattern matches all that another one does, whatever the variables of the other one stand for."""
    if pattern == text:
        return True
    has_variable = "$" in text
    return "$" not in pattern and not (has_variable and "?" in pattern) and covers_pattern(pattern, text)


def _covers_arn(pattern: str, other: str) -> bool:
    ours, theirs = pattern.split(":", 5), other.split(":", 5)
    whole = len(ours) == len(theirs) == _ARN_PARTS
    return pattern == other or (whole and all(map(_covers_text, ours, theirs)))


def _covers_network(text: str, other: str) -> bool:
    try:
        ours, theirs = parse_network(text), parse_network(other)
    except ValueError:
        return False
    if isinstance(ours, ipaddress.IPv4Network):
        return isinstance(theirs, ipaddress.IPv4Network) and theirs.subnet_of(ours)
    return isinstance(theirs, ipaddress.IPv6Network) and theirs.subnet_of(ours)


def demands_as_much(term: str, earlier: str) -> bool:
    """Return whether a condition as text equals an earlier one, or is a closer limit."""
    ours, theirs = parse_condition(term), parse_condition(earlier)
    return term == earlier or (ours is not None and theirs is not None and implies(ours, theirs))


def _is_at_most(value: str, limit: str) -> bool:
    return value.isdigit() and limit.isdigit() and int(value) <= int(limit)


def _is_as_early(value: str, limit: str) -> bool:
    return value <= limit and value[-1:] == limit[-1:] == "Z"


_ORDERED = {
    "NumericLessThan": _is_at_most,
    "NumericLessThanEquals": _is_at_most,
    "DateLessThan": _is_as_early,
    "DateLessThanEquals": _is_as_early,
}
