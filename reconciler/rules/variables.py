"""Rules about `vars:` and `--var`."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule

RULES = (
    Rule(
        "bad-variable",
        Level.ERROR,
        title="`{{ … }}` is not a variable",
        why=(
            "Between the braces must stand one name. Expressions of Jinja, Helm or Ansible would reach AWS as they are "
            "written."
        ),
        how_to_fix=(
            "Write `{{ name }}`. For two literal braces write `{{{{`. If another tool is to fill the text in, run that "
            "tool first."
        ),
    ),
    Rule(
        "built-in-variable",
        Level.WARNING,
        title="A value is given for a built-in variable",
        why="`account_id` and `partition` are always those of the account that is planned. The value has no effect.",
        how_to_fix="Give the variable another name, and write that name between the braces.",
    ),
    Rule(
        "circular-variable",
        Level.ERROR,
        title="A variable refers to itself",
        why="Its value would never end.",
        how_to_fix="Write the value of one variable of the circle out.",
    ),
    Rule(
        "undeclared-variable",
        Level.ERROR,
        title="`--var` sets a variable that no file uses",
        why="The name is misspelt, and the variable that was meant keeps its old value.",
        how_to_fix="Correct the name, or declare it under `vars:`.",
    ),
    Rule(
        "unknown-variable",
        Level.ERROR,
        title="A variable has no value",
        why="The text would reach AWS without its value, for example as an ARN of no account.",
        how_to_fix="Set it under `vars:` or with `--var NAME=VALUE`. `account_id` and `partition` are built in.",
    ),
    Rule(
        "variable-chain",
        Level.ERROR,
        title="Too many variables name one another in a row",
        why="At most 100 variables may lead from one to the next. A longer chain is a slip or an attack on the reader.",
        how_to_fix="Write the value of one of them out.",
    ),
    Rule(
        "variable-too-long",
        Level.ERROR,
        title="The value of a variable is too long",
        why=(
            "Variables that name one another more than once grow quickly, so a variable may have 100,000 characters at "
            "most."
        ),
        how_to_fix="Shorten the value, or look for variables that repeat others.",
    ),
    Rule(
        "variables-too-large",
        Level.ERROR,
        title="Variables add too much text to the files",
        why=(
            "All uses together would add more than 16 million characters, which no account needs and no machine should "
            "hold."
        ),
        how_to_fix="Use shorter values, or keep a long text once, as a document in a file of its own.",
    ),
)
