"""Texts are divided by the patterns that they match: every part is found, with a text of it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.access.text_atoms import (
    _FRESH_CHARACTERS,
    TextPattern,
    TooManyAtomsError,
    find_text_atoms,
    make_pattern,
)
from reconciler.model.globs import compile_glob, parse_glob
from tests.support.examples import examples


def pattern(text: str) -> TextPattern:
    return make_pattern(text, compile_glob(text), parse_glob, "*?")


ANY = [pattern("*")]


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


def test_an_example_of_a_pattern_is_not_a_text_that_another_pattern_names() -> None:
    """`s3:?` begins with the letter that the search tries first, and so does the text beside it."""
    atoms = {atom.matched: atom.example for atom in find_text_atoms(map(pattern, ["s3:?", "s3:x", "s3:q"]), ANY)}
    assert atoms[frozenset(["s3:?", "s3:x"])] == "s3:x"
    assert atoms[frozenset(["s3:?"])] not in ("s3:x", "s3:q")


def test_a_part_without_a_text_of_its_own_is_left_out() -> None:
    """`a?` and `?b` share the text `ab` alone."""
    assert frozenset(["a?", "?b"]) not in parts_of("a?", "?b", "ab")


def test_a_text_lies_in_each_of_several_universes() -> None:
    atoms = find_text_atoms(map(pattern, ["ab*", "*c", "abc"]), [pattern("a*"), pattern("b*")], [pattern("?b?")])
    assert {atom.matched: len(atom.example) for atom in atoms} == {
        frozenset(): 3,
        frozenset(["*c"]): 3,
        frozenset(["ab*"]): 3,
        frozenset(["ab*", "*c", "abc"]): 3,
    }


def test_patterns_may_name_every_letter_that_is_tried_first() -> None:
    texts = [f"{letter}*" for letter in _FRESH_CHARACTERS]
    assert parts_of(*texts) == {frozenset(), *(frozenset([text]) for text in texts)}
    literals = [f"s3:{letter}" for letter in _FRESH_CHARACTERS]
    atoms = {atom.matched: atom.example for atom in find_text_atoms(map(pattern, ["s3:?", *literals]), [pattern("*")])}
    assert atoms[frozenset(["s3:?"])] not in literals


TEXTS = st.text("axq?*", max_size=4)


@examples(300)
@given(st.lists(TEXTS, max_size=6), st.lists(st.lists(TEXTS, min_size=1, max_size=2), min_size=1, max_size=2))
def test_every_text_is_in_a_part_and_every_example_in_its_own(texts: list[str], universes: list[list[str]]) -> None:
    """All texts of up to four letters are tried; `y` is a letter that no pattern names."""
    tests = {text: compile_glob(text) for text in texts}
    bounds = [[compile_glob(one) for one in universe] for universe in universes]
    atoms = find_text_atoms(map(pattern, texts), *(list(map(pattern, universe)) for universe in universes))
    found = {atom.matched: atom.example for atom in atoms}
    words = ["".join(letters) for length in range(5) for letters in product("axqy", repeat=length)]
    for word in words:
        if all(any(test(word) for test in universe) for universe in bounds):
            assert frozenset(text for text, matches in tests.items() if matches(word)) in found
    for matched, example in found.items():
        assert matched == {text for text, matches in tests.items() if matches(example)}
        assert all(any(test(example) for test in universe) for universe in bounds)
