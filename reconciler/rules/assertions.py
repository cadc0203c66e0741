"""Rules of `assert`: sentences about access that must stay true."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE

RULES = (
    Rule(
        "assertion-allowed",
        Level.WARNING,
        title="An assertion fails, and --allow-assertion allows it this once",
        why="The flag counts for one run. Somebody has, or lacks, access against a sentence of the file.",
        how_to_fix="Give or take the access, or change the assertion in the file, where a reviewer sees it.",
    ),
    Rule(
        "assertion-depends",
        Level.WARNING,
        title="An assertion cannot be decided",
        why=(
            "The answer depends on facts that nobody can read here, such as the content of a policy, the trust of a "
            "role in another account or a tag of a session; or `can` holds only under conditions."
        ),
        how_to_fix="Read what the message names. `plan` knows more than `validate`: it reads the account.",
        source=f"{IAM_GUIDE}/reference_policies_evaluation-logic.html",
    ),
    Rule(
        "assertion-failed",
        Level.ERROR,
        title="An assertion of the file fails",
        why="Somebody has access that `cannot` or `assumable_only_by` forbids, or lacks access that `can` demands.",
        how_to_fix=(
            "Change the statement that the message names. If the access is meant, add the principal to `except`, or "
            "pass `--allow-assertion NAME` once."
        ),
        source=f"{IAM_GUIDE}/reference_policies_evaluation-logic.html",
    ),
    Rule(
        "assertion-unused",
        Level.WARNING,
        title="A pattern of an assertion matches nothing",
        why=(
            "An assertion about nobody protects nothing; an exception for nobody is often a misspelt name. A resource "
            "that no action can name protects nothing either: s3:GetObject works on `BUCKET/*`, not on the bucket."
        ),
        how_to_fix="Correct the pattern, or remove it.",
    ),
    Rule(
        "bad-assertion",
        Level.ERROR,
        title="An entry of `assert` says nothing that can be checked",
        why="A sentence that nobody can read would seem to protect something.",
        how_to_fix=(
            "Write `who` with `cannot` or `can`, and `on` if it is about certain resources; or `role` with "
            "`assumable_only_by`."
        ),
    ),
    Rule(
        "unknown-assertion",
        Level.ERROR,
        title="--allow-assertion names no assertion",
        why="A misspelt name would allow nothing, or hide that the assertion is gone.",
        how_to_fix="Take the suggestion of the message. The name of an assertion is its `name`, or its file and line.",
    ),
)
