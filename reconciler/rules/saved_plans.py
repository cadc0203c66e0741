"""Rules about saved plans, journals and `undo`."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE

RULES = (
    Rule(
        "access-as-saved",
        Level.INFO,
        title="Who gains and loses access is taken from the plan file",
        why="Only what the plan touches was read again, which does not show the access of the whole account.",
        how_to_fix="Make the plan anew if you need to see the access as it is now.",
    ),
    Rule(
        "changed-since",
        Level.WARNING,
        title="An entity has changed since the apply that is undone",
        why="Going back also undoes that later change.",
        how_to_fix="Look at the change first. Keep it by editing the desired-state file in place of `undo`.",
    ),
    Rule(
        "mixed-journal",
        Level.ERROR,
        title="A journal holds applies that cannot be undone as one",
        why="They are of different accounts, or a rename stands between them.",
        how_to_fix="Give each apply a journal of its own (`--journal FILE`), and undo the last one first.",
    ),
    Rule(
        "no-journal",
        Level.ERROR,
        title="No journal of an apply to this account is kept",
        why="`undo --last` looks only where `apply` writes its journals by itself, and only for the caller's account.",
        how_to_fix="Name the journal: `reconcile undo JOURNAL`. `reconcile undo --list` shows all that are kept.",
    ),
    Rule(
        "not-a-journal",
        Level.ERROR,
        title="The file is not a journal, or it ends before the first call",
        why=(
            "Only a journal that `apply` wrote records what was done. Another file would be spoilt, or undo "
            "something else."
        ),
        how_to_fix="Name the journal that `apply` printed in its last line, or a new file for `--journal`.",
    ),
    Rule(
        "not-a-plan",
        Level.ERROR,
        title="The file is not a saved plan",
        why="`show` and `access --plan` read a file that `reconcile plan --out FILE` wrote, and no other.",
        how_to_fix="Name the plan file. To plan a desired-state file: `reconcile plan FILE`.",
    ),
    Rule(
        "not-the-same",
        Level.WARNING,
        title="Something does not come back as it was",
        why=(
            "Passwords, keys, MFA devices and unique ids cannot be restored. Whoever depends on them has to set them "
            "up again."
        ),
        how_to_fix="Set up what the message names by hand after the undo.",
        source=f"{IAM_GUIDE}/reference_identifiers.html",
    ),
    Rule(
        "plan-edited",
        Level.ERROR,
        title="A plan file is not as it was saved",
        why="Its checksum is wrong: what somebody approved may not be what would be done.",
        how_to_fix="Run `reconcile plan --out FILE` again and have that plan approved. Nothing was written.",
    ),
    Rule(
        "plan-not-accounted-for",
        Level.ERROR,
        title="The calls of a plan are not those that its changes need",
        why=(
            "Something that the plan deletes has gained or lost keys, devices, members or versions since, or the file "
            "was edited and its checksum with it."
        ),
        how_to_fix="Run `reconcile plan` again. Nothing was written.",
    ),
    Rule(
        "plan-not-of-files",
        Level.ERROR,
        title="A plan is not the one that these files give",
        why=(
            "With `--against`, only the plan of the reviewed files is applied. This one was made from other files, "
            "variables or targets, was edited, or the account has changed."
        ),
        how_to_fix="Plan again from the files and have that plan approved. Nothing was written.",
    ),
    Rule(
        "plan-not-saved",
        Level.ERROR,
        title="A plan was printed, not saved",
        why="`--format json` lacks the part that records how the account looked, so that it cannot be checked again.",
        how_to_fix="Write the plan with `reconcile plan --out FILE`.",
    ),
    Rule(
        "plan-version",
        Level.ERROR,
        title="A plan has a format that this version does not read",
        why="Another version of reconcile wrote it.",
        how_to_fix="Plan again with this version, or apply it with the version that made it.",
    ),
    Rule(
        "stale-plan",
        Level.ERROR,
        title="The account has changed since the plan was made",
        why=(
            "The plan was approved for another state, and its calls could undo what somebody else did. A plan is "
            "stale, too, once something in it has ended (`expires`)."
        ),
        how_to_fix="Run `reconcile plan` again. Nothing was written.",
    ),
)
