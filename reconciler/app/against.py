"""`apply plan.json --against FILE…`: the files of a checkout are planned anew, and a saved plan must be that very plan.

Nothing is taken from the plan file: it is compared, and then the plan of the files is applied. So it does not matter
what its checksum is worth, or who could write it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.app.plan import Planned, Request, make_plan
from reconciler.app.saved import check_not_ended, document_of, has_same_changes, plan_the_rest, read_intact
from reconciler.aws.session import check_account
from reconciler.model.plan import Plan
from reconciler.model.problem import Failed, Level, Problem
from reconciler.plan.against import differences_between
from reconciler.plan.saved import read_saved

_SHOWN = 5
"""How many differences are named; the rest is counted."""


def planned_against(path: Path, document: Mapping[str, Any], files: Sequence[str], request: Request) -> Planned:
    """Plan `files` and return that plan, if the plan file says exactly the same. Raises Failed."""
    saved = read_intact(path, document)
    check_not_ended(saved, datetime.now(UTC))
    planned = make_plan(replace(request, files=files))
    plan, connection = planned.plan, planned.connection
    check_account(connection, saved.account)
    given = read_saved(json.loads(json.dumps(document_of(plan))))
    found = list(differences_between(saved, given))
    if not found and not _has_same_calls(document, plan):
        found = [_error("The calls of the plan are not those that its changes need.")]
    if found:
        raise Failed([*_shorten(found), _refusal(path, files)])
    return replace(planned, look_again=lambda: plan_the_rest(given, connection, request.allowed), saved=True)


def _has_same_calls(document: Mapping[str, Any], plan: Plan) -> bool:
    """Their order is worked out for the caller, who may be another than the one who planned: it takes from its own
    rights last."""
    try:
        return has_same_changes(document, plan, in_order=False)
    except (TypeError, AttributeError, KeyError):
        return False


def _shorten(found: Sequence[Problem]) -> list[Problem]:
    more = len(found) - _SHOWN
    if more <= 0:
        return list(found)
    return [*found[:_SHOWN], _error(f"{more} more difference{'s' if more > 1 else ''} of this sort.")]


def _refusal(path: Path, files: Sequence[str]) -> Problem:
    summary = f"{path} is not the plan that these files give: {', '.join(files)}; nothing was written."
    detail = "It was edited or made from other files, variables or targets, or the account has changed since."
    again = shlex.join(["reconcile", "plan", *files, "--out", str(path)])
    hint = f"Plan again and have that plan approved: {again}"
    return _error(summary, detail, hint)


def _error(summary: str, detail: str = "", hint: str = "") -> Problem:
    return Problem(Level.ERROR, "plan-not-of-files", summary, detail, hint)
