"""Rules about running a command: its options, its files, an interruption."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

RULES = (
    Rule(
        "cannot-read",
        Level.ERROR,
        title="A file cannot be read",
        why="The command needs what the file holds, and would otherwise do something else than you mean.",
        how_to_fix=(
            "Check the path and its permissions, or let the option or variable that the message names point to another "
            "file."
        ),
    ),
    Rule(
        "cannot-write",
        Level.ERROR,
        title="A file or folder cannot be written",
        why="Without the journal, lock or profile nothing is done, so that no change goes unrecorded.",
        how_to_fix=(
            "Make it writable, or name another place: `--journal FILE`, `--out FILE`, `--summary FILE`, "
            "`--html FILE`, `XDG_STATE_HOME`, `AWS_CONFIG_FILE`."
        ),
    ),
    Rule(
        "folder-in-use",
        Level.ERROR,
        title="The folder for an export has files in the way",
        why=(
            "`--split` needs a folder without YAML files: those of two exports would mix and declare entities twice. "
            "It replaces no other file either. `--guardrails` overwrites only what an earlier export of guardrails "
            "wrote there."
        ),
        how_to_fix="Name another folder, or move the files that the message names.",
    ),
    Rule(
        "interrupted",
        Level.ERROR,
        title="`apply` was interrupted while it checked what was done",
        why="The calls were made, but whether the account is as the file says was not seen.",
        how_to_fix="Run `reconcile plan` to see what is left.",
    ),
    Rule(
        "internal-error",
        Level.ERROR,
        title="reconcile failed because of a bug",
        why=(
            "With `--log-format json` or `--summary`, such a failure is reported as a problem, too. Its text is not "
            "shown, because it may hold a secret."
        ),
        how_to_fix=(
            "Report it with the places that the message names. If `apply` made calls before, they are in its journal."
        ),
    ),
    Rule(
        "no-home",
        Level.ERROR,
        title="There is no home folder",
        why="AWS's files lie below it by default, and cannot be found.",
        how_to_fix="Set `HOME`, or let `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name the files.",
    ),
    Rule(
        "not-a-summary",
        Level.ERROR,
        title="The file for `--summary` exists and is not a summary",
        why="A slip of the hand would replace another file, such as a desired-state file.",
        how_to_fix="Name a new file, an empty one, or the summary of an earlier run.",
    ),
    Rule(
        "not-written",
        Level.ERROR,
        title="The files of `export` or `init` cannot be written",
        why="The folder is not writable, or a symbolic link stands in the way, which is not followed.",
        how_to_fix="Name another folder.",
    ),
    Rule(
        "nothing-matches",
        Level.ERROR,
        title="`--only` matches nothing in the account",
        why="An export of nothing would look as if the entity did not exist.",
        how_to_fix="Take the suggestion of the message. A pattern is kind/name with `*` and `?`, as in `'role/app-*'`.",
    ),
    Rule(
        "system-error",
        Level.ERROR,
        title="The system refused something that every run needs",
        why=(
            "It may be a full disk behind stdout, for example. With `--log-format json` or `--summary` it is "
            "reported as a problem, "
            "too."
        ),
        how_to_fix="Mend what the message names, and run the command again.",
    ),
    Rule(
        "terminal-lost",
        Level.ERROR,
        title="The terminal is gone",
        why="A question cannot be asked any more.",
        how_to_fix="Run the command again in another terminal.",
    ),
    Rule(
        "unknown-rule",
        Level.ERROR,
        title="There is no problem code of that name",
        why="`reconcile rules` explains codes that reconcile gives.",
        how_to_fix="Take the suggestion of the message. `reconcile rules` lists all codes.",
    ),
    Rule(
        "usage",
        Level.ERROR,
        title="The command line is wrong",
        why=(
            "With `--log-format json` or `--summary`, a wrong command line is reported as a problem, too, so that a "
            "program can read it."
        ),
        how_to_fix="Correct the option or argument that the message names. `reconcile CMD --help` lists them.",
    ),
)
