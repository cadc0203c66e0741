"""The names of --allow-assertion, each of which an assertion must have. Imports no evaluator, which few files need."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.model.problem import Level, Problem
from reconciler.model.suggest import suggest_word

FLAG = "--allow-assertion"


def find_unknown_names(names: Collection[str], allowed: frozenset[str]) -> Iterator[Problem]:
    """Yield an error for each name of --allow-assertion that no assertion has.

    names: the names of the assertions.
    """
    for name in sorted(allowed.difference(names)):
        near = suggest_word(name, names)
        hint = f"Did you mean {near!r}?" if near else "Remove the flag, or write the `name` of an assertion."
        yield Problem(Level.ERROR, "unknown-assertion", f"{FLAG} {name}: no assertion has this name.", "", hint)
