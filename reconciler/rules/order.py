"""Rules for exposures that no order of the calls avoids."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE

RULES = (
    Rule(
        "order-excess",
        Level.WARNING,
        title="For some calls, a principal can have too much",
        why=(
            "No order of these calls avoids it: they would have to wait for each other. Until the named call, the "
            "principal has permissions that it has neither before nor after."
        ),
        how_to_fix="Read who, what and for how long. If it is too much, apply the change in two steps.",
    ),
    Rule(
        "order-gap",
        Level.INFO,
        title="For some calls, a principal can have too little",
        why=(
            "No order of these calls avoids it. Until the named call, permissions are missing that it has before and "
            "after."
        ),
        how_to_fix="Apply at a time when the permissions are not needed, or in two steps.",
    ),
    Rule(
        "order-unsure",
        Level.INFO,
        title="For some calls, a principal may have too much or too little",
        why="It depends on the content of a policy of AWS or of another account, which reconcile does not read.",
        how_to_fix="Look at the policy that the message names.",
    ),
    Rule(
        "quota-order",
        Level.INFO,
        title="A quota leaves no room to give before taking",
        why=(
            "An entity has as much as its quota allows, so that one call must remove something before its replacement "
            "is there."
        ),
        how_to_fix="Apply at a time when the permissions are not needed, or have the quota raised.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
)
