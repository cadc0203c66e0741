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

from reconciler.app.plan import ConnectedPlan, PlanRequest, make_plan
from reconciler.app.saved_plan import (
    check_not_expired,
    document_of,
    has_same_changes,
    plan_remaining,
    read_intact_plan,
)
from reconciler.aws.session import check_account
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Problem, ReconcileError
from reconciler.plan.saved.mismatches import find_mismatches
from reconciler.plan.saved.saved_plan import read_saved_plan

_MAX_SHOWN = 5
"""How many differences are named; the rest is counted."""


def plan_against_files(
    path: Path, document: Mapping[str, Any], files: Sequence[str], request: PlanRequest
) -> ConnectedPlan:
    """Plan `files` and return that plan, if the plan file says exactly the same. Raises Failed."""
    saved = read_intact_plan(path, document)
    check_not_expired(saved, datetime.now(UTC))
    planned = make_plan(replace(request, files=files))
    plan, connection = planned.plan, planned.connection
    check_account(connection, saved.account)
    given = read_saved_plan(json.loads(json.dumps(document_of(plan))))
    found = list(find_mismatches(saved, given))
    if not found and not _has_same_calls(document, plan):
        found = [_make_error("The calls of the plan are not those that its changes need.")]
    if found:
        raise ReconcileError([*_shorten_problems(found), _make_refusal(path, files)])
    return replace(planned, replan=lambda: plan_remaining(given, connection, request.options), is_saved=True)


def _has_same_calls(document: Mapping[str, Any], plan: Plan) -> bool:
    """Their order is worked out for the caller, who may be another than the one who planned: it takes from its own
    rights last."""
    try:
        return has_same_changes(document, plan, in_order=False)
    except (TypeError, AttributeError, KeyError):
        return False


def _shorten_problems(problems: Sequence[Problem]) -> list[Problem]:
    more = len(problems) - _MAX_SHOWN
    if more <= 0:
        return list(problems)
    return [*problems[:_MAX_SHOWN], _make_error(f"{more} more difference{'s' if more > 1 else ''} of this sort.")]


def _make_refusal(path: Path, files: Sequence[str]) -> Problem:
    summary = f"{path} is not the plan that these files give: {', '.join(files)}; nothing was written."
    detail = "It was edited or made from other files, variables or targets, or the account has changed since."
    again = shlex.join(["reconcile", "plan", *files, "--out", str(path)])
    hint = f"Plan again and have that plan approved: {again}"
    return _make_error(summary, detail, hint)


def _make_error(summary: str, detail: str = "", hint: str = "") -> Problem:
    return Problem(Level.ERROR, "plan-not-of-files", summary, detail, hint)
