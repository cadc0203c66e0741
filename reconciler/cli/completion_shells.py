"""Completion in bash, zsh and fish: click's, mended where words have `:`, `=`, `,` or blanks, and always quiet."""

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
"""What bash would not take for a plain character of a word."""
_NO_CHARACTERS: frozenset[str] = frozenset()
_QUOTING = {
    "": (_SPECIAL, _NO_CHARACTERS),
    "'": (_NO_CHARACTERS, frozenset("'")),
    '"': (frozenset('$`"\\'), frozenset("!")),
}
"""The quote that is open → what is escaped behind it, and what cannot be written there."""


def answer_shell(root: click.Command, variable: str, instruction: str) -> int:
    """Do what a shell asks for in `variable`; the exit code. `bash_source`: the script; `bash_complete`: candidates."""
    for shell in (_BashCompletion, _ZshCompletion, _FishCompletion):
        add_completion_class(shell)
    if instruction.endswith("_source"):
        return shell_complete(root, {}, "reconcile", variable, instruction)
    try:
        return shell_complete(root, {}, "reconcile", variable, instruction)
    except Exception:
        # Whatever it is, the next run of the command says it; here it would land in the line being typed.
        return 0


class _BashCompletion(BashComplete):
    """Bash cuts words at `:`, `=` and `@` as well, and replaces only the last piece; click looks at its pieces.

    So the line itself is read here, and what bash keeps of the word is taken off each candidate.
    """

    source_template = _BASH_SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        # The mark stands for the cursor: it tells a finished word from one that goes on.
        *words, last = split_arg_string(os.environ["COMP_LINE"] + "\0")
        return words[1:], last.rstrip("\0")

    def complete(self) -> str:
        words, incomplete = self.get_completion_args()
        word, quote = _find_last_word(os.environ["COMP_LINE"])
        kept = "" if quote or "\\" in word else _find_kept_prefix(incomplete, os.environ.get("COMP_WORDBREAKS", ""))
        lines = []
        for item in self.get_completions(words, incomplete):
            value = _quote_word(item.value.removeprefix(kept), quote)
            if value is not None:
                lines.append(f"{item.type},{value}")
        return "\n".join(lines)


class _ZshCompletion(ZshComplete):
    """The whole word is replaced, also where it is `--option=value`."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        return _prefix_option_name(super().get_completions(args, incomplete), incomplete)


class _FishCompletion(FishComplete):
    """As for zsh; and click's script cuts at every comma, which an alias may have."""

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
    """The word before the cursor as it is typed, and the quote that is open in it, or ""."""
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
    """What bash leaves standing of a word's value: all to its last break character.

    `@` itself is replaced: where words break at it, bash takes it for the beginning of a host name.
    """
    value = incomplete.partition("=")[2] if incomplete.startswith("--") else incomplete
    ends = [value.rfind(mark) + (mark != "@") for mark in breaks if mark in value and not mark.isspace()]
    return value[: max(ends, default=0)]


def _quote_word(value: str, quote: str) -> str | None:
    """The value as bash reads it back behind an open quote; None where it cannot be written there.

    bash(1), "QUOTING": nothing is escaped between single quotes, and between double ones a `!` cannot be.
    """
    special, impossible = _QUOTING[quote]
    if not impossible.isdisjoint(value):
        return None
    return "".join(f"\\{character}" if character in special else character for character in value)
