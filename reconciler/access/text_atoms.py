"""Divide all texts by the patterns that they match, and give an example of each part.

All patterns run side by side as one automaton. Two texts that match the same patterns belong to one part, an atom. The
search covers every reachable state, so an atom that it does not find does not exist. Texts without wildcards are tested
one by one, which keeps the automaton small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reconciler.model.globs import Matcher, Repeat, Token

MAX_STATES = 3000
"""The number of states of the automaton that a search visits before it gives up."""

_FRESH_CHARACTERS = "xq0zjw"
"""Characters for a place in a text at which any character does that no pattern names."""


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A pattern of texts. text: its identity. tokens: its parts; None for a plain text without wildcards."""

    text: str
    matches: Matcher
    tokens: tuple[Token, ...] | None


@dataclass(frozen=True, slots=True)
class TextAtom:
    """The texts that match the same patterns. matched: these patterns. example: one of the texts."""

    matched: frozenset[str]
    example: str


class TooManyAtomsError(Exception):
    """The error that the patterns divide the texts into more parts than the search visits."""


def find_text_atoms(patterns: Iterable[TextPattern], universe: Sequence[TextPattern]) -> list[TextAtom]:
    """Return the atoms of the texts that match one of `universe`. Raises TooManyAtomsError.

    A part that holds nothing but texts without wildcards, which have atoms of their own, is left out if possible.
    """
    listed = sorted(set(patterns), key=lambda pattern: pattern.text)
    literals = [pattern.text for pattern in (*listed, *universe) if pattern.tokens is None]
    atoms: dict[frozenset[str], str] = {}
    for text in dict.fromkeys(literals):
        if any(pattern.matches(text) for pattern in universe):
            atoms.setdefault(frozenset(pattern.text for pattern in listed if pattern.matches(text)), text)
    wild = [pattern for pattern in listed if pattern.tokens is not None]
    bounds = [pattern for pattern in universe if pattern.tokens is not None]
    for matched, example in _search_atoms(wild, bounds):
        atoms.setdefault(frozenset(pattern.text for pattern in matched), example)
    return [TextAtom(matched, example) for matched, example in atoms.items()]


def _search_atoms(
    patterns: Sequence[TextPattern], bounds: Sequence[TextPattern]
) -> Iterator[tuple[list[TextPattern], str]]:
    """Yield each set of patterns that some text of the bounds matches, and the shortest such text."""
    machines = [_Machine.of(pattern.tokens or ()) for pattern in (*patterns, *bounds)]
    start = tuple(machine.start for machine in machines)
    reached, ends, queue = {start}, set[tuple[bool, ...]](), [(start, "")]
    for state, text in queue:
        accepted = tuple(machine.accepts(places) for machine, places in zip(machines, state, strict=True))
        own = accepted[: len(patterns)]
        if any(accepted[len(patterns) :]) and own not in ends:
            ends.add(own)
            yield [pattern for pattern, holds in zip(patterns, own, strict=True) if holds], text
        for letter in _choose_letters(machines, state):
            following = tuple(machine.step(places, letter) for machine, places in zip(machines, state, strict=True))
            if any(following[len(patterns) :]) and following not in reached:
                if len(reached) >= MAX_STATES:
                    raise TooManyAtomsError
                reached.add(following)
                queue.append((following, text + letter))


def _choose_letters(machines: Sequence[_Machine], state: Sequence[int]) -> list[str]:
    """Return the characters that lead to different states: those that a pattern expects next, and a fresh one."""
    expected = {":"}
    for machine, places in zip(machines, state, strict=True):
        if places:
            expected |= machine.letters_at(places)
    fresh = next((letter for letter in _FRESH_CHARACTERS if letter not in expected), "\u00b7")
    return [fresh, *sorted(expected)]


class _Machine:
    """One pattern as an automaton. A state is a set of places in the pattern, as bits."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._end = 1 << len(tokens)
        self._letters: dict[int, frozenset[str]] = {}
        self._steps: dict[tuple[int, str], int] = {}
        self.start = self._close(1)

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(tokens: tuple[Token, ...]) -> _Machine:
        return _Machine(tokens)

    def accepts(self, places: int) -> bool:
        return bool(places & self._end)

    def letters_at(self, places: int) -> frozenset[str]:
        """Return the plain characters that are expected at some of the places."""
        letters = self._letters.get(places)
        if letters is None:
            tokens = (token for token, _ in self._tokens_at(places))
            letters = self._letters[places] = frozenset(token for token in tokens if isinstance(token, str))
        return letters

    def step(self, places: int, letter: str) -> int:
        """Return the places after one more character."""
        key = places, letter
        if key not in self._steps:
            following = 0
            for token, place in self._tokens_at(places):
                if isinstance(token, Repeat):
                    following |= place if token.test(letter) else 0
                elif token == letter if isinstance(token, str) else token(letter):
                    following |= place << 1
            self._steps[key] = self._close(following)
        return self._steps[key]

    def _tokens_at(self, places: int) -> Iterator[tuple[Token, int]]:
        while places:
            place = places & -places
            places ^= place
            if place != self._end:
                yield self._tokens[place.bit_length() - 1], place

    def _close(self, places: int) -> int:
        """Return the places with those that follow without a character: a Repeat may match no text."""
        for index, token in enumerate(self._tokens):
            if places >> index & 1 and isinstance(token, Repeat):
                places |= 1 << (index + 1)
        return places


def make_pattern(text: str, matches: Matcher, parse: Callable[[str], Iterable[Token]], wildcards: str) -> TextPattern:
    """Return a pattern. parse: returns its tokens. wildcards: the characters that make it more than a plain text."""
    is_plain = not any(letter in text for letter in wildcards)
    return TextPattern(text, matches, None if is_plain else tuple(parse(text)))
