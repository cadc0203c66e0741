"""Lists in sentences."""

from __future__ import annotations

import pytest

from reconciler.model.sentence import format_list


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ("", ""),
        ("a", "a"),
        ("ab", "a and b"),
        ("abc", "a, b and c"),
        ("abcd", "a, b, c and d"),  # "and 1 more" would be no shorter
        ("abcde", "a, b, c and 2 more"),
    ],
)
def test_a_list_names_as_many_as_it_may_and_counts_the_rest(items: str, text: str) -> None:
    assert format_list(items, 3) == text
