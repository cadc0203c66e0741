"""A journal's lines → what an apply touched, and what was before. Pure.

A journal is JSON lines, one object each: `plan` (a whole plan file, its `saved` part with every touched entity
before and after), `starts` and `ends` for each call by its `seq` in that plan, and `end`. A file may hold several
runs, one behind the other: each begins with its plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.model.address import Address
from reconciler.plan.saved import Saved, read_saved

JOURNAL_VERSION = 1


@dataclass(frozen=True)
class Run:
    """One run: its plan as saved, when it began, and the addresses of which a call was at least sent."""

    saved: Saved
    time: str
    touched: frozenset[Address]


def runs_of(lines: Iterable[str]) -> list[Run]:
    """What a journal records, in order. ValueError, KeyError or TypeError where it is none.

    The last line of a run may be cut off: that of a process which was killed while writing it.
    """
    found: list[Run] = []
    for record in _records(lines):
        if record["event"] == "plan":
            if record["journal_version"] != JOURNAL_VERSION:
                raise ValueError("another version")
            found.append(Run(read_saved(record["plan"]), str(record["time"]), frozenset()))
        elif record["event"] == "starts":
            touched = found[-1].touched | {Address.parse(record["address"])}
            found[-1] = replace(found[-1], touched=touched)
    if not found:
        raise ValueError("no plan in it")
    return found


def _records(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    cut: ValueError | None = None
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError as error:
            if cut:
                raise
            cut = error
            continue
        if not isinstance(record, dict):
            raise ValueError("a line is no object")
        if cut and record["event"] != "plan":
            raise cut
        cut = None
        yield record
