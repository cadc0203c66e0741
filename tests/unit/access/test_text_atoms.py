"""Texts are divided by the patterns that they match: every part is found, with a text of it."""

from __future__ import annotations

from itertools import product

import pytest

from reconciler.access.text_atoms import TextPattern, TooManyAtomsError, find_text_atoms, make_pattern
from reconciler.model.globs import compile_glob, parse_glob


def pattern(text: str) -> TextPattern:
    return make_pattern(text, compile_glob(text), parse_glob, "*?")


def parts_of(*texts: str, universe: str = "*") -> set[frozenset[str]]:
    return {atom.matched for atom in find_text_atoms(map(pattern, texts), [pattern(universe)])}


PARTS: dict[str, tuple[list[str], list[set[str]]]] = {
    "no pattern": ([], [set()]),
    "one text": (["ab"], [set(), {"ab"}]),
    "two texts": (["ab", "ac"], [set(), {"ab"}, {"ac"}]),
    "one within the other": (["a*", "ab*"], [set(), {"a*"}, {"a*", "ab*"}]),
    "two that cross": (["a*", "*b"], [set(), {"a*"}, {"*b"}, {"a*", "*b"}]),
    "two that never meet": (["a*", "b*"], [set(), {"a*"}, {"b*"}]),
    "one character": (["a?", "ab"], [set(), {"a?"}, {"a?", "ab"}]),
    "all": (["*"], [{"*"}]),
    "a text that a pattern is no longer than": (["ab", "ab*"], [set(), {"ab*"}, {"ab", "ab*"}]),
    "a text within a pattern": (["xb", "x*b"], [set(), {"x*b"}, {"xb", "x*b"}]),
}


@pytest.mark.parametrize(("texts", "parts"), PARTS.values(), ids=PARTS.keys())
def test_every_part_is_found_and_no_other(texts: list[str], parts: list[set[str]]) -> None:
    assert parts_of(*texts) == {frozenset(part) for part in parts}


@pytest.mark.parametrize("texts", [["a*", "*b", "a?b"], ["*a*", "*b*", "ab"], ["a*b*", "*?", "a"]])
def test_no_short_text_is_in_a_part_that_is_not_found(texts: list[str]) -> None:
    """All texts of up to four letters are tried."""
    tests = {text: compile_glob(text) for text in texts}
    found = parts_of(*texts)
    for length in range(5):
        for letters in product("abc", repeat=length):
            word = "".join(letters)
            assert frozenset(text for text, matches in tests.items() if matches(word)) in found


@pytest.mark.parametrize("texts", [texts for texts, _ in PARTS.values()])
def test_an_example_matches_just_the_patterns_of_its_part(texts: list[str]) -> None:
    for atom in find_text_atoms(map(pattern, texts), [pattern("*")]):
        assert frozenset(text for text in texts if compile_glob(text)(atom.example)) == atom.matched


def test_only_texts_of_the_universe_count() -> None:
    assert parts_of("a*", "b*", universe="ab*") == {frozenset(["a*"])}


def test_patterns_that_divide_too_finely_are_given_up() -> None:
    with pytest.raises(TooManyAtomsError):
        parts_of(*(f"*{letter}*{other}*" for letter in "abcdef" for other in "ghijkl"))
