"""The use case `apply plan.json --against FILE…`: plan the files of a checkout, and require the saved plan to be equal.

The plan of the files is applied; the saved plan is only compared with it. So the plan file need not be trusted, whoever
could write it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.app.plan import ConnectedPlan, PlanRequest, make_plan
from reconciler.app.plan_file import document_of, format_plan_command, have_same_changes, read_intact_plan
from reconciler.app.saved_plan import check_not_expired, plan_remaining
from reconciler.aws.session import check_account
from reconciler.model.problem import Level, Problem, ReconcileError
from reconciler.plan.saved.mismatches import find_mismatches
from reconciler.plan.saved.saved_plan import read_saved_plan

_MAX_SHOWN = 5
"""Differences that are listed; the rest is counted."""


def plan_against_files(
    path: Path, document: Mapping[str, Any], files: Sequence[str], request: PlanRequest
) -> ConnectedPlan:
    """Plan `files` and return that plan. Raises ReconcileError if the saved plan differs from it."""
    saved = read_intact_plan(path, document)
    check_not_expired(saved, datetime.now(UTC))
    planned = make_plan(replace(request, files=files))
    plan, connection = planned.plan, planned.connection
    check_account(connection, saved.account)
    fresh_document = json.loads(json.dumps(document_of(plan)))
    if differences := find_differences(path, document, fresh_document, files, path):
        raise ReconcileError(differences)
    fresh = read_saved_plan(fresh_document)
    return replace(planned, replan=lambda: plan_remaining(fresh, connection, request.options), is_saved=True)


def find_differences(
    path: Path, document: Mapping[str, Any], fresh_document: Mapping[str, Any], files: Sequence[str], out: Path
) -> list[Problem]:
    """Return the problems of a saved plan that is not the plan of the files; none if it is.

    fresh_document: the content of a plan file that was made of the files just now. files, out: for the message; out is
    what `--out` names to write the file anew. Raises ReconcileError if the saved plan was edited or has expired.
    """
    saved = read_intact_plan(path, document)
    check_not_expired(saved, datetime.now(UTC))
    mismatches = list(find_mismatches(saved, read_saved_plan(fresh_document)))
    if not mismatches and not _have_same_calls(document, fresh_document):
        mismatches = [_make_error("The saved plan lists other calls than its changes need.")]
    return [*_shorten_problems(mismatches), _make_refusal(path, files, out)] if mismatches else []


def _have_same_calls(document: Mapping[str, Any], fresh_document: Mapping[str, Any]) -> bool:
    """Return whether both plans have the same calls. Their order may differ.

    The order depends on the caller, whose own rights are taken last, and another caller may have made the saved plan.
    """
    try:
        return have_same_changes(document, fresh_document, in_order=False)
    except (TypeError, AttributeError, KeyError):
        return False


def _shorten_problems(problems: Sequence[Problem]) -> list[Problem]:
    more = len(problems) - _MAX_SHOWN
    if more <= 0:
        return list(problems)
    return [*problems[:_MAX_SHOWN], _make_error(f"{more} more difference{'s' if more > 1 else ''}.")]


def _make_refusal(path: Path, files: Sequence[str], out: Path) -> Problem:
    summary = f"{path} differs from the plan of {', '.join(files)}; nothing was written."
    detail = "It was edited or made from other files, variables or targets, or the account has changed since."
    command = format_plan_command(files, str(out))
    return _make_error(summary, detail, f"Plan again and have that plan approved: {command}")


def _make_error(summary: str, detail: str = "", hint: str = "") -> Problem:
    return Problem(Level.ERROR, "plan-not-of-files", summary, detail, hint)
