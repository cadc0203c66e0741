"""Render the journals of `undo --list` as text or as JSON. It decides nothing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.listed_journal import ListedJournal
from reconciler.model.wrap import wrap_line
from reconciler.render.json_text import dump_json


def render_journals_text(journals: Sequence[ListedJournal], columns: int | None = None) -> str:
    """Return a paragraph for each journal: time, account, what was done, its trace, and the command that undoes it."""
    return escape_lines("\n".join(line for one in journals for line in _format_journal(one, columns)))


def _format_journal(one: ListedJournal, columns: int | None) -> Iterator[str]:
    account = f"account {one.account}" + (f" ({one.alias})" if one.alias else "")
    owner = f", owner {one.owner}" if one.owner else ""
    yield from wrap_line(escape_line(f"{format_time(one.time)}  {account}{owner}"), columns, "    ")
    yield from wrap_line(escape_line(f"    {_describe_work(one)}"), columns, "    ")
    if one.trace:
        yield f"    trace {one.trace.trace_id}"
    yield escape_line(f"    reconcile undo {shlex.quote(one.path)}")


def format_time(time: str) -> str:
    """Return the time of a journal, which is in UTC, to the second: `2026-11-30 14:05:09 UTC`."""
    return f"{time[:19].replace('T', ' ')} UTC"


def _describe_work(one: ListedJournal) -> str:
    counts = (f"{number} {action.participle}" for action, number in one.entities.items() if number)
    total = f"{one.planned} call{'' if one.planned == 1 else 's'}"
    made = total if one.made == one.planned else f"{one.made} of {total}"
    return f"{', '.join(counts) or 'nothing'}, by {made}"


def render_journals_json(journals: Sequence[ListedJournal]) -> str:
    """Return the journals as a JSON list."""
    return dump_json([_journal_to_dict(one) for one in journals], indent=2)


def _journal_to_dict(one: ListedJournal) -> dict[str, Any]:
    return {
        "journal": one.path,
        "time": one.time,
        "account": one.account,
        "account_alias": one.alias,
        "owner": one.owner,
        "summary": {str(action): number for action, number in one.entities.items()},
        "calls": {"made": one.made, "planned": one.planned},
        "trace_id": one.trace.trace_id if one.trace else None,
        "span_id": one.trace.span_id if one.trace else None,
    }
