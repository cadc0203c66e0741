"""Rebuild the plans of many accounts from a folder of `plan --out DIR`, for `apply DIR`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.app.organization.cross_account import refuse_waits
from reconciler.app.organization.entry import AccountEntry
from reconciler.app.organization.files import RunOptions, select_accounts
from reconciler.app.organization.results_file import read_results
from reconciler.app.organization.results_section import RunResults
from reconciler.app.plan import ConnectedPlan
from reconciler.app.plan_file import read_plan_document
from reconciler.app.saved_plan import rebuild_connected_plan
from reconciler.aws.session import Connection
from reconciler.model.account_results import AccountResult, OrganizationResults
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.shards import Shard, select_shard
from reconciler.plan.digest.account_groups import format_accounts
from reconciler.plan.options import PlanOptions


def read_plans(folder: Path, options: RunOptions) -> tuple[RunResults, OrganizationResults]:
    """Return the run whose shards left results in a folder, and the results of its chosen accounts.

    Raises ReconcileError. A shard without results is an error, because its accounts would be left out; so is an account
    that no shard has done, or two have. Accounts of several shards that would wait for each other are unsafe.
    """
    runs = read_results(folder, "plan")
    if missing := find_missing_parts(runs):
        raise make_error(
            "shard-missing",
            f"Parts of the run have left no results in {folder}: {'; '.join(missing)}.",
            "Their accounts would be left out.",
            "Run these shards or waves again with the same --out.",
        )
    _refuse_left_out(runs)
    results = {result.account.id: result for run in runs for result in run.results}
    all_accounts = [result.account for result in results.values()]
    eligible = select_accounts(all_accounts, options)
    chosen = select_shard(eligible, options.shard, options.sizes) if options.shard else eligible
    first = replace(runs[0], selected=select_accounts(all_accounts, RunOptions()))
    problems = tuple(dict.fromkeys(problem for run in runs for problem in run.problems))
    return first, OrganizationResults(
        refuse_waits([results[account.id] for account in chosen]), first.caller, first.files, problems
    )


def find_missing_parts(runs: Sequence[RunResults]) -> tuple[str, ...]:
    """Return the parts of a run that left no results: `2/4`, `wave 3`, `wave 1, 2/4`.

    A shard without accounts does not count. Raises ReconcileError if the results are of different runs, or of shards
    that divided the accounts differently.
    """
    waves = {run.wave for run in runs}
    if len({run.waves for run in runs}) > 1 or (None in waves and len(waves) > 1):
        raise _make_mixed_error()
    missing = [f"wave {wave}" for wave in runs[0].waves if None not in waves and wave not in waves]
    for wave in sorted(waves, key=lambda wave: wave or 0):
        shards = _find_missing_shards([run for run in runs if run.wave == wave])
        missing += [f"wave {wave}, {shard}" if wave is not None else str(shard) for shard in shards]
    _refuse_repeated(runs)
    return tuple(missing)


def list_selected(runs: Sequence[RunResults]) -> tuple[MemberAccount, ...]:
    """Return the accounts of all parts of a run, also of those without results. The parts of a wave know it best."""
    waves = {run.wave for run in runs}
    selected = {
        account.id: account
        for run in runs
        for account in run.selected
        if run.wave in (None, account.wave) or account.wave not in waves
    }
    return tuple(selected.values())


def _refuse_repeated(runs: Sequence[RunResults]) -> None:
    """Raise ReconcileError if the results have an account twice."""
    counts = Counter(result.account.id for run in runs for result in run.results)
    labels = {result.account.id: result.account.label for run in runs for result in run.results}
    if repeated := [labels[account] for account, count in counts.items() if count > 1]:
        raise _make_division_error(f"More than one part of the run has results of {format_accounts(repeated)}.")


def _refuse_left_out(runs: Sequence[RunResults]) -> None:
    """Raise ReconcileError if no shard has the result of an account, although no shard is missing."""
    done = {result.account.id for run in runs for result in run.results}
    if left_out := [account.label for account in list_selected(runs) if account.id not in done]:
        raise _make_division_error(f"No part of the run has results of {format_accounts(left_out)}.")


def _make_division_error(summary: str) -> ReconcileError:
    return make_error(
        "results-mixed",
        summary,
        "The parts have not divided the accounts in the same way.",
        "Run all of them again with the same --sizes, in an empty folder.",
    )


def _find_missing_shards(runs: Sequence[RunResults]) -> list[Shard]:
    shards = [run.shard for run in runs if run.shard]
    totals = {shard.total for shard in shards}
    accounts = {tuple(account.id for account in run.selected) for run in runs}
    if len(accounts) > 1 or len(totals) > 1 or (shards and len(shards) < len(runs)):
        raise _make_mixed_error()
    wave, done = runs[0].wave, {result.account.id for run in runs for result in run.results}
    members = [account.id for account in runs[0].selected if wave in (None, account.wave)]
    if done.issuperset(members):
        return []
    # More shards than accounts: the last ones have none (`select_shard`), and a pipeline may leave them out.
    return [
        shard
        for total in totals
        for index in range(1, min(total, len(members)) + 1)
        if (shard := Shard(index, total)) not in shards
    ]


def _make_mixed_error() -> ReconcileError:
    return make_error(
        "results-mixed",
        "The folder has results of different runs: of other accounts, waves or numbers of shards.",
        hint="Use an empty folder for each run.",
    )


def make_entry(home: Connection, run: RunResults) -> AccountEntry:
    """Return the way into the accounts of saved plans."""
    return AccountEntry(home, run.role, run.session, run.hops)


def rebuild_plan(entry: AccountEntry, planned: AccountResult, options: PlanOptions) -> ConnectedPlan:
    """Return the saved plan of an account, rebuilt from live IAM. Raises ReconcileError if it no longer fits."""
    path = Path(planned.plan.file) if planned.plan else Path()
    document = read_plan_document(path)
    if document is None:
        raise make_error("not-a-plan", f"{path} is missing or is not a plan file.", hint="Run `reconcile plan` again.")
    of_many = replace(options, is_of_many=True)
    return rebuild_connected_plan(path, document, lambda: entry.connect(planned.account), of_many)
