"""Completion in bash, zsh and fish. It corrects click's for words with `:`, `=`, `,` or blanks, and hides errors."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    shell_complete,
    split_arg_string,
)

_BASH_SCRIPT = """\
%(complete_func)s() {
    local response line
    COMPREPLY=()
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    while IFS= read -r line; do
        case $line in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done <<< "$response"
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_SPECIAL = frozenset(" \t!\"#$&'()*;<>?[\\]^`{|}~")
"""The characters that have a meaning for bash inside a word."""
_NO_CHARACTERS: frozenset[str] = frozenset()
_QUOTING = {
    "": (_SPECIAL, _NO_CHARACTERS),
    "'": (_NO_CHARACTERS, frozenset("'")),
    '"': (frozenset('$`"\\'), frozenset("!")),
}
"""Open quote → the characters that must be escaped in it, and those that cannot be written in it."""


def answer_shell(root: click.Command, variable: str, instruction: str) -> int:
    """Answer the completion request of a shell and return the exit code.

    variable: the environment variable of the request. instruction: its value, `bash_source` for the script or
    `bash_complete` for candidates.
    """
    for shell in (_BashCompletion, _ZshCompletion, _FishCompletion):
        add_completion_class(shell)
    if instruction.endswith("_source"):
        return shell_complete(root, {}, "reconcile", variable, instruction)
    try:
        return shell_complete(root, {}, "reconcile", variable, instruction)
    except Exception:
        # An error message would land in the line being typed. The next run of the command reports the error.
        return 0


class _BashCompletion(BashComplete):
    """Completion in bash, which also splits words at `:`, `=` and `@`, and replaces only the last piece.

    click reads these pieces. This class reads the whole line and removes from each candidate the part that bash keeps.
    """

    source_template = _BASH_SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        # The NUL marks the cursor, to tell a finished word from an unfinished one.
        *words, last = split_arg_string(os.environ["COMP_LINE"] + "\0")
        return words[1:], last.rstrip("\0")

    def complete(self) -> str:
        words, incomplete = self.get_completion_args()
        word, quote = _find_last_word(os.environ["COMP_LINE"])
        prefix = "" if quote or "\\" in word else _find_kept_prefix(incomplete, os.environ.get("COMP_WORDBREAKS", ""))
        lines = []
        for item in self.get_completions(words, incomplete):
            value = _quote_word(item.value.removeprefix(prefix), quote)
            if value is not None:
                lines.append(f"{item.type},{value}")
        return "\n".join(lines)


class _ZshCompletion(ZshComplete):
    """Completion in zsh, which replaces the whole word, also in `--option=value`."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        return _prefix_option_name(super().get_completions(args, incomplete), incomplete)


class _FishCompletion(FishComplete):
    """Completion in fish, as in zsh. click's script splits at every comma, which an alias may contain."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        return _prefix_option_name(super().get_completions(args, incomplete), incomplete)


def _prefix_option_name(items: list[CompletionItem[str]], incomplete: str) -> list[CompletionItem[str]]:
    name, equals, _ = incomplete.partition("=")
    if equals and name.startswith("--"):
        for item in items:
            item.value = f"{name}={item.value}"
    return items


def _find_last_word(line: str) -> tuple[str, str]:
    """Return the word before the cursor as typed, and the quote that is open in it, or ""."""
    start, quote, escaped = 0, "", False
    for index, character in enumerate(line):
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character.isspace():
            start = index + 1
    return line[start:], quote


def _find_kept_prefix(incomplete: str, breaks: str) -> str:
    """Return the part of a word's value that bash keeps: up to its last break character.

    `@` itself is replaced: bash treats it as the beginning of a host name.
    """
    value = incomplete.partition("=")[2] if incomplete.startswith("--") else incomplete
    ends = [value.rfind(mark) + (mark != "@") for mark in breaks if mark in value and not mark.isspace()]
    return value[: max(ends, default=0)]


def _quote_word(value: str, quote: str) -> str | None:
    """Return the value escaped for an open quote; None if bash cannot express it there.

    bash(1), "QUOTING": nothing can be escaped within single quotes, and `!` cannot within double quotes.
    """
    special, impossible = _QUOTING[quote]
    if not impossible.isdisjoint(value):
        return None
    return "".join(f"\\{character}" if character in special else character for character in value)
