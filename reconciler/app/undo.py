"""The use case `undo`: make the plan that reverses a journal, from the journal and the live account."""

from __future__ import annotations

from pathlib import Path

from reconciler.app.journal import read_journal
from reconciler.app.plan import PlanRequest
from reconciler.aws import snapshot
from reconciler.aws.known_calls import check_calls
from reconciler.aws.session import check_account
from reconciler.desired.aws_names import AwsNames
from reconciler.model.plan import Plan
from reconciler.model.problem import make_error
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.saved.saved_plan import compare_with_live
from reconciler.plan.saved.undo import build_undo_plan, merge_runs, reverse_run


def make_undo_plan(journal: Path, request: PlanRequest) -> Plan:
    """Return the plan that undoes all runs of a journal. Raises ReconcileError."""
    run = merge_runs(read_journal(journal))
    if run is None:
        raise make_error(
            "mixed-journal",
            f"{journal} cannot be undone: it holds several applies, of different accounts or with a rename.",
            hint="Write one journal for each apply (--journal FILE), and undo the last apply first.",
        )
    connection = request.connect()
    check_account(connection, run.saved.account)
    live = snapshot.read_account(connection, run.touched)
    back = reverse_run(run, live)
    while questions := find_followup_reads(compare_with_live(back, live)):
        live = snapshot.complete_state(connection, live, questions)
    plan = build_undo_plan(back, live, request.options, AwsNames())
    check_calls(connection, plan.steps)
    return plan
