"""Divide all texts by the patterns that they match, and give an example of each part.

All patterns run side by side as one automaton. Two texts that match the same patterns belong to one part, an atom. The
search covers every reachable state, so an atom that it does not find does not exist. Texts without wildcards are tested
one by one, which keeps the automaton small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from reconciler.model.globs import CharacterTest, Matcher, Repeat, Token

MAX_STATES = 3000
"""The number of states of the automaton that a search visits before it gives up."""

_MAX_ROUNDS = 8
"""The number of searches for examples other than the texts without wildcards."""

_FRESH_CHARACTERS = "xq0zjw\u00b7"
"""Characters for places in a text where any character will do that no pattern names."""

_RARE_CHARACTERS = "".join(map(chr, range(0x100, 0x1000)))
"""More of them: AWS refuses these in policies, so that patterns can name none (IAM API Reference, PolicyDocument)."""


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


def find_text_atoms(patterns: Iterable[TextPattern], *universes: Sequence[TextPattern]) -> list[TextAtom]:
    """Return the atoms of the texts that match a pattern of each universe. Raises TooManyAtomsError.

    A part that holds nothing but texts without wildcards, which have atoms of their own, is left out. To find another
    example than such a text, the automaton follows it as well in the next round.
    """
    listed = sorted(set(patterns), key=lambda pattern: pattern.text)
    named = (*listed, *(pattern for universe in universes for pattern in universe))
    literals = dict.fromkeys(pattern.text for pattern in named if pattern.tokens is None)
    atoms: dict[frozenset[str], str] = {}
    index = _PatternIndex(listed)
    for text in literals:
        if all(any(pattern.matches(text) for pattern in universe) for universe in universes):
            atoms.setdefault(index.find_matched(text), text)
    wild = [pattern for pattern in listed if pattern.tokens is not None]
    spelled: list[TextPattern] = []
    for _ in range(_MAX_ROUNDS):
        found = list(_JointAutomaton([*wild, *spelled], universes).search_atoms())
        taken = {example for matched, example in found if matched not in atoms and example in literals}
        if not taken:
            atoms |= {matched: example for matched, example in found if matched not in atoms}
            return [TextAtom(matched, example) for matched, example in atoms.items()]
        spelled += [replace(one, tokens=tuple(one.text)) for one in listed if one.tokens is None and one.text in taken]
    raise TooManyAtomsError


class _PatternIndex:
    """Patterns by the plain characters that they begin with: AWS's own policies have more than a thousand patterns."""

    def __init__(self, patterns: Iterable[TextPattern]) -> None:
        self._by_start: defaultdict[str, list[TextPattern]] = defaultdict(list)
        for pattern in patterns:
            self._by_start[_start_of(pattern)].append(pattern)
        self._lengths = sorted(set(map(len, self._by_start)))

    def find_matched(self, text: str) -> frozenset[str]:
        """Return the patterns that a text matches."""
        starts = (text[:length] for length in self._lengths if length <= len(text))
        return frozenset(
            pattern.text for start in starts for pattern in self._by_start.get(start, ()) if pattern.matches(text)
        )


def _start_of(pattern: TextPattern) -> str:
    """Return the plain characters that every text begins with that the pattern matches."""
    if pattern.tokens is None:
        return pattern.text
    start = ""
    for token in pattern.tokens:
        if not isinstance(token, str):
            break
        start += token
    return start


_Step = tuple[str, int, int]
"""A character, the places from which it leads to the next place, and those that it does not leave."""


