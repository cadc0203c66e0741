"""A journal of `apply` as `undo --list` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.plan import Action
from reconciler.model.trace import TraceContext


@dataclass(frozen=True, slots=True)
class ListedJournal:
    """One row of `undo --list`.

    path: an absolute path. time: the beginning of the first run, RFC 3339. account: 12 digits. alias: that of the
    account; None if it has none, or if nobody knew. owner: that of the file; None if it has none.
    entities: the number of entities of each action on which calls were made, or may have been.
    made: the calls that were made, or may have been. planned: the calls of the plan.
    trace: the trace of the first run; None if nobody named one.
    """

    path: str
    time: str
    account: str
    alias: str | None
    owner: str | None
    entities: Mapping[Action, int]
    made: int
    planned: int
    trace: TraceContext | None = None
