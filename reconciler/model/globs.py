"""Match patterns with `*` (any text) and `?` (any one character), and test if two patterns can match the same text.

A hostile pattern in a file or an account must not make a plan hang. So no part of a text is tried twice: plain pieces
between stars are searched from left to right, and other patterns run as automata whose states are the bits of one
number. Both take time proportional to the length of the text. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple

from reconciler.model.account_caches import cache_for_account

Matcher = Callable[[str], bool]

CharacterTest = Callable[[str], bool]
"""Returns whether one character belongs to a class of characters."""


class Repeat(NamedTuple):
    """Matches any number of characters of a class, as `*` does."""

    test: CharacterTest


Token = str | CharacterTest | Repeat
"""A part of a pattern: a plain character, a class for one character, or a `Repeat`."""


def accept_any(_: str) -> bool:
    return True


@cache_for_account(maxsize=65536)
def compile_glob(pattern: str, many: str = "*", one: str = "?") -> Matcher:
    """Return the function that tests if a whole text matches a pattern.

    many, one: the characters that act as `*` and `?`.
    """
    if many not in pattern:
        return _compile_fixed(pattern, one)
    head, *middle, tail = pattern.split(many)
    if any(one in piece for piece in middle):
        return Automaton(parse_glob(pattern, many, one)).matches
    return _compile_pieces(head, [piece for piece in middle if piece], tail, one)


def _compile_pieces(head: str, middle: list[str], tail: str, one: str) -> Matcher:
    """Return the function that matches `head*piece*…*tail`. The pieces in the middle have no wildcard."""
    before, after = len(head), len(tail)
    if one in head or one in tail:
        begins, ends = _compile_head(head, one), _compile_tail(tail, one)
        return lambda text: (
            len(text) >= before + after
            and begins(text)
            and ends(text)
            and _has_pieces(text, middle, before, len(text) - after)
        )
    if middle or tail:
        return lambda text: (
            text.startswith(head)
            and text.endswith(tail)
            and len(text) >= before + after
            and (not middle or _has_pieces(text, middle, before, len(text) - after))
        )
    return lambda text: text.startswith(head)


def _has_pieces(text: str, pieces: list[str], start: int, end: int) -> bool:
    """Return whether a text has the pieces in this order between two positions."""
    for piece in pieces:
        position = text.find(piece, start, end)
        if position < 0:
            return False
        start = position + len(piece)
    return True


def parse_glob(pattern: str, many: str = "*", one: str = "?", test: CharacterTest = accept_any) -> Iterator[Token]:
    """Yield the parts of a pattern. test: the class of characters that its wildcards match."""
    for char in pattern:
        yield Repeat(test) if char == many else test if char == one else char


def _compile_fixed(piece: str, one: str) -> Matcher:
    if one not in piece:
        return piece.__eq__
    find = _compile_one_length(piece, one).fullmatch
    return lambda text: find(text) is not None


def _compile_head(piece: str, one: str) -> Matcher:
    if not piece:
        return accept_any
    if one not in piece:
        return lambda text: text.startswith(piece)
    find = _compile_one_length(piece, one).match
    return lambda text: find(text) is not None


def _compile_tail(piece: str, one: str) -> Matcher:
    if not piece:
        return accept_any
    if one not in piece:
        return lambda text: text.endswith(piece)
    find, length = _compile_one_length(piece, one).match, len(piece)
    return lambda text: find(text, len(text) - length) is not None


def _compile_one_length(piece: str, one: str) -> re.Pattern[str]:
    """Return a regular expression without repetition, which matches texts of one length and cannot backtrack."""
    return re.compile("".join("." if char == one else re.escape(char) for char in piece), re.DOTALL)


class Automaton:
    """Follows all ways through a pattern at once.

    Bit n of the state is set if the text so far matches the first n parts of the pattern, not counting a `Repeat`.
    """

    def __init__(self, tokens: Sequence[Token] | Iterator[Token]) -> None:
        self._tokens = tuple(tokens)
        self._shortest = sum(not isinstance(token, Repeat) for token in self._tokens)
        self._steps: dict[str, tuple[int, int]] = {}

    def matches(self, text: str) -> bool:
        """Return whether the whole text matches the pattern."""
        if len(text) < self._shortest:
            return False
        state, steps = 1, self._steps
        for char in text:
            moving, staying = steps.get(char) or self._compute_step(char)
            state = (state & moving) << 1 | state & staying
            if not state:
                return False
        return bool(state >> self._shortest)

    def _compute_step(self, char: str) -> tuple[int, int]:
        """Return the states from which a character leads to the next state, and the states that it does not leave."""
        literals, singles, repeats = self._places
        moving = literals.get(char, 0)
        for test, places in singles.items():
            moving |= places if test(char) else 0
        staying = 0
        for test, places in repeats.items():
            staying |= places if test(char) else 0
        self._steps[char] = moving, staying
        return moving, staying

    @cached_property
    def _places(self) -> tuple[dict[str, int], dict[CharacterTest, int], dict[CharacterTest, int]]:
        """Return the positions of each character, of each class for one character and of each repeated class."""
        literals: dict[str, int] = {}
        singles: dict[CharacterTest, int] = {}
        repeats: dict[CharacterTest, int] = {}
        place = 1
        for token in self._tokens:
            if isinstance(token, Repeat):
                repeats[token.test] = repeats.get(token.test, 0) | place
                continue
            if isinstance(token, str):
                literals[token] = literals.get(token, 0) | place
            else:
                singles[token] = singles.get(token, 0) | place
            place <<= 1
        return literals, singles, repeats


def is_glob(text: str) -> bool:
    """Return whether a text is a pattern of `compile_glob_with_sets` that may match other texts than itself."""
    return any(character in text for character in "*?[")


@cache_for_account(maxsize=4096)
def compile_glob_with_sets(pattern: str) -> Matcher:
    """Return the function that matches a pattern in which `[abc]`, `[a-c]` and `[!abc]` match one character.

    `fnmatch` has the same rules. A `[` without a `]` after it is a plain character.
    """
    if "[" not in pattern:
        return compile_glob(pattern)
    return Automaton(_parse_sets(pattern)).matches


def _parse_sets(pattern: str) -> Iterator[Token]:
    last = pattern.rfind("]")
    place = 0
    while place < len(pattern):
        if pattern[place] == "[" and place < last:
            content = place + 1 + (pattern[place + 1] == "!")
            end = pattern.find("]", content + 1)
            if end >= 0:
                yield _compile_set(pattern[place : end + 1])
                place = end + 1
                continue
        yield from parse_glob(pattern[place])
        place += 1


def _compile_set(written: str) -> CharacterTest:
    return lambda char: fnmatchcase(char, written)


def globs_meet(one: str, other: str) -> bool:
    """Return whether some text matches both patterns, in time proportional to the length of `one`.

    The state holds the positions in `other` that a text matched by the beginning of `one` can reach.
    """
    if not _has_wildcard(one):
        return compile_glob(other)(one)
    if not _has_wildcard(other):
        return compile_glob(one)(other)
    other = re.sub(r"\*+", "*", other)
    stars, ends = _places_of(other, "*"), 1 << len(other)
    every, steps = (ends << 1) - 1, _places_of(other, "?")
    state = 1 | (stars & 1) << 1
    moves: dict[str, int] = {"?": (every ^ ends) & ~stars}
    for letter in re.sub(r"\*+", "*", one):
        if letter == "*":
            state = every & -(state & -state)
            continue
        if letter not in moves:
            moves[letter] = _places_of(other, letter) | steps
        state = (state & moves[letter]) << 1 | state & stars
        state |= (state & stars) << 1
        if not state:
            return False
    return bool(state & ends)


def _has_wildcard(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def _places_of(pattern: str, letter: str) -> int:
    """Return the positions of a letter as bits."""
    places, place = 0, pattern.find(letter)
    while place >= 0:
        places |= 1 << place
        place = pattern.find(letter, place + 1)
    return places
