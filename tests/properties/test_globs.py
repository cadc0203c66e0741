"""Globs match, meet and cover as a slow reference says that tries every way, over small alphabets."""

from __future__ import annotations

from functools import cache
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from reconciler.access.templates import MANY, ONE, compile_arn_glob, compile_arn_segments
from reconciler.model.globs import Automaton, compile_glob, globs_meet, parse_glob
from reconciler.policy.overlap import covers_pattern
from tests.support.examples import examples

PATTERNS = st.text(alphabet="ab:*?", max_size=9)
TEXTS = st.text(alphabet="ab:", max_size=10)
ARN_PATTERNS = st.text(alphabet="a:" + MANY + ONE, max_size=14)
ARNS = st.text(alphabet="a:", max_size=14)
MARKS = str.maketrans({"*": MANY, "?": ONE})


def matches_slowly(pattern: str, text: str, any_of: str = "", one_of: str = "") -> bool:
    """Try every length for each `*`. any_of, one_of: what `*` and `?` do not stand for."""

    @cache
    def from_here(place: int, start: int) -> bool:
        if place == len(pattern):
            return start == len(text)
        if pattern[place] == "*":
            return from_here(place + 1, start) or (
                start < len(text) and text[start] not in any_of and from_here(place, start + 1)
            )
        if start == len(text):
            return False
        fits = text[start] not in one_of if pattern[place] == "?" else pattern[place] == text[start]
        return fits and from_here(place + 1, start + 1)

    return from_here(0, 0)


@examples(1000)
@given(pattern=PATTERNS, text=TEXTS)
def test_a_glob_matches_what_some_choice_of_lengths_makes_equal(pattern: str, text: str) -> None:
    expected = matches_slowly(pattern, text)
    assert compile_glob(pattern)(text) is expected
    assert compile_glob(pattern.translate(MARKS), MANY, ONE)(text) is expected
    assert Automaton(parse_glob(pattern)).matches(text) is expected


def arn_matches_slowly(pattern: str, text: str) -> bool:
    """A wildcard of the first five parts stays within its part; a `*` at the end of a part may leave it."""
    *heads, last = pattern.split(":", 5)

    @cache
    def from_part(index: int, start: int) -> bool:
        if index == len(heads):
            return matches_slowly(last, text[start:])
        head = heads[index]
        open_end, head = head.endswith("*"), head.removesuffix("*")
        for end in range(start, len(text) + 1):
            if matches_slowly(head, text[start:end], ":", ":"):
                ends = range(end, len(text)) if open_end else [end]
                if any(text[at : at + 1] == ":" and from_part(index + 1, at + 1) for at in ends):
                    return True
        return False

    return from_part(0, 0)


@examples(1000)
@given(pattern=ARN_PATTERNS, text=ARNS)
def test_a_resource_matches_part_by_part(pattern: str, text: str) -> None:
    plain = pattern.replace(MANY, "*").replace(ONE, "?")
    assert compile_arn_glob(pattern)(text) is arn_matches_slowly(plain, text)


@examples(500)
@given(parts=st.lists(st.text(alphabet="a*?", max_size=3), min_size=6, max_size=6), text=ARNS)
def test_an_arn_operator_compares_each_of_six_parts_by_itself(parts: list[str], text: str) -> None:
    patterns = compile_arn_segments(":".join(parts).translate(MARKS))
    values = (text + ":" * 6).split(":", 5)
    found = [pattern(value) for pattern, value in zip(patterns, values, strict=True)]
    assert found == [matches_slowly(part, value) for part, value in zip(parts, values, strict=True)]


SHORT = st.text(alphabet="ab*?", max_size=4)
ALL_TEXTS = ["".join(letters) for length in range(9) for letters in product("ab", repeat=length)]


@cache
def find_matches(pattern: str) -> frozenset[str]:
    return frozenset(text for text in ALL_TEXTS if matches_slowly(pattern, text))


@examples(300)
@given(one=SHORT, other=SHORT)
def test_two_globs_meet_if_some_text_matches_both(one: str, other: str) -> None:
    """Of two patterns of at most four letters that meet, a text of at most eight letters matches both."""
    expected = not find_matches(one).isdisjoint(find_matches(other))
    assert globs_meet(one, other) is globs_meet(other, one) is expected


@examples(200)
@given(one=SHORT, other=SHORT)
def test_a_pattern_covers_another_only_if_it_matches_all_that_the_other_does(one: str, other: str) -> None:
    if covers_pattern(one, other):
        assert find_matches(one) >= find_matches(other)
