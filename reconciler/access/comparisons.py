"""Compare one value of a request with one text of a policy, for every condition operator.

IAM User Guide, "IAM JSON policy elements: Condition operators". A value that does not parse matches nothing.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from reconciler.access.templates import compile_arn_segments, compile_filled_glob, to_plain_text
from reconciler.model.account_caches import cache_for_account

Compare = Callable[[str, str], bool]
"""Takes a filled-in text of the policy and a value of the request; returns whether they match."""

_TIME_ZONE = re.compile(r"([+-][0-9]{2}):?([0-9]{2})\Z")


def _equals(text: str, value: str) -> bool:
    return to_plain_text(text) == value


def _equals_ignoring_case(text: str, value: str) -> bool:
    return to_plain_text(text).casefold() == value.casefold()


def _matches_glob(text: str, value: str) -> bool:
    return compile_filled_glob(text)(value)


def _matches_arn(text: str, value: str) -> bool:
    parts, patterns = value.split(":", 5), compile_arn_segments(text)
    return len(parts) == len(patterns) == 6 and all(
        matches(part) for matches, part in zip(patterns, parts, strict=True)
    )


def _is_in_network(text: str, value: str) -> bool:
    try:
        network = parse_network(to_plain_text(text))
        if "/" in value:
            source = ipaddress.ip_network(value, strict=False)
            return source.version == network.version and source.subnet_of(network)  # type: ignore[arg-type]
        return ipaddress.ip_address(value) in network
    except ValueError:
        return False


@cache_for_account(maxsize=4096)
def parse_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def parse_number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def parse_timestamp(text: str) -> Decimal | None:
    """Return the seconds since 1970 of an ISO 8601 time (any W3C profile) or of epoch seconds; None for others.

    Four digits are a year.
    """
    if re.fullmatch(r"(?![0-9]{4}\Z)[0-9]+(\.[0-9]+)?", text):
        return Decimal(text)
    stamp = text.upper()
    stamp = f"{stamp}-01-01" if len(stamp) == 4 else f"{stamp}-01" if len(stamp) == 7 else stamp
    try:
        moment = datetime.fromisoformat(_TIME_ZONE.sub(r"\1:\2", stamp) if "T" in stamp else stamp)
    except ValueError:
        return None
    return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


def _make_comparison(parse: Callable[[str], Decimal | None], holds: Callable[[Decimal, Decimal], bool]) -> Compare:
    def compare(text: str, value: str) -> bool:
        limit, actual = parse(to_plain_text(text)), parse(value)
        return limit is not None and actual is not None and holds(actual, limit)

    return compare


_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}

COMPARISONS: dict[str, Compare] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _matches_glob,
    "Bool": _equals_ignoring_case,
    "BinaryEquals": _equals,
    "IpAddress": _is_in_network,
    "ArnEquals": _matches_arn,
    "ArnLike": _matches_arn,
    **{f"Numeric{name}": _make_comparison(parse_number, holds) for name, holds in _ORDERS.items()},
    **{f"Date{name}": _make_comparison(parse_timestamp, holds) for name, holds in _ORDERS.items()},
}

NEGATED: dict[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
"""Maps each negated operator to the operator that it negates."""
