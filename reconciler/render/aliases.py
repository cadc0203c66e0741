"""Aliases for `assume --list`: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.listed_alias import ListedAlias
from reconciler.render.json_text import json_text

_TITLES = ("ALIAS", "ROLE", "ACCOUNT", "MFA", "DURATION", "CACHED UNTIL")
_MFA = {True: "yes", False: "no", None: "?"}


def table(aliases: Sequence[ListedAlias], local: Callable[[str], str]) -> str:
    """One line per alias under a line of titles. `local`: an RFC 3339 time as the person's clock shows it."""
    rows = [_TITLES, *(_row(item, local) for item in aliases)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return escape_lines("\n".join(lines))


def as_json(aliases: Sequence[ListedAlias]) -> str:
    return json_text([asdict(item) for item in aliases], indent=2)


def _row(item: ListedAlias, local: Callable[[str], str]) -> tuple[str, ...]:
    role = f"{item.role} via {', '.join(item.via)}" if item.via else item.role
    until = local(item.cached_until) if item.cached_until else "-"
    cells = (item.alias, role, item.account or "?", _MFA[item.mfa], _length(item.duration), until)
    return tuple(map(escape_line, cells))


def _length(seconds: int) -> str:
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
