"""Rules about trusts between the accounts of one organization file."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_API, IAM_GUIDE

RULES = (
    Rule(
        "cross-account-cycle",
        Level.ERROR,
        title="Accounts would wait for each other",
        why=(
            "IAM refuses a trust that names a principal which does not exist. Each of the accounts creates a principal "
            "that one of the others needs first, so none of them could begin."
        ),
        how_to_fix=(
            "Take one of the trusts that the message names out of the files and apply, then put it back and apply "
            "again."
        ),
        source=f"{IAM_API}/API_CreateRole.html",
    ),
    Rule(
        "cross-account-order",
        Level.ERROR,
        title="A trust names a principal that a later wave creates",
        why=(
            "A wave begins when the earlier ones have ended. IAM refuses the trust, because its principal does not "
            "exist yet."
        ),
        how_to_fix="Put the account that creates the principal into the same wave or an earlier one.",
        source=f"{IAM_API}/API_CreateRole.html",
    ),
    Rule(
        "cross-account-trust",
        (Level.ERROR, Level.WARNING),
        title="A trust does not fit the account of the principal that it names",
        why=(
            "A role of another account is assumed only if both sides allow it: the trust names the principal by its "
            "exact ARN, and the principal's own policies allow the call. Otherwise IAM refuses the trust, or AWS "
            "refuses whoever assumes the role."
        ),
        how_to_fix=(
            "Do as the message says: create the principal, correct its ARN, allow it the action, or let both sides "
            "name the same external id."
        ),
        source=f"{IAM_GUIDE}/reference_policies_evaluation-logic-cross-account.html",
    ),
    Rule(
        "cross-account-unchecked",
        Level.INFO,
        title="A trust of another account's principal was not checked",
        why="The account of the principal is not planned in this run, or could be read only in part.",
        how_to_fix="Plan both accounts in the same run to have the trust checked.",
        source=f"{IAM_GUIDE}/reference_policies_evaluation-logic-cross-account.html",
    ),
    Rule(
        "cross-account-wait",
        Level.ERROR,
        title="A call waited for a principal of another account, which was not created",
        why="IAM refuses a trust that names a principal which does not exist, so the call was not sent.",
        how_to_fix="See why the other account failed or was not started, and apply again.",
        source=f"{IAM_API}/API_UpdateAssumeRolePolicy.html",
    ),
)
