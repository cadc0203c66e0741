"""Rules about reading YAML: what a file may hold before anybody looks at what it means."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

RULES = (
    Rule(
        "alias-bomb",
        Level.ERROR,
        title="YAML aliases make the file far too large",
        why=(
            "Aliases that repeat aliases grow a small file into millions of values, or into itself without end. "
            "Reading it would use up the machine's memory."
        ),
        how_to_fix=(
            "Use fewer anchors (`&name`) and aliases (`*name`): write the repeated values out, or put shared "
            "permissions into a managed policy."
        ),
        source="https://yaml.org/spec/1.2.2/#71-alias-nodes",
    ),
    Rule(
        "bad-character",
        Level.ERROR,
        title="A text holds half of a surrogate pair",
        why=(
            "An escape such as `\\ud83d` names half of a character. No file or terminal can hold it, and AWS would "
            "refuse it."
        ),
        how_to_fix="Write the character itself into the file, in UTF-8. For `--var`, set the terminal to UTF-8.",
    ),
    Rule(
        "bad-yaml",
        Level.ERROR,
        title="The file is not valid YAML",
        why=(
            "Nothing can be read of a file that breaks YAML's syntax. Frequent causes are a tab, as YAML indents with "
            "spaces only, and a variable without quotes, because `{` begins a mapping."
        ),
        how_to_fix=(
            "Mend the line that the message names. `expand -i -t 2 FILE > spaces.yaml` turns leading tabs into spaces. "
            'Write a variable as `"{{ name }}"`.'
        ),
        source="https://yaml.org/spec/1.2.2/",
    ),
    Rule(
        "duplicate-key",
        Level.ERROR,
        title="A key stands twice in one mapping",
        why=(
            "Most YAML readers keep one of the two values and drop the other without a word. An entity that you "
            "believe is declared would be missing."
        ),
        how_to_fix="Remove or rename one of the two keys. To merge two mappings, write one `<<: [*one, *other]`.",
        source="https://yaml.org/spec/1.2.2/#3213-node-comparison",
    ),
    Rule(
        "empty-file",
        Level.ERROR,
        title="The file is empty",
        why=(
            'An empty file says nothing about the account. If it were read as "no entities", a plan would delete '
            "everything that the owner has."
        ),
        how_to_fix="Write at least `version: 1`, or take the file off the command line or out of `include`.",
    ),
    Rule(
        "file-too-large",
        Level.ERROR,
        title="The file is larger than reconcile reads",
        why=(
            "reconcile limits the size of what it reads, so that a wrong path (a log, a disk image) cannot fill the "
            "memory."
        ),
        how_to_fix=(
            "Check the path. A desired-state file may have 48 MB and 1,250,000 values: split a larger one and name "
            "the parts under `include`."
        ),
    ),
    Rule(
        "leading-zero",
        Level.ERROR,
        title="A number begins with a zero",
        why="YAML readers disagree on `0123`: some read 123, some 83 (octal). An account id would lose its zeros.",
        how_to_fix='Quote it, as in `"012345678901"`.',
        source="https://yaml.org/spec/1.2.2/#103-core-schema",
    ),
    Rule(
        "not-a-mapping",
        Level.ERROR,
        title="The file is not a mapping of keys to values",
        why=(
            "A desired-state file consists of `key: value` lines at the top. A list or a single text there has no "
            "meaning."
        ),
        how_to_fix="Begin the file with `version: 1`, and put the content below keys such as `users:` and `roles:`.",
    ),
    Rule(
        "not-utf-8",
        Level.ERROR,
        title="A file whose text goes to AWS unchanged is not UTF-8",
        why="reconcile sends texts to AWS as UTF-8. In another encoding their characters cannot be read.",
        how_to_fix="Save the file as UTF-8. `iconv -f latin1 -t utf-8 OLD > NEW` converts one.",
    ),
    Rule(
        "too-deep",
        Level.ERROR,
        title="The file is nested too deeply",
        why="Nothing that AWS takes is nested this deep. The file is damaged, or made to exhaust the reader.",
        how_to_fix="Remove levels of nesting from the place that the message names.",
    ),
    Rule(
        "yaml-key",
        Level.ERROR,
        title="A key is not plain text",
        why="A mapping or a list as a key has no meaning in a desired-state file.",
        how_to_fix="Write a plain text as the key. If the key begins with `{` or `[`, quote it.",
    ),
    Rule(
        "yaml-merge",
        Level.ERROR,
        title="`<<` does not get a mapping",
        why="YAML's merge key copies the entries of another mapping. Anything else has no entries to copy.",
        how_to_fix="Write `<<: *anchor`, with the anchor (`&anchor`) on a mapping, or a list of aliases.",
        source="https://yaml.org/type/merge.html",
    ),
    Rule(
        "yaml-tag",
        Level.ERROR,
        title="A YAML tag such as `!Sub` is used",
        why="Tags run code or functions of another tool. reconcile runs none, so the value would be missing.",
        how_to_fix=(
            "Write the value itself. In place of CloudFormation's `!Sub` and `!Ref`, use `{{ account_id }}`, `{{ "
            "partition }}` or a variable of `vars:`."
        ),
    ),
)
