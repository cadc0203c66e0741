"""Rules about `moved:`, which renames or replaces a live entity."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

RULES = (
    Rule(
        "moved-already",
        Level.INFO,
        title="A move is done",
        why="The new name exists and the old one does not: the line has no effect any more.",
        how_to_fix="Take the line out of `moved`.",
    ),
    Rule(
        "moved-both",
        Level.ERROR,
        title="Both names of a move exist",
        why="One entity cannot become another one that is already there.",
        how_to_fix="Take the line out, or give one of them another name first.",
    ),
    Rule(
        "moved-ignored",
        Level.ERROR,
        title="`settings.ignore` matches a name of a move",
        why="reconcile does not touch ignored entities, so this one cannot move.",
        how_to_fix="Take the line out of `moved`, or the pattern out of `ignore`.",
    ),
    Rule(
        "moved-not-owned",
        Level.ERROR,
        title="A role or policy of nobody, or of another owner, would be replaced",
        why="Roles and policies cannot be renamed: the old one is deleted. reconcile deletes only what this owner has.",
        how_to_fix=(
            "First declare the old name and apply that (with `--take-over` if it has another owner), then move it."
        ),
    ),
    Rule(
        "moved-unknown",
        (Level.ERROR, Level.WARNING),
        title="The old name of a move does not exist",
        why=(
            "It looks misspelt: the new entity would be created empty, and the one that was meant would be deleted or "
            "stay."
        ),
        how_to_fix="Take the suggestion of the message, or take the line out.",
    ),
)
