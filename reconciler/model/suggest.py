"""Did-you-mean, for every word that a user can mistype: keys, elements, operators, names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# A single slip costs a short word more of its ratio than a long one, yet two short words are alike by
# chance more often: the table in tests/unit/model/test_suggest.py is what these numbers were tuned on.
_SHORT = 5
_CUTOFF_SHORT = 0.75
_CUTOFF = 0.7


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, in its own spelling; None where none is near.

    Letter case, `-` and `_` do not matter. A word that differs in nothing else always hits.
    """
    spellings = {_folded(candidate): candidate for candidate in reversed(list(known))}
    folded = _folded(word)
    if folded in spellings:
        return spellings[folded]
    cutoff = _CUTOFF_SHORT if len(folded) < _SHORT else _CUTOFF
    near = get_close_matches(folded, spellings, n=1, cutoff=cutoff)
    return spellings[near[0]] if near else None


def _folded(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")
