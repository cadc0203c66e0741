"""Durations in messages: what a person would have typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.durations import (
    annotate_age,
    format_duration,
    format_elapsed,
    format_seconds_text,
    parse_duration,
)
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (900, "15m"),
        (3600, "1h"),
        (5400, "90m"),
        (7200, "2h"),
        (43200, "12h"),
        (86400, "24h"),
        (129600, "36h"),
        (90 * 86400, "90d"),
        (5401, "5401s"),
        (59, "59s"),
        (0, "0s"),
    ],
)
def test_a_duration_is_shown_as_people_write_it(length: int, expected: str) -> None:
    assert format_duration(length) == expected


@examples(200)
@given(st.integers(0, 10**8))
def test_a_file_takes_what_is_shown_and_means_the_same(length: int) -> None:
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize(
    ("length", "expected"),
    [(7263, "2h 1m"), (3600, "1h"), (3601, "1h 1s"), (61, "1m 1s"), (0, "0s"), (200_000, "2d 7h"), (-5, "0s")],
)
def test_a_measured_time_has_two_units_at_most(length: int, expected: str) -> None:
    assert format_elapsed(length) == expected


@pytest.mark.parametrize(("text", "expected"), [("3600", "1h"), ("x", "x"), ("", ""), ("3600.5", "3600.5")])
def test_only_a_number_of_seconds_is_changed(text: str, expected: str) -> None:
    assert format_seconds_text(text) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("NumericLessThan aws:MultiFactorAuthAge 3600", "NumericLessThan aws:MultiFactorAuthAge 3600 (1h)"),
        ("NumericLessThan aws:multifactorauthage 5400", "NumericLessThan aws:multifactorauthage 5400 (90m)"),
        ("NumericLessThan aws:MultiFactorAuthAge ${x}", "NumericLessThan aws:MultiFactorAuthAge ${x}"),
        ("Null aws:MultiFactorAuthAge true", "Null aws:MultiFactorAuthAge true"),
        ("NumericLessThan s3:max-keys 3600", "NumericLessThan s3:max-keys 3600"),
    ],
)
def test_the_age_of_mfa_is_told_as_the_file_writes_it(condition: str, expected: str) -> None:
    assert annotate_age(condition) == expected


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("45m", 2700),
        ("1h", 3600),
        ("90d", 7776000),
        ("30s", 30),
        ("3600", 3600),
        (3600, 3600),
        (0, 0),
        ("1w", None),
        ("1.5h", None),
        ("h", None),
        ("", None),
        ("-1h", None),
        (True, None),
        (1.5, None),
        (None, None),
    ],
)
def test_a_duration_is_a_number_with_a_unit_or_seconds(written: object, length: int | None) -> None:
    assert parse_duration(written) == length
