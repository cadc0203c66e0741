"""Sum up what a journal records, for `undo --list`: when, where, and how much. Pure.

It reads less than `journal.py:read_runs`, which an undo needs: no entity is decoded, so that a hundred journals are
summed up in a moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.listed_journal import ListedJournal
from reconciler.model.plan import Action
from reconciler.model.trace import TraceContext
from reconciler.plan.saved.journal import find_calls_made
from reconciler.plan.saved.sections import read_account, read_account_alias, read_owner
from reconciler.plan.saved.strict_json import take_list, take_text


def summarize_journal(path: str, lines: Iterable[str]) -> ListedJournal:
    """Return the summary of all runs of a journal.

    An entity that several runs touch counts once, as in the first of them. Raises ValueError, LookupError, TypeError
    or AttributeError if it is not a journal.
    """
    runs = find_calls_made(lines)
    touched: dict[str, Action] = {}
    for run in runs:
        actions = _actions_of(run.plan_record)
        for address in run.calls.values():
            touched.setdefault(str(address), actions[str(address)])
    first = runs[0].plan_record
    entities = Counter(touched.values())
    return ListedJournal(
        path=path,
        time=take_text(first["time"], "time"),
        account=read_account(first["plan"]),
        alias=read_account_alias(first["plan"]),
        owner=read_owner(first["plan"]),
        entities={action: entities[action] for action in Action},
        made=sum(len(run.calls) for run in runs),
        planned=sum(len(change["calls"]) for run in runs for change in run.plan_record["plan"]["changes"]),
        trace=_trace_of(first),
    )


def _trace_of(record: Mapping[str, Any]) -> TraceContext | None:
    """Return the trace in the line of a plan; None if it names none, as before there were any."""
    if "trace_id" not in record:
        return None
    return TraceContext(take_text(record["trace_id"], "trace_id"), take_text(record["span_id"], "span_id"))


def _actions_of(record: Mapping[str, Any]) -> dict[str, Action]:
    """Return address → action of the changes of a plan."""
    changes = take_list(record["plan"]["changes"], "changes")
    return {take_text(change["address"], "address"): Action(change["action"]) for change in changes}
