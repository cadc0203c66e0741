"""Compare two questions to the policy evaluator: does the second allow every request that the first allows?

The evaluator's answer may depend on unknown keys. This module fills in those keys, one after the other, with the values
at which the conditions of either side change their answer. The second question is stricter if it refuses one of these
requests that the first allows. The comparison is exact for values that the conditions name. A pattern is tried with a
few matching texts only, so two patterns that differ in an unusual text may count as equal.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from reconciler.access import NOTHING_KNOWN, Context, Decision, Verdict
from reconciler.model.document import Condition
from reconciler.policy.timestamps import InvalidTimestamp, format_timestamp, parse_timestamp

AccessQuestion = Callable[[Context], Verdict]
"""Returns the verdict on a request with a known context."""

_UNMATCHED_VALUE = "zz-neither-side-names-this"
_UNMATCHED_ADDRESSES = ("192.0.2.123", "198.51.100.123", "203.0.113.123")
_BUDGET = 2000
"""The most evaluations for one comparison; after them, the second question counts as stricter."""

_ALWAYS_PRESENT = frozenset(["aws:currenttime", "aws:epochtime"])


@dataclass
class _Search:
    """One comparison. remaining: the evaluations that are left of `_BUDGET`."""

    before: AccessQuestion
    after: AccessQuestion
    now: datetime | None
    remaining: int = _BUDGET


def is_no_stricter(before: AccessQuestion, after: AccessQuestion, now: datetime | None = None) -> bool:
    """Return whether `after` allows every request that `before` allows, for the values that the conditions name.

    now: the earliest time of a request; None for any time.
    """
    return _holds_for(_Search(before, after, now), NOTHING_KNOWN)


def may_be_allowed(question: AccessQuestion, now: datetime | None) -> bool:
    """Return whether some request from now on may be allowed."""
    first = question(NOTHING_KNOWN)
    if first.denied or not first.keys & _ALWAYS_PRESENT:
        return not first.denied
    return not is_no_stricter(question, lambda _: Verdict(Decision.DENY), now)


def _holds_for(search: _Search, context: Context) -> bool:
    search.remaining -= 1
    if search.remaining < 0:
        return False
    before = search.before(context)
    if before.denied:
        return True
    after = search.after(context)
    if after.allowed:
        return True
    conditions = _deciding_conditions_of(before, after)
    open_keys = sorted((before.keys | after.keys) & {condition.key for condition in conditions})
    if not open_keys:
        return not after.denied and after.keys <= before.keys
    key = open_keys[0]
    values = _find_test_values(key, [condition for condition in conditions if condition.key == key], search.now)
    return all(_holds_for(search, _build_context(key, value).with_fallbacks(context)) for value in values)


def _build_context(key: str, value: str | None) -> Context:
    return Context.of(absent=[key]) if value is None else Context.of({key: value})


def _deciding_conditions_of(*verdicts: Verdict) -> list[Condition]:
    statements = (source.statement for verdict in verdicts for source in verdict.deciding_statements)
    return [condition for statement in statements if statement is not None for condition in statement.conditions]


def _find_test_values(key: str, conditions: Iterable[Condition], now: datetime | None) -> list[str | None]:
    """Return the values of a key at which these conditions may change their answer; None means an absent key."""
    values: dict[str | None, None] = {}
    for condition in conditions:
        values |= dict.fromkeys(_iter_test_values(condition, now))
    if key in _ALWAYS_PRESENT:
        return list(values) or [format_timestamp(now or datetime.now(UTC))]
    return [None, *values]


def _iter_test_values(condition: Condition, now: datetime | None) -> Iterator[str]:
    """Yield values that one condition accepts, and values that it does not accept."""
    operator = condition.operator.rpartition(":")[2].removesuffix("IfExists")
    for value in sorted(condition.values):
        if operator.startswith("Date"):
            yield from _vary_date(value, now)
        elif operator.startswith("Numeric"):
            yield from _vary_number(value)
        elif operator.endswith("IpAddress"):
            yield from _vary_address(value)
        elif operator == "Bool":
            yield from ("true", "false")
        elif operator == "Null":
            yield _UNMATCHED_VALUE
        else:
            yield from {value: None, value.replace("*", "").replace("?", "x"): None, value.replace("*", "zz"): None}
    if not operator.startswith(("Date", "Numeric", "Bool")) and not operator.endswith("IpAddress"):
        yield _UNMATCHED_VALUE


def _vary_date(value: str, now: datetime | None) -> Iterator[str]:
    try:
        at = parse_timestamp(value)
    except InvalidTimestamp:
        return
    first = now or datetime(1970, 1, 2, tzinfo=UTC)
    for seconds in (-1, 0, 1):
        yield format_timestamp(max(first, at + timedelta(seconds=seconds)))


def _vary_number(value: str) -> Iterator[str]:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return
    for step in (-1, 0, 1):
        yield f"{number + step:f}"


def _vary_address(value: str) -> Iterator[str]:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return
    yield str(network[0])
    yield str(network[-1])
    yield from _UNMATCHED_ADDRESSES
