"""A condition as a text is read again as it was, whatever its values contain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.document import Condition
from reconciler.policy.condition_text import format_condition, parse_condition

TEXTS = st.lists(st.sampled_from(["a", ",", " ", '"', "\\", "\n", "é"]), max_size=6).map("".join)


@given(st.frozensets(TEXTS, min_size=1, max_size=4))
def test_a_condition_is_read_as_it_was(values: frozenset[str]) -> None:
    condition = Condition("StringEquals", "aws:sourcearn", values)
    assert parse_condition(format_condition(condition)) == condition


@pytest.mark.parametrize(
    ("values", "text"),
    [(["b", "a"], "a, b"), (["a, b", "c"], '"a, b", c'), (['"'], '"\\""'), ([""], ""), (["", "a"], ", a")],
)
def test_only_a_value_that_could_be_taken_for_several_is_in_quotes(values: list[str], text: str) -> None:
    condition = Condition("StringLike", "aws:sourcearn", frozenset(values))
    assert format_condition(condition) == f"StringLike aws:sourcearn {text}"


@pytest.mark.parametrize("text", ["", "StringLike", "StringLike aws:x"])
def test_a_text_that_is_no_condition_is_none(text: str) -> None:
    assert parse_condition(text) is None
