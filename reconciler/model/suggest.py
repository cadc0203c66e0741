"""Suggest the right word for a mistyped one: keys, elements, operators, names.

A file may hold thousands of slips and thousands of names. The names are indexed once, and each slip is compared with a
few of them only, so that even such a file is checked quickly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from reconciler.model.address import Address

# A single slip costs a short word more of its ratio than a long one, yet two short words are alike by
# chance more often: the table in tests/unit/model/test_suggest.py is what these numbers were tuned on.
_SHORT_LENGTH = 5
_CUTOFF_SHORT = 0.75
_CUTOFF = 0.7

_MAX_LENGTH = 256
"""The most characters of a word; no name of IAM and no key of a file is longer."""

_SMALL_INDEX = 32
"""Up to this many known words, a slip is compared with all of them."""

_MAX_COMPARED = 8
"""With more known words, a slip is compared with this many: those that share most rare triples of letters with it."""

_MAX_SHARING = 50
"""A triple of letters that more words share than this is too common to help."""

_INDEXED_LENGTH = 48
"""Longer words are found only by their triples of letters."""

_ALIGNMENTS = 1000
"""The most pairs of equal letters for difflib, which is slow for words with few different letters."""


def suggest_word(word: str, known_words: Iterable[str]) -> str | None:
    """Return the known word that `word` probably means, in its own spelling; None if none is near.

    Letter case, `-` and `_` do not count: a word that differs in nothing else is always found.
    """
    return _build_index(tuple(known_words)).find_nearest(word)


def suggest_address(text: str, known: Iterable[Address]) -> str | None:
    """Return the known address that a text probably means, or that has its name in another kind; None if none is near.

    Kinds and names are compared separately: `user/dave` and `user/alice` have most of their letters in common.
    """
    names: dict[str, list[str]] = {}
    for address in known:
        names.setdefault(address.kind, []).append(address.name)
    kind, _, name = text.partition("/") if "/" in text else ("", "", text)
    near_kind = suggest_word(kind, names)
    near_name = suggest_word(name, names[near_kind]) if near_kind else None
    if near_name:
        return f"{near_kind}/{near_name}"
    same = (f"{other}/{found}" for other in names for found in names[other] if found.casefold() == name.casefold())
    return next(same, None)


@lru_cache(maxsize=8)
def _build_index(known_words: tuple[str, ...]) -> _WordIndex:
    return _WordIndex(known_words)


class _WordIndex:
    """Known words by their folded spelling, and, if they are many, by pieces of it."""

    def __init__(self, known_words: tuple[str, ...]) -> None:
        self._spellings = {_fold(candidate): candidate for candidate in reversed(known_words)}
        self._indexable = [folded for folded in self._spellings if len(folded) <= _MAX_LENGTH]
        self._is_small = len(self._indexable) <= _SMALL_INDEX
        self._shortened: dict[str, str] = {}
        self._triples: dict[str, list[str]] = {}
        self._is_built = self._is_small

    def find_nearest(self, word: str) -> str | None:
        folded = _fold(word)
        # To difflib, a short word with two letters swapped is no longer like itself.
        same = [folded, *(_swap(folded) if len(folded) < _SHORT_LENGTH else ())]
        for spelling in same:
            if spelling in self._spellings:
                return self._spellings[spelling]
        if len(folded) > _MAX_LENGTH:
            return None
        cutoff = _CUTOFF_SHORT if len(folded) < _SHORT_LENGTH else _CUTOFF
        near = _find_closest(folded, self._indexable if self._is_small else self._find_candidates(folded), cutoff)
        return None if near is None else self._spellings[near]

    def _find_candidates(self, folded: str) -> Collection[str]:
        """Return the words that are one slip away (a letter added, lost, changed, swapped), else the most similar."""
        if not self._is_built:
            self._build()
        if len(folded) <= _INDEXED_LENGTH + 1:
            variants = [folded, *_shorten(folded)]
            matches = {variant for variant in variants if variant in self._spellings}
            matches |= {self._shortened[variant] for variant in variants if variant in self._shortened}
            if matches:
                return matches
        return self._find_similar(folded)

    def _find_similar(self, folded: str) -> list[str]:
        """Return the words that share most rare triples of letters with a word."""
        shared = Counter[str]()
        for triple in _triples_of(folded):
            sharing = self._triples.get(triple, ())
            if len(sharing) <= _MAX_SHARING:
                shared.update(sharing)
        return [word for word, _ in shared.most_common(_MAX_COMPARED)]

    def _build(self) -> None:
        self._is_built = True
        for word in self._indexable:
            if len(word) <= _INDEXED_LENGTH:
                for shorter in _shorten(word):
                    self._shortened.setdefault(shorter, word)
            for triple in _triples_of(word):
                sharing = self._triples.setdefault(triple, [])
                if len(sharing) <= _MAX_SHARING:
                    sharing.append(word)


def _find_closest(word: str, candidates: Collection[str], cutoff: float) -> str | None:
    """Return the candidate with the highest ratio of difflib, if it reaches the cutoff, as `get_close_matches` does.

    The number of common letters in order bounds that ratio from above, and is far quicker to count.
    """
    masks: dict[str, int] = {}
    for place, letter in enumerate(word):
        masks[letter] = masks.get(letter, 0) | 1 << place
    bounds = [
        (bound, candidate)
        for candidate in candidates
        if 2 * min(len(word), len(candidate)) >= cutoff * (len(word) + len(candidate))
        and (bound := 2 * _count_common(masks, len(word), candidate) / (len(word) + len(candidate))) >= cutoff
    ]
    matcher = SequenceMatcher()
    matcher.set_seq2(word)
    best, least = None, (cutoff, "")
    for bound, candidate in sorted(bounds, reverse=True):
        if bound < least[0]:
            break
        if sum(masks.get(letter, 0).bit_count() for letter in candidate) > _ALIGNMENTS:
            continue
        matcher.set_seq1(candidate)
        if (rank := (matcher.ratio(), candidate)) >= least:
            best, least = candidate, rank
    return best


def _count_common(masks: Mapping[str, int], length: int, other: str) -> int:
    """Return the length of the longest common subsequence of two words, computed on the bits of one number.

    After Hyyrö, "Bit-parallel LCS-length computation revisited".

    masks: the positions of each letter in the first word. length: the length of the first word.
    """
    every = (1 << length) - 1
    vector = every
    for letter in other:
        matching = vector & masks.get(letter, 0)
        vector = (vector + matching | vector - matching) & every
    return length - vector.bit_count()


def _shorten(word: str) -> Iterator[str]:
    """Yield the word with one letter removed, for each letter."""
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def _swap(word: str) -> Iterator[str]:
    """Yield the word with two neighbouring letters swapped, for each pair."""
    for place in range(len(word) - 1):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _triples_of(word: str) -> set[str]:
    padded = f"\0{word}\0"
    return {padded[place : place + 3] for place in range(len(padded) - 2)}


def _fold(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")