class _JointAutomaton:
    """All patterns side by side, and the universes that a text must stay within.

    A state is a number in which each pattern has some bits. Bit n of a pattern is set if the text so far matches its
    first n parts, not counting a `Repeat`.
    """

    def __init__(self, patterns: Sequence[TextPattern], universes: Iterable[Sequence[TextPattern]]) -> None:
        self._patterns = patterns
        self._start, self._free = 0, 1
        self._literals: defaultdict[str, int] = defaultdict(int)
        self._literal_at: dict[int, str] = {}
        self._singles: defaultdict[CharacterTest, int] = defaultdict(int)
        self._repeats: defaultdict[CharacterTest, int] = defaultdict(int)
        self._steps: dict[str, _Step] = {}
        self._choices: dict[int, list[_Step]] = {}
        self._bounds: list[int] = []
        self._bound_ends: list[int] = []
        for universe in universes:
            first = self._free
            self._bound_ends.append(sum(self._add_pattern(one.tokens) for one in universe if one.tokens is not None))
            self._bounds.append(self._free - first)
        self._ends = [self._add_pattern(pattern.tokens or ()) for pattern in patterns]
        self._all_ends = sum(self._ends)
        self._all_literals = sum(self._literal_at)

    def _add_pattern(self, tokens: Sequence[Token]) -> int:
        """Give a pattern the next free bits; return the bit that is set when all of it matches."""
        place = self._free
        self._start |= place
        for token in tokens:
            if isinstance(token, Repeat):
                self._repeats[token.test] |= place
                continue
            if isinstance(token, str):
                self._literals[token] |= place
                self._literal_at[place] = token
            else:
                self._singles[token] |= place
            place <<= 1
        self._free = place << 1
        return place

    def search_atoms(self) -> Iterator[tuple[frozenset[str], str]]:
        """Yield each set of patterns that some text within the bounds matches, and the shortest such text."""
        queue = [(self._start, "")]
        reached, yielded = {self._start}, set[int]()
        for state, text in queue:
            matched = state & self._all_ends
            if matched not in yielded and all(map(state.__and__, self._bound_ends)):
                yielded.add(matched)
                yield self._name_patterns(matched), text
            for letter, moving, staying in self._choose_steps(state & self._all_literals):
                following = (state & moving) << 1 | state & staying
                if following not in reached and all(map(following.__and__, self._bounds)):
                    if len(reached) >= MAX_STATES:
                        raise TooManyAtomsError
                    reached.add(following)
                    queue.append((following, text + letter))

    def _name_patterns(self, matched: int) -> frozenset[str]:
        pairs = zip(self._patterns, self._ends, strict=True)
        return frozenset(pattern.text for pattern, end in pairs if matched & end)

    def _choose_steps(self, places: int) -> list[_Step]:
        """Return the steps that lead to different states: by a character that a pattern expects next, and a fresh one.

        places: where patterns expect a character. Many states expect the same ones.
        """
        if places not in self._choices:
            expected = self._find_expected(places)
            fresh = next(letter for letter in chain(_FRESH_CHARACTERS, _RARE_CHARACTERS) if letter not in expected)
            self._choices[places] = [
                self._steps.get(letter) or self._compute_step(letter) for letter in (fresh, *sorted({*expected, ":"}))
            ]
        return self._choices[places]

    def _find_expected(self, places: int) -> set[str]:
        """Return the characters that stand at some places: one place after the other if there are few."""
        if places.bit_count() > len(self._literals):
            return {letter for letter, standing in self._literals.items() if places & standing}
        expected = set()
        while places:
            lowest = places & -places
            expected.add(self._literal_at[lowest])
            places ^= lowest
        return expected

    def _compute_step(self, letter: str) -> _Step:
        moving, staying = self._literals.get(letter, 0), 0
        for test, places in self._singles.items():
            moving |= places if test(letter) else 0
        for test, places in self._repeats.items():
            staying |= places if test(letter) else 0
        self._steps[letter] = letter, moving, staying
        return self._steps[letter]


def make_pattern(text: str, matches: Matcher, parse: Callable[[str], Iterable[Token]], wildcards: str) -> TextPattern:
    """Return a pattern. parse: returns its tokens. wildcards: the characters that make it more than a plain text."""
    is_plain = not any(letter in text for letter in wildcards)
    return TextPattern(text, matches, None if is_plain else tuple(parse(text)))
