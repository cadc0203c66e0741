"""Write a list as part of a sentence, shortened to a number of items that a person reads."""

from __future__ import annotations

from collections.abc import Iterable


def format_list(items: Iterable[str], most: int) -> str:
    """Return `a`, `a and b` or `a, b and c`; return `a, b and 7 more` if there are more than `most` + 1 items."""
    found = list(items)
    if len(found) > most + 1:
        found = [*found[:most], f"{len(found) - most} more"]
    return " and ".join(part for part in (", ".join(found[:-1]), *found[-1:]) if part)
