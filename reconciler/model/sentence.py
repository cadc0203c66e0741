"""Write a list as part of a sentence, shortened to a number of items that a person reads."""

from __future__ import annotations

from collections.abc import Iterable


def format_list(items: Iterable[str], most: int) -> str:
    """Return `a`, `a and b` or `a, b and c`; return `a, b and 7 more` if there are more than `most` + 1 items."""
    texts = list(items)
    if len(texts) > most + 1:
        texts = [*texts[:most], f"{len(texts) - most} more"]
    return " and ".join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)
