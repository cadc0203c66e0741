"""Statements are found in the text of a policy, however it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.strict.statement_positions import place_statements, position_of

STATEMENTS = st.lists(
    st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()) | st.none()), min_size=1, max_size=4
)


@given(STATEMENTS, st.none() | st.integers(0, 4), st.booleans(), st.booleans())
def test_each_statement_stands_where_its_text_is(
    statements: list[dict[str, Any]], indent: int | None, single: bool, first: bool
) -> None:
    held: Any = statements[0] if single else statements
    rest = {"Version": "2012-10-17", "Id": '{"Statement": []}'}
    document = {"Statement": held, **rest} if first else {**rest, "Statement": held}
    text = json.dumps(document, indent=indent)
    placed = place_statements(text)
    assert [one.body for one in placed] == (statements[:1] if single else statements)
    assert [json.loads(text[one.span.start : one.span.end]) for one in placed] == [one.body for one in placed]


@pytest.mark.parametrize("text", ["{}", ' {"Version": "2012-10-17"} ', '{"Statement": []}'])
def test_a_text_without_statements_has_none(text: str) -> None:
    assert place_statements(text) == []


def test_the_last_of_two_statement_elements_counts_as_in_json() -> None:
    assert [one.body for one in place_statements('{"Statement": {"a": 1}, "Statement": [{"b": 2}]}')] == [{"b": 2}]


@pytest.mark.parametrize(("offset", "line", "column"), [(0, 1, 1), (2, 1, 3), (3, 2, 1), (5, 3, 1), (6, 3, 2)])
def test_lines_and_columns_are_counted_from_one(offset: int, line: int, column: int) -> None:
    assert position_of("ab\nc\nd", offset) == {"Line": line, "Column": column}
