"""Render the aliases of `assume --list` as a table or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from reconciler.model.durations import format_duration
from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.listed_alias import ListedAlias
from reconciler.model.wrap import wrap_line
from reconciler.render.json_text import dump_json

_TITLES = ("ALIAS", "ROLE", "ACCOUNT", "MFA", "DURATION", "CACHED UNTIL")
_MFA = {True: "yes", False: "no", None: "?"}


def render_alias_table(
    aliases: Sequence[ListedAlias], format_time: Callable[[str], str], columns: int | None = None
) -> str:
    """Return a table with one line per alias, or a paragraph per alias if the table is wider than `columns`.

    format_time: turns an RFC 3339 time into local time.
    """
    rows = [_TITLES, *(_format_row(item, format_time) for item in aliases)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    if columns is not None and sum(widths) + 2 * len(widths) - 2 > columns:
        return escape_lines("\n".join(line for row in rows[1:] for line in _format_paragraph(row, columns)))
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return escape_lines("\n".join(lines))


def _format_paragraph(row: tuple[str, ...], columns: int) -> Iterator[str]:
    """Yield the alias, then the other cells, each after its title."""
    yield row[0]
    longest = max(map(len, _TITLES))
    for title, cell in zip(_TITLES[1:], row[1:], strict=True):
        yield from wrap_line(f"  {title.lower().ljust(longest)}  {cell}", columns, " " * (longest + 4))


def render_alias_json(aliases: Sequence[ListedAlias]) -> str:
    """Return the aliases as a JSON list."""
    return dump_json([asdict(item) for item in aliases], indent=2)


def _format_row(item: ListedAlias, format_time: Callable[[str], str]) -> tuple[str, ...]:
    role = f"{item.role} via {', '.join(item.via)}" if item.via else item.role
    until = format_time(item.cached_until) if item.cached_until else "-"
    cells = (item.alias, role, item.account or "?", _MFA[item.mfa], format_duration(item.duration), until)
    return tuple(map(escape_line, cells))
