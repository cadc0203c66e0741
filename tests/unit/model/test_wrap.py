"""Lines for a terminal: broken between words, and never inside what somebody copies."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.wrap import columns_of, wrap_line
from tests.support.examples import examples

ARN = "arn:aws:iam::123456789012:role/teams/platform/eu-central-1/production/database-administrators-on-call"
PATH = "/home/somebody/.local/state/reconcile/journals/123456789012/2026-11-30T07-17-53Z-4f1c2d3e.jsonl"

words = st.one_of(
    st.sampled_from([ARN, PATH, "`aws sso login --profile a-profile-with-a-long-name`", "(`aws login`),", "a", "–"]),
    st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="`"), min_size=1, max_size=30),
)


@examples(200)
@given(st.lists(words, min_size=1, max_size=30), st.integers(20, 140), st.sampled_from(["", "    ", " " * 19]))
def test_no_word_is_broken_and_all_come_back(listed: list[str], width: int, rest: str) -> None:
    lines = wrap_line(" ".join(listed), width, rest)
    assert " ".join([lines[0], *(line.removeprefix(rest) for line in lines[1:])]) == " ".join(listed)
    for line in lines:
        assert columns_of(line) <= width or line.strip() in listed, line
    for word in listed:
        assert any(word in line for line in lines), word


@examples(100)
@given(st.lists(words, min_size=1, max_size=30), st.integers(20, 140))
def test_no_line_takes_a_word_that_the_line_before_had_room_for(listed: list[str], width: int) -> None:
    lines = wrap_line(" ".join(listed), width, "")
    for line, following in pairwise(lines):
        first = next(word for word in listed if following == word or following.startswith(f"{word} "))
        assert columns_of(line) + 1 + columns_of(first) > width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 80, ["short"]),
        ("no terminal, no wrapping " * 9, None, ["no terminal, no wrapping " * 9]),
        ("too narrow for any word", 10, ["too narrow for any word"]),
        ("  a margin stays at its place", 20, ["  a margin stays at", "    its place"]),
        ("two  spaces stay  where no line ends", 30, ["two  spaces stay  where no", "    line ends"]),
        (
            "Sign in again: `aws sso login --profile dev`.",
            30,
            ["Sign in again:", "    `aws sso login --profile dev`."],
        ),
        ("one ` backtick is an ordinary character", 22, ["one ` backtick is an", "    ordinary character"]),
        (f"\x1b[31merror\x1b[0m: {'x' * 13}", 20, [f"\x1b[31merror\x1b[0m: {'x' * 13}"]),
        ("配" * 9 + " 配", 20, ["配" * 9, "    配"]),
        (f"Journal: {PATH} (x)", 80, ["Journal:", f"    {PATH}", "    (x)"]),
    ],
)
def test_lines_are_broken_where_a_reader_would(text: str, width: int | None, expected: list[str]) -> None:
    assert wrap_line(text, width) == expected


def test_a_path_with_spaces_stays_in_one_piece_if_the_caller_names_it() -> None:
    path = "/home/some body/my journals/one.jsonl"
    assert wrap_line(f"Journal: {path} (undo)", 30, unbreakable=(path,)) == ["Journal:", f"    {path}", "    (undo)"]
