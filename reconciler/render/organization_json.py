"""Render the results of many accounts as JSON, piece by piece: the plans of all of them may not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults, PlanFacts
from reconciler.plan.digest.account_groups import GatheredReason, gather_reasons
from reconciler.render.json_text import dump_json
from reconciler.render.problems import problem_to_dict

FORMAT_VERSION = 1

ReadPlan = Callable[[PlanFacts], Mapping[str, Any]]
"""Returns a plan as `plan_to_dict` makes it."""


def iter_summary_json(summary: OrganizationResults, read_plan: ReadPlan) -> Iterator[str]:
    """Yield the lines of a JSON object: `accounts`, each with its plan, then `applied`, `summary` and `risk`."""
    yield "{"
    yield f'  "format_version": {FORMAT_VERSION},'
    yield '  "accounts": ['
    for index, result in enumerate(summary.results):
        comma = "," if index < len(summary.results) - 1 else ""
        yield f"{_indent(dump_json(result_to_dict(result, read_plan), indent=2), '    ')}{comma}"
    yield "  ],"
    rest = dump_json(summary_to_dict(summary), indent=2)
    yield rest.removeprefix("{\n")


def result_to_dict(result: AccountResult, read_plan: ReadPlan) -> dict[str, Any]:
    """Return one account with its plan. `error` is the first of `errors`."""
    values: dict[str, Any] = account_to_dict(result)
    if result.plan is not None:
        values["plan"] = read_plan(result.plan)
    return values


def account_to_dict(result: AccountResult) -> dict[str, Any]:
    """Return one account without its plan."""
    values: dict[str, Any] = {
        "name": result.account.name,
        "account": result.account.id,
        "status": str(result.status),
        "wave": result.account.wave,
    }
    if result.errors:
        values["error"] = problem_to_dict(result.errors[0])
    if result.problems:
        values["problems"] = [problem_to_dict(problem) for problem in result.problems]
    if result.journal:
        values |= {"journal": result.journal, "calls_made": result.done}
    return values


def summary_to_dict(summary: OrganizationResults) -> dict[str, Any]:
    """Return the numbers of accounts by status, and the risk of all plans with each reason once.

    `applied` tells whether `changed` stands for changes that were made.
    """
    values: dict[str, Any] = {
        "applied": summary.is_applied,
        "summary": {str(status): summary.count(status) for status in AccountStatus},
        "risk": {
            "level": str(summary.risk_level),
            "reasons": [_reason_to_dict(one) for one in gather_reasons(summary)],
        },
    }
    if summary.problems:
        values["problems"] = [problem_to_dict(problem) for problem in summary.problems]
    if summary.missing_parts:
        values["missing_parts"] = list(summary.missing_parts)
    return values


def _reason_to_dict(gathered: GatheredReason) -> dict[str, Any]:
    reason = gathered.reason
    return {
        "code": str(reason.code),
        "address": str(reason.address),
        "message": reason.message,
        "file": reason.place.file if reason.place else None,
        "line": reason.place.line if reason.place else None,
        "column": reason.place.column if reason.place else None,
        "accounts": list(gathered.accounts),
    }


def _indent(text: str, margin: str) -> str:
    return "\n".join(f"{margin}{line}" for line in text.split("\n"))
