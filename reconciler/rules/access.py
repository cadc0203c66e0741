"""Rules of `reconcile access`: the account and the words of a question."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE

RULES = (
    Rule(
        "bad-action",
        Level.ERROR,
        title="The action of a question is not a single action",
        why="AWS decides on one action at a time; a pattern may be allowed in part.",
        how_to_fix="Write one action as SERVICE:ACTION, as in `s3:GetObject`. `reconcile access show` lists all.",
        source=f"{IAM_GUIDE}/reference_policies_elements_action.html",
    ),
    Rule(
        "foreign-principal",
        Level.ERROR,
        title="The principal of a question belongs to another account",
        why="Only the policies of one account are known.",
        how_to_fix="Name a user or role of this account, or ask the account of the other.",
    ),
    Rule(
        "group-principal",
        Level.ERROR,
        title="The principal of a question is a group",
        why="A group makes no requests: its members do, with policies of their own besides.",
        how_to_fix="Name a user of the group.",
        source=f"{IAM_GUIDE}/id_groups.html",
    ),
    Rule(
        "principal-not-found",
        Level.ERROR,
        title="The principal of a question is not in the account",
        why="A misspelt name would be answered with no.",
        how_to_fix="Write the address of a user or role, as in `user/alice` or `role/app`, or its ARN.",
    ),
    Rule(
        "unknown-resource",
        Level.ERROR,
        title="The resource of a question is neither an ARN nor in the account",
        why="An address stands for the ARN of an entity of the account. No resource has any other text as its name: a "
        "policy with `*` would allow it, and every other policy deny it.",
        how_to_fix="Write the address of an entity, as in `role/app`, or an ARN.",
    ),
)
