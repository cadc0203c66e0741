"""The condition operators of AWS, and the values that each type of operator accepts.

From the IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

_TYPES = {
    "String": (
        "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike"
    ),
    "Numeric": (
        "NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan"
        " NumericGreaterThanEquals"
    ),
    "Date": ("DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals"),
    "Bool": "Bool",
    "Binary": "BinaryEquals",
    "IpAddress": "IpAddress NotIpAddress",
    "Arn": "ArnEquals ArnLike ArnNotEquals ArnNotLike",
    "Null": "Null",
}
TYPE_OF_BASE = {base: kind for kind, bases in _TYPES.items() for base in bases.split()}
"""Maps an operator without prefix and suffix to its type."""

QUANTIFIERS = ("", "ForAllValues", "ForAnyValue")


class Operator(NamedTuple):
    """The parts of an operator such as `ForAnyValue:StringLikeIfExists`.

    quantifier: "ForAnyValue", "ForAllValues", or "" for none.
    base: the operator without prefix and suffix.
    if_exists: True if the operator ends in IfExists.
    """

    quantifier: str
    base: str
    if_exists: bool

    @property
    def type(self) -> str:
        return TYPE_OF_BASE[self.base]


def _build_operators() -> dict[str, Operator]:
    operators = {}
    for quantifier in QUANTIFIERS:
        for base in TYPE_OF_BASE:
            # Null tests if a key exists: with IfExists it would have no effect, and AWS refuses it.
            for if_exists in (False,) if base == "Null" else (False, True):
                name = f"{quantifier}:{base}".lstrip(":") + ("IfExists" if if_exists else "")
                operators[name] = Operator(quantifier, base, if_exists)
    return operators


OPERATORS = _build_operators()
"""Every operator by its full name, in AWS's spelling."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_EPOCH = re.compile(r"[0-9]+(\.[0-9]+)?")
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?",
    re.IGNORECASE,
)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.casefold() in {"true", "false"})


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return _is_number(value)
    if _EPOCH.fullmatch(value):
        return True
    match = _DATE.fullmatch(value)
    if match is None:
        return False
    year, month, day, hour, minute, second = match.groups()
    try:
        datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return False
    return True


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
    "Bool": (_is_boolean, "true or false"),
    "Null": (_is_boolean, "true (the key is absent) or false (it is present)"),
    "Numeric": (_is_number, "a number"),
    "Date": (_is_date, "a date such as 2026-12-31T23:59:59Z, or seconds since 1970"),
    "IpAddress": (_is_address, "an IP address or a range such as 203.0.113.0/24"),
}


def explain_mismatch(operator: Operator, value: object) -> str:
    """Return a description of the values that the operator needs; "" if this value is one of them.

    A value with a policy variable always passes, because it is known only when a request is made.
    """
    if operator.type not in _CHECKS or (isinstance(value, str) and "${" in value):
        return ""
    is_accepted, description = _CHECKS[operator.type]
    return "" if is_accepted(value) else description
