"""The use case `undo`: a journal and the account as it is → the plan that goes back."""

from __future__ import annotations

from pathlib import Path

from reconciler.app.journal import recorded
from reconciler.app.plan import Request
from reconciler.aws import snapshot
from reconciler.aws.known_calls import check_calls
from reconciler.aws.session import check_account
from reconciler.model.plan import Plan
from reconciler.model.problem import failure
from reconciler.plan.saved import saved_questions
from reconciler.plan.undo import backwards, joined, undo


def undo_plan(journal: Path, request: Request) -> Plan:
    """What it takes to undo all that a journal records. Raises Failed."""
    run = joined(recorded(journal))
    if run is None:
        raise failure(
            "mixed-journal",
            f"{journal} holds several applies, of different accounts or with a rename: they cannot be undone as one.",
            hint="Give each apply a journal of its own, and undo the last one first.",
        )
    connection = request.connect()
    check_account(connection, run.saved.account)
    live = snapshot.read(connection, run.touched)
    back = backwards(run, live)
    while questions := saved_questions(back, live):
        live = snapshot.complete(connection, live, questions)
    plan = undo(back, live, request.allowed)
    check_calls(connection, plan.steps)
    return plan
