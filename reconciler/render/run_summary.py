"""Render the summary of a run as JSON (`schemas/summary.schema.json`). It decides nothing."""

from __future__ import annotations

from typing import Any

from reconciler import __version__
from reconciler.model.call_stats import CallStats
from reconciler.model.run_summary import AccountName, RunSummary, StepCounts
from reconciler.model.utc_time import format_moment
from reconciler.render.json_text import dump_json
from reconciler.render.plan_json import count_changes, risk_to_dict
from reconciler.render.problems import problem_to_dict

SUMMARY_VERSION = 1


def render_summary(summary: RunSummary) -> str:
    """Return the summary as JSON text."""
    return dump_json(summary_to_dict(summary), indent=2)


def summary_to_dict(summary: RunSummary) -> dict[str, Any]:
    """Return the summary as plain JSON values. Every key is there; null stands for what the run did not find out."""
    plan, trace = summary.plan, summary.trace
    return {
        "format_version": SUMMARY_VERSION,
        "version": __version__,
        "command": summary.command,
        "exit_code": summary.exit_code,
        "status": str(summary.status),
        "account": _account_to_dict(summary.account) if summary.account else None,
        "started": format_moment(summary.started),
        "finished": format_moment(summary.finished),
        "seconds": round(summary.seconds, 3),
        "calls": _calls_to_dict(summary.calls) if summary.calls else None,
        "changes": count_changes(plan) if plan else None,
        "steps": steps_to_dict(summary.steps) if summary.steps else None,
        "risk": risk_to_dict(plan.risk) if plan else None,
        "problems": [problem_to_dict(problem) for problem in summary.problems],
        "plan_file": summary.plan_file,
        "journal": summary.journal,
        "trace_id": trace.trace_id if trace else None,
        "span_id": trace.span_id if trace else None,
    }


def steps_to_dict(steps: StepCounts) -> dict[str, int]:
    """Return the calls that were made, may have been made, and were not made."""
    return {"done": steps.done, "unclear": steps.unclear, "left": steps.left}


def _account_to_dict(account: AccountName) -> dict[str, Any]:
    return {"id": account.id, "partition": account.partition, "alias": account.alias}


def _calls_to_dict(calls: CallStats) -> dict[str, Any]:
    return {
        "total": calls.requests,
        "seconds": round(calls.seconds, 3),
        "retries": calls.retries,
        "throttles": calls.throttles,
        "operations": {one.operation: one.requests for one in calls.operations},
    }
