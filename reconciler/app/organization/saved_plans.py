"""Rebuild the plans of many accounts from a folder of `plan --out DIR`, for `apply DIR`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reconciler.app.organization.entry import AccountEntry
from reconciler.app.organization.members import RunOptions, select_accounts
from reconciler.app.organization.results_file import RunResults, read_results
from reconciler.app.plan import ConnectedPlan
from reconciler.app.plan_file import read_plan_document
from reconciler.app.saved_plan import rebuild_connected_plan
from reconciler.aws.session import Connection
from reconciler.model.account_results import AccountResult, RunSummary
from reconciler.model.problem import make_error
from reconciler.model.shards import select_shard
from reconciler.plan.options import PlanOptions


def read_plans(folder: Path, options: RunOptions) -> tuple[RunResults, RunSummary]:
    """Return the first results file of a folder, and the chosen accounts of all its shards. Raises ReconcileError.

    A shard without results is an error, because its accounts would be left out.
    """
    runs = read_results(folder, "plan")
    if missing := find_missing_shards(runs):
        raise make_error(
            "shard-missing",
            f"The shards {', '.join(missing)} have left no results in {folder}.",
            hint=f"Run `reconcile plan --shard {missing[0]} --out {folder}` again.",
        )
    results = {result.account.id: result for run in runs for result in run.results}
    chosen = select_accounts([result.account for result in results.values()], options)
    if options.shard:
        chosen = select_shard(chosen, options.shard, options.sizes)
    first = runs[0]
    problems = tuple(dict.fromkeys(problem for run in runs for problem in run.problems))
    return first, RunSummary(tuple(results[account.id] for account in chosen), first.caller, first.files, problems)


def find_missing_shards(runs: Sequence[RunResults]) -> tuple[str, ...]:
    """Return the shards that left no results: `2/4`. Raises ReconcileError if the results are of different runs."""
    shards = [run.shard for run in runs if run.shard]
    totals = {shard.total for shard in shards}
    if len({(run.selected, run.caller) for run in runs}) > 1 or len(totals) > 1 or (shards and len(shards) < len(runs)):
        raise make_error(
            "results-mixed",
            "The folder has results of different runs: other accounts, numbers of shards or callers.",
            hint="Use an empty folder for each run.",
        )
    present = {shard.index for shard in shards}
    return tuple(f"{index}/{total}" for total in totals for index in range(1, total + 1) if index not in present)


def make_entry(home: Connection, run: RunResults) -> AccountEntry:
    """Return the way into the accounts of saved plans."""
    if run.session is None:
        raise make_error("results-edited", "The results name no session.", hint="Run `reconcile plan` again.")
    return AccountEntry(home, run.role, run.session, run.hops)


def rebuild_plan(entry: AccountEntry, planned: AccountResult, options: PlanOptions) -> ConnectedPlan:
    """Return the saved plan of an account, rebuilt from live IAM. Raises ReconcileError if it no longer fits."""
    path = Path(planned.plan.file) if planned.plan else Path()
    document = read_plan_document(path)
    if document is None:
        raise make_error("not-a-plan", f"{path} is missing or is no plan file.", hint="Run `reconcile plan` again.")
    return rebuild_connected_plan(path, document, lambda: entry.connect(planned.account), options)
