"""Rules about the content of a desired-state file: its keys, values, names and references."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE

RULES = (
    Rule(
        "bad-address",
        Level.ERROR,
        title="A pattern or address in `settings` is not kind/name",
        why=(
            "`ignore`, `prune_also` and `break_glass` match addresses such as `role/app`. Another form would match "
            "nothing, and protect nothing."
        ),
        how_to_fix="Write `role/NAME`, `user/NAME` and so on; `ignore` and `prune_also` take `*` and `?`.",
    ),
    Rule(
        "bad-ignore-changes",
        Level.ERROR,
        title="`ignore_changes` names a field that does not exist",
        why="The field that was meant would be changed after all.",
        how_to_fix="Use a name that the message lists, such as `policies`, `description` or `tags.KEY`.",
    ),
    Rule(
        "bad-move",
        Level.ERROR,
        title="A line under `moved` cannot be carried out",
        why=(
            "A move renames or replaces one live entity. One line can only lead from one existing name to one declared "
            "name of the same kind."
        ),
        how_to_fix=(
            "Write `moved: {role/OLD: role/NEW}`; declare the new name, and no longer the old one. The message says "
            "which of this does not hold."
        ),
    ),
    Rule(
        "conflict",
        Level.ERROR,
        title="Two places of the files disagree about one thing",
        why=(
            "Two values or entities compete for one name. Whichever were taken, half of the readers of the file would "
            "be wrong."
        ),
        how_to_fix="Keep one of the two places that the message names, or give one of them another name.",
    ),
    Rule(
        "defaults-too-large",
        Level.ERROR,
        title="`defaults` would add too many values",
        why=(
            "Every entity gets a copy of the defaults. Large lists or documents there multiply with the number of "
            "entities."
        ),
        how_to_fix=(
            "Move lists and documents that many entities share into a group or a managed policy, and keep `defaults` "
            "short."
        ),
    ),
    Rule(
        "duplicate-reference",
        Level.ERROR,
        title="A list names the same thing twice",
        why="One of the two is superfluous, and often a slip: another name was meant.",
        how_to_fix="Remove one of the two, or write the name that was meant.",
    ),
    Rule(
        "ignores-everything",
        Level.ERROR,
        title="`settings.ignore` matches every address",
        why="The file would manage nothing and no guard would look, while a plan says that all is well.",
        how_to_fix=(
            "Name what to leave alone, as in `role/AWSReservedSSO_*`. To delete nothing, write `settings: {prune: "
            "none}`."
        ),
    ),
    Rule(
        "missing-key",
        Level.ERROR,
        title="A required key is missing",
        why="Without the key, the entry has no meaning, or reconcile cannot tell the file's format (`version`).",
        how_to_fix="Add the key that the message names, for example `version: 1`.",
    ),
    Rule(
        "missing-owner",
        Level.ERROR,
        title="`owner` is missing, although pruning depends on it",
        why=(
            "reconcile deletes only what carries the owner's tag. Without an owner it cannot tell its own entities "
            "from those of others."
        ),
        how_to_fix="Write `owner: NAME` at the top of the file, or `settings: {prune: none}` to delete nothing.",
    ),
    Rule(
        "name-case",
        Level.ERROR,
        title="Two spellings of one name differ in letter case",
        why=(
            "IAM treats names of one kind that differ in letter case only as the same name, but compares the case in "
            "ARNs of roles. A trust with the other spelling would not match."
        ),
        how_to_fix="Use one spelling everywhere: that of the live entity if there is one.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "reference-case",
        Level.ERROR,
        title="A reference is spelt in other letter case than the declaration",
        why=(
            "IAM compares letter case in some places that hold names, and not in others. The reference would work in "
            "one and fail in the other."
        ),
        how_to_fix="Write the name exactly as it is declared.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "schema",
        Level.ERROR,
        title="A value breaks the file's JSON Schema",
        why=(
            "The value breaks a rule that has no code of its own, for example a list has a repeated item or too many "
            "items."
        ),
        how_to_fix=(
            "Correct the value as the message says. `reconcile schema` prints the schema; editors can check against it "
            "while you type."
        ),
    ),
    Rule(
        "unknown-key",
        Level.ERROR,
        title="A key is not known",
        why="A misspelt key would be ignored, and what it says would not happen.",
        how_to_fix=(
            "Take the suggestion of the message, or remove the key. Keys of your own at the top of the file begin with "
            "`x-`."
        ),
    ),
    Rule(
        "unknown-reference",
        Level.ERROR,
        title="A name refers to something that the file does not declare",
        why=(
            "The role, user, group, policy or alias that was meant cannot be found, so nothing correct could be sent "
            "to AWS."
        ),
        how_to_fix=(
            "Correct the name, declare it in the file, or name an existing policy, user or role by its ARN where the "
            "place takes one."
        ),
    ),
    Rule(
        "wrong-type",
        Level.ERROR,
        title="A value has the wrong type",
        why="The place needs, for example, a text, and got a number or a list.",
        how_to_fix="Write the type that the message names. Quote texts that look like numbers or booleans.",
    ),
    Rule(
        "wrong-value",
        Level.ERROR,
        title="A value is not one of the allowed ones",
        why="The key takes a fixed set of words or a fixed form, so that the value has no meaning.",
        how_to_fix=(
            "Write one of the values that the message lists, or the form that it shows, as in `1h` for a duration."
        ),
    ),
)
