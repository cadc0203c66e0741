"""Lists as a sentence has them: as many as a person reads, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable


def format_list(items: Iterable[str], most: int) -> str:
    """`a`, `a and b`, `a, b and c`; where there are more than `most` (and one), `a, b and 7 more`."""
    found = list(items)
    if len(found) > most + 1:
        found = [*found[:most], f"{len(found) - most} more"]
    return " and ".join(part for part in (", ".join(found[:-1]), *found[-1:]) if part)
