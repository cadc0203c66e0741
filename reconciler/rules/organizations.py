"""Rules about files that describe the accounts of an organization, and about runs over many accounts."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

_ORGANIZATIONS = "https://docs.aws.amazon.com/organizations/latest"

RULES = (
    Rule(
        "apply-differs",
        Level.ERROR,
        title="An account still differs after all calls were made",
        why="Somebody or something else changed the account meanwhile, or IAM shows the changes late.",
        how_to_fix="Run `reconcile plan` to see the difference, and apply again.",
    ),
    Rule(
        "apply-stopped",
        Level.ERROR,
        title="The apply of an account ended before its last call",
        why="The run was stopped. The calls that were made are in the account's journal.",
        how_to_fix="Run the same command again to go on. If it applies a folder of plans, plan again first.",
    ),
    Rule(
        "apply-unfinished",
        Level.ERROR,
        title="The apply of an account has not ended",
        why="It is still running, or it was killed before it could say what it did. Its journal has the calls.",
        how_to_fix="Wait for it. If it was killed, run `reconcile plan` again: it shows what is left.",
    ),
    Rule(
        "bad-accounts",
        Level.ERROR,
        title="`accounts` or `except` is not a list of accounts",
        why="An entry that is meant for some accounts must not reach all of them by a slip.",
        how_to_fix="Write a list of names or quoted ids, such as `accounts: [prod, stag*]`.",
    ),
    Rule(
        "duplicate-account",
        Level.ERROR,
        title="Two accounts have the same id, or names that differ in upper and lower case only",
        why="Both would plan the same account, or write the same file. A plan file may not be one of results, either.",
        how_to_fix="Remove one, or correct its id or name.",
    ),
    Rule(
        "no-accounts",
        Level.ERROR,
        title="The organization has no account",
        why="The section lists none, or `discover` finds none.",
        how_to_fix="Write `accounts:`, or correct `discover:`.",
    ),
    Rule(
        "no-member-role",
        Level.ERROR,
        title="No role is named to enter an account",
        why="The credentials are of another account, so a role there must be assumed.",
        how_to_fix="Write `role: NAME` under `organization:`, and create that role in each account.",
    ),
    Rule(
        "no-organization",
        Level.ERROR,
        title="The file describes a single account",
        why="`accounts` and `except` of an entry, and the command `accounts`, need a file with `organization:`.",
        how_to_fix="Name the file that has `organization:`. If there is none, remove the key.",
    ),
    Rule(
        "no-results",
        Level.ERROR,
        title="A folder has no results of a run",
        why="`report` and `apply` read the results that `plan --out DIR` and `apply` leave in a folder.",
        how_to_fix="Name the folder that all shards wrote to.",
    ),
    Rule(
        "organization-file",
        Level.ERROR,
        title="A file of many accounts is read for one",
        why="Only some commands work on many accounts, and only if the file with `organization:` is named itself.",
        how_to_fix="Name a file of one account, or the file with `organization:` itself if another file includes it.",
    ),
    Rule(
        "plan-missing",
        (Level.ERROR, Level.WARNING),
        title="The folder lacks the plan file of an account",
        why="The results of the run name it. Without it nobody can see the plan, nor apply it.",
        how_to_fix="Run that part of `reconcile plan` again. After an apply, only the changes can no longer be shown.",
    ),
    Rule(
        "results-edited",
        Level.ERROR,
        title="The results of a run were edited or damaged",
        why="They say which plans are applied to which accounts, so a changed file is not used.",
        how_to_fix="Run `reconcile plan --out DIR` again.",
    ),
    Rule(
        "results-mixed",
        Level.ERROR,
        title="A folder has results of different runs",
        why="They are about other accounts, waves or numbers of shards, so that accounts could be done twice or never.",
        how_to_fix="Use an empty folder for each run.",
    ),
    Rule(
        "shard-missing",
        Level.ERROR,
        title="A part of a run left no results",
        why="The machine that did this shard or wave failed before its end, or has not begun.",
        how_to_fix="Run that shard or wave again with the same `--out`. Accounts that were done are then in step.",
    ),
    Rule(
        "unknown-account",
        Level.ERROR,
        title="A pattern or wave matches no account",
        why="A misspelt account would otherwise be left out without a word.",
        how_to_fix="Name an account of `organization`; `reconcile accounts` lists them.",
    ),
    Rule(
        "unknown-unit",
        Level.ERROR,
        title="AWS Organizations does not know an organizational unit",
        why="`discover` can only look below units and roots of the caller's own organization.",
        how_to_fix="Copy the id from the console: `ou-…`, or `r-…` for the root.",
        source=f"{_ORGANIZATIONS}/APIReference/API_ListAccountsForParent.html",
    ),
)
