"""Patterns match as `*` and `?` say, whatever stands beside them, and no pattern makes matching slow."""

from __future__ import annotations

import re

import pytest

from reconciler.model.globs import (
    Automaton,
    Repeat,
    compile_glob,
    compile_glob_with_sets,
    globs_meet,
    parse_glob,
)

MATCHES: dict[str, tuple[str, str, bool]] = {
    "a text and itself": ("role/a", "role/a", True),
    "a text and a longer one": ("role/a", "role/ab", False),
    "a text and the same with a line break": ("role/a", "role/a\n", False),
    "a star and nothing": ("*", "", True),
    "a star and everything": ("*", "a\nb", True),
    "a question mark and nothing": ("?", "", False),
    "a question mark and one character": ("?", "\n", True),
    "a question mark and two": ("?", "ab", False),
    "a beginning": ("a*", "abc", True),
    "another beginning": ("b*", "abc", False),
    "an end": ("*c", "abc", True),
    "a beginning and an end that would share a letter": ("ab*bc", "abc", False),
    "a beginning and an end side by side": ("ab*bc", "abbc", True),
    "a piece in the middle": ("a*c*e", "abcde", True),
    "pieces in the wrong order": ("*c*b*", "abcd", False),
    "a piece that only the end could be": ("*a*a", "a", False),
    "question marks at the beginning": ("a?c*", "abcd", True),
    "question marks at the end": ("*?d", "abcd", True),
    "a question mark in the middle": ("*b?d*", "abcde", True),
    "a question mark in the middle that is not there": ("*b?d*", "abde", False),
    "stars in a row": ("a***b", "ab", True),
    "stars and question marks mean a length": ("*?*?*?", "ab", False),
    "stars and question marks mean at least a length": ("*?*?*?", "abc", True),
    "a dot is a dot": ("a.c", "abc", False),
    "a bracket is a bracket": ("[ab]", "a", False),
    "a backslash is a backslash": ("\\*", "\\x", True),
}


@pytest.mark.parametrize(("pattern", "text", "expected"), MATCHES.values(), ids=MATCHES)
def test_a_pattern_matches_what_its_wildcards_stand_for(pattern: str, text: str, expected: bool) -> None:
    assert compile_glob(pattern)(text) is expected
    assert Automaton(parse_glob(pattern)).matches(text) is expected


def test_other_characters_may_act_as_the_wildcards() -> None:
    matches = compile_glob("*\ue000?\ue001", "\ue000", "\ue001")
    assert [matches(text) for text in ("*?x", "*ab?y", "ab?y", "*?")] == [True, True, False, False]


def test_a_wildcard_may_stand_for_a_class_of_characters() -> None:
    def is_digit(char: str) -> bool:
        return char in "0123456789"

    matches = Automaton(["v", is_digit, Repeat(is_digit), "."]).matches
    assert [matches(text) for text in ("v1.", "v123.", "v.", "v1x.")] == [True, True, False, False]


SETS: dict[str, tuple[str, str, bool]] = {
    "one of several": ("role/[ab]*", "role/beta", True),
    "none of several": ("role/[ab]*", "role/ceta", False),
    "a range": ("role/[a-c]?", "role/cx", True),
    "all but some": ("[!ab]", "c", True),
    "all but some, and one of those": ("[!ab]", "a", False),
    "a bracket in a set": ("[]]", "]", True),
    "a set that no bracket ends": ("[ab", "[ab", True),
    "two sets": ("[ab][cd]", "bd", True),
    "a star in a set is a star": ("[*]", "x", False),
    "an empty set is two brackets": ("[]", "[]", True),
    "an exclamation mark alone": ("[!]", "[!]", True),
}


@pytest.mark.parametrize(("pattern", "text", "expected"), SETS.values(), ids=SETS)
def test_a_pattern_with_sets_matches_as_fnmatch_does(pattern: str, text: str, expected: bool) -> None:
    from fnmatch import fnmatchcase

    assert compile_glob_with_sets(pattern)(text) is expected is fnmatchcase(text, pattern)


LONG = 6_000
HOSTILE: dict[str, tuple[str, str, bool]] = {
    "twelve stars with question marks": ("*?" * 12 + "b", "a" * LONG, False),
    "stars with question marks as many as fit": ("*?" * (LONG // 2) + "b", "a" * LONG, False),
    "stars with letters": ("*a" * 1_000 + "b", "a" * LONG, False),
    "stars with letters that match": ("*a" * 1_000, "a" * LONG, True),
    "stars with nearly the text": (("*" + "a" * 50 + "b") * 40, ("a" * 50 + "c") * 120, False),
    "letters and question marks between stars": ("*a?a?b" * 500, "a" * LONG, False),
    "only stars": ("*" * LONG, "a" * LONG, True),
    "only question marks": ("?" * LONG, "a" * LONG, True),
    "a long piece that nearly fits everywhere": ("*" + "a" * (LONG // 2) + "b*", "a" * LONG, False),
    "a long piece with a question mark": ("*" + "a" * (LONG // 2) + "?b*", "a" * LONG, False),
    "a pattern far longer than the text": ("*?" * 100_000, "a" * 100, False),
    "many different characters": ("".join(f"*{chr(index)}?" for index in range(256, 2256)), "a" * LONG, False),
}


@pytest.mark.parametrize(("pattern", "text", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pattern_is_answered(pattern: str, text: str, expected: bool) -> None:
    """With a matcher that backtracks, most of these would not end in a lifetime."""
    assert compile_glob(pattern)(text) is expected


HOSTILE_PAIRS: dict[str, tuple[str, str, bool]] = {
    "stars in a row on both sides": ("*" * LONG + "a", "*" * LONG + "b", False),
    "stars and question marks on both sides": ("*?" * (LONG // 2) + "a", "*?" * (LONG // 2) + "b", False),
    "stars and letters on both sides": ("*a" * (LONG // 2) + "c", "*b" * (LONG // 2) + "*", True),
    "question marks and stars": ("?" * LONG, "*a" * (LONG // 2), True),
    "one longer than the other can be": ("?" * LONG, "?" * (LONG - 1), False),
    "crossing tails": ("a*" * (LONG // 2) + "x", "*a" * (LONG // 2) + "y", False),
}


@pytest.mark.parametrize(("one", "other", "expected"), HOSTILE_PAIRS.values(), ids=HOSTILE_PAIRS)
def test_two_hostile_patterns_are_compared(one: str, other: str, expected: bool) -> None:
    assert (globs_meet(one, other), globs_meet(other, one)) == (expected, expected)


def test_regular_expressions_are_used_only_for_texts_of_one_length() -> None:
    """Only the pieces before the first and after the last star become one, so that none can backtrack."""
    captured: list[str] = []
    real = re.compile

    def note(pattern: str, flags: int = 0) -> re.Pattern[str]:
        captured.append(pattern)
        return real(pattern, flags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reconciler.model.globs.re.compile", note)
        for pattern in ("a?b*c*d?e#1", "?b?#2", "*?*?*#3", "a?*b?c*#4"):
            compile_glob(pattern)
    assert captured
    assert not any(set("*+{|") & set(pattern) for pattern in captured)
