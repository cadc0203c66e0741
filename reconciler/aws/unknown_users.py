"""Explain that the account has no user of a name that somebody wrote, with a likely name (IAM API: ListUsers)."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.aws.faults import AWS_ERRORS
from reconciler.aws.pagination import list_items
from reconciler.aws.session import Connection
from reconciler.model.problem import Level, Problem, ReconcileError
from reconciler.model.suggest import suggest_word


def explain_unknown_users(connection: Connection, code: str, users: Iterable[str]) -> ReconcileError:
    """Return the error that the account has none of these users, a problem for each. code: of the problems."""
    names: list[str] = []
    try:
        names += [item["UserName"] for item in list_items(connection.iam, "ListUsers", "Users")]
    except AWS_ERRORS:
        names = []  # without the right to list users there is no suggestion
    return ReconcileError(_make_problem(code, user, suggest_word(user, names), connection.account) for user in users)


def _make_problem(code: str, user: str, close: str | None, account: str) -> Problem:
    hint = f"Did you mean {close!r}?" if close else "Check the name, and which credentials you use."
    return Problem(Level.ERROR, code, f"There is no user {user} in account {account}.", "", hint)
