"""Put a statement into a few words, for messages."""

from __future__ import annotations

from reconciler.model.arns import policy_reference_of
from reconciler.model.document import Statement
from reconciler.model.sentence import format_list

MAX_NAMED = 3
"""The number of actions or resources that a message names."""


def describe_statement(statement: Statement, account: str) -> str:
    """Return the permissions of one statement as a text: `s3:GetObject on *`."""
    arns = sorted(action for action in statement.actions if action.startswith("arn:"))
    if arns:
        return f"what {format_list((policy_reference_of(arn, account) for arn in arns), MAX_NAMED)} allows"
    actions = format_list(sorted(map(statement.spelling_of, statement.actions)), MAX_NAMED)
    resources = format_list(sorted(map(statement.spelling_of, statement.resources or ())), MAX_NAMED)
    depending = " (under conditions)" if statement.conditions else ""
    all_but_actions, all_but_resources = (
        "all but " if flag else "" for flag in (statement.not_action, statement.not_resource)
    )
    return f"{all_but_actions}{actions} on {all_but_resources}{resources}{depending}"
