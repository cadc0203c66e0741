"""Compare the plans that were saved for many accounts with those of reviewed files: `apply DIR --against FILE…`.

The plans of the files are applied; the saved ones are only compared with them. So the folder need not be trusted,
whoever could write it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.app.plan_file import read_plan_document
from reconciler.app.reviewed_plan import find_differences
from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults
from reconciler.model.problem import Level, Problem, ReconcileError


def compare_with_reviewed(
    saved: OrganizationResults, fresh: OrganizationResults, folder: Path, files: Sequence[str]
) -> OrganizationResults:
    """Return the plans of the files; an account whose saved plan is another one, or is missing, has failed.

    fresh: made of the files just now. folder: of the saved plans. files: for messages.
    """
    by_id = {result.account.id: result for result in saved.results}
    results = tuple(_compare(by_id.get(result.account.id), result, folder, files) for result in fresh.results)
    present = {result.account.id for result in fresh.results}
    surplus = [result.account.label for result in saved.results if result.account.id not in present]
    problems = [_make_problem(f"{folder} has a plan for {label}, which the files do not name.") for label in surplus]
    return replace(fresh, results=results, problems=(*fresh.problems, *problems))


def _compare(saved: AccountResult | None, fresh: AccountResult, folder: Path, files: Sequence[str]) -> AccountResult:
    if fresh.status is not AccountStatus.CHANGED or fresh.plan is None:
        return fresh
    path = folder / f"{fresh.account.name}.json"
    problems: Sequence[Problem]
    if saved is None or saved.plan is None:
        problems = [_make_problem(f"{folder} has no plan for {fresh.account.label}, and the files change it.")]
    else:
        try:
            document, fresh_document = read_plan_document(path), read_plan_document(Path(fresh.plan.file))
            if document is None or fresh_document is None:
                problems = [_make_problem(f"{path} is missing or is not a plan file.")]
            else:
                problems = find_differences(path, document, fresh_document, files, folder)
        except ReconcileError as error:
            problems = error.problems
    if not problems:
        return fresh
    return replace(fresh, status=AccountStatus.FAILED, problems=(*fresh.problems, *problems))


def _make_problem(summary: str) -> Problem:
    hint = "Run `reconcile plan --out DIR` again, and have those plans approved."
    return Problem(Level.ERROR, "plan-not-of-files", summary, "", hint)
