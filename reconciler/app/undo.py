"""The use case `undo`: make the plan that reverses a journal, from the journal and the live account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.app.journal_list import find_last_journal, read_journal
from reconciler.app.plan import PlanRequest
from reconciler.aws import snapshot
from reconciler.aws.known_calls import check_calls
from reconciler.aws.session import Connection, check_account
from reconciler.desired.aws_names import AwsNames
from reconciler.model.plan import Plan
from reconciler.model.problem import make_error
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.journal import ApplyRun
from reconciler.plan.saved.saved_plan import compare_with_live
from reconciler.plan.saved.undo import build_undo_plan, merge_runs, reverse_run


@dataclass(frozen=True)
class UndoPlan:
    """The plan that undoes a journal. time: the beginning of its first run, RFC 3339."""

    plan: Plan
    journal: Path
    time: str


def make_undo_plan(journal: Path, request: PlanRequest) -> UndoPlan:
    """Return the plan that undoes all runs of a journal. Raises ReconcileError."""
    run = _merge(journal, read_journal(journal))
    connection = request.connect()
    check_account(connection, run.saved.account)
    return UndoPlan(_plan_undo(run, connection, request.options), journal, run.time)


def make_last_undo_plan(request: PlanRequest, environ: Mapping[str, str]) -> UndoPlan:
    """Return the plan that undoes the last apply of this user to the caller's account. Raises ReconcileError."""
    connection = request.connect()
    journal, runs = find_last_journal(connection.account, environ)
    run = _merge(journal, runs)
    check_account(connection, run.saved.account)
    return UndoPlan(_plan_undo(run, connection, request.options), journal, run.time)


def _merge(journal: Path, runs: Sequence[ApplyRun]) -> ApplyRun:
    run = merge_runs(runs)
    if run is None:
        raise make_error(
            "mixed-journal",
            f"{journal} cannot be undone: it holds several applies, of different accounts or with a rename.",
            hint="Write one journal for each apply (--journal FILE), and undo the last apply first.",
        )
    return run


def _plan_undo(run: ApplyRun, connection: Connection, options: PlanOptions) -> Plan:
    live = snapshot.read_account(connection, run.touched)
    back = reverse_run(run, live)
    while questions := find_followup_reads(compare_with_live(back, live)):
        live = snapshot.complete_state(connection, live, questions)
    plan = build_undo_plan(back, live, options, AwsNames())
    check_calls(connection, plan.steps)
    return plan
