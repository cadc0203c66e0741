"""Rules about which files are read, and where they may lie."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

RULES = (
    Rule(
        "bad-glob",
        Level.ERROR,
        title="A pattern of `include` cannot be expanded",
        why=(
            "A pattern with many wildcards, with `**` beside other characters or with `..` behind a wildcard could "
            "visit the disk for hours, so it is not expanded."
        ),
        how_to_fix='Write a simpler pattern, as in `include: ["roles/*.yaml"]`.',
    ),
    Rule(
        "foreign-file",
        Level.ERROR,
        title="A file that was only found belongs to another user",
        why=(
            "Without FILE, reconcile looks for `roles.yaml` here and in the parent folders. In a shared folder, "
            "another user could place one there and have you apply it."
        ),
        how_to_fix="If you trust the file, name it: `reconcile plan PATH`, `--file PATH` or `RECONCILE_FILE=PATH`.",
    ),
    Rule(
        "no-file",
        Level.ERROR,
        title="A file is missing or cannot be read",
        why="Part of the desired state would be missing, and what it declares would look deleted.",
        how_to_fix=(
            "Check the path in the message. Paths in a file are relative to that file; a variable of the shell may be "
            "unset."
        ),
    ),
    Rule(
        "not-desired-state",
        Level.ERROR,
        title="The file is a plan, a journal or results, not a desired state",
        why="reconcile writes saved plans, journals and the results of many accounts. They are not the input of `plan` "
        "or `validate`.",
        how_to_fix=(
            "Look at a saved plan with `reconcile show FILE`, apply it with `reconcile apply FILE`; go back with "
            "`reconcile undo FILE`. For results, name their folder. Here, name the YAML file."
        ),
    ),
    Rule(
        "path-outside",
        Level.ERROR,
        title="A path leads out of the repository or into `.git`",
        why=(
            "A file from a pull request could otherwise make the pipeline read any file of the machine, for example "
            "through a symbolic link."
        ),
        how_to_fix=(
            "Write a path relative to the file, inside the same repository. If you trust a linked file, name the file "
            "itself on the command line."
        ),
    ),
)
