"""Merge what the shards of a run left in a folder into one summary, and name the shards that left nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reconciler.app.organization.results_file import has_results, read_results
from reconciler.app.organization.saved_plans import find_missing_parts, list_selected
from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults
from reconciler.model.problem import Level, Problem, make_error

_NO_RESULTS = "Name the folder that all shards wrote to. If it is this one, their runs were cut off: run them again."


def merge_results(folder: Path) -> OrganizationResults:
    """Return the results of the apply in a folder, or of the plan if nothing was applied. Raises ReconcileError."""
    command = next((name for name in ("apply", "plan") if has_results(folder, name)), None)
    if command is None:
        lacks = "has no results of `plan --out DIR` or `apply`" if folder.is_dir() else "is not a folder"
        raise make_error("no-results", f"{folder} {lacks}.", hint=_NO_RESULTS)
    runs = read_results(folder, command)
    missing = find_missing_parts(runs)
    results = {result.account.id: _without_missing_plan(result, command) for run in runs for result in run.results}
    reason = (
        f"Its part of the run left no results: {'; '.join(missing)}." if missing else "No shard has done this account."
    )
    problem = Problem(Level.ERROR, "shard-missing", reason, "", "Run that shard again, and then the report.")
    return OrganizationResults(
        tuple(
            results.get(account.id) or AccountResult(account, AccountStatus.NOT_STARTED, problems=(problem,))
            for account in list_selected(runs)
        ),
        runs[0].caller,
        runs[0].files,
        tuple(dict.fromkeys(problem for run in runs for problem in run.problems)),
        missing,
        is_applied=command == "apply",
    )


def _without_missing_plan(result: AccountResult, command: str) -> AccountResult:
    """Return the result, without its plan if the file is missing. An account that is only planned has failed then."""
    if result.plan is None or Path(result.plan.file).is_file():
        return result
    is_plan = command == "plan"
    summary = f"Its plan file {result.plan.file} is missing."
    hint = "Run that part of `reconcile plan` again." if is_plan else ""
    problem = Problem(Level.ERROR if is_plan else Level.WARNING, "plan-missing", summary, "", hint)
    status = AccountStatus.FAILED if is_plan else result.status
    return replace(result, status=status, plan=None, problems=(*result.problems, problem))
