"""Rules of `reconcile access`: the account and the words of a question."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

RULES = (
    Rule(
        "not-a-plan",
        Level.ERROR,
        title="The file of `--plan` is no plan file",
        why="The account before and after a plan is read from the file that `reconcile plan --out` writes.",
        how_to_fix="Write one with `reconcile plan --out plan.json`, and name it.",
    ),
)
