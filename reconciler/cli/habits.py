"""Answer a command or an option that does not exist: with the one that a habit of another tool means, or a near one.

All habits stand here. A new one is a line in COMMANDS or OPTIONS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

import click

from reconciler.model.suggest import suggest_word

COMMANDS: Mapping[str, str] = {
    "bootstrap": "init",
    "check": "validate",
    "diff": "plan",
    "dump": "export",
    "enrol": "mfa enroll",
    "enroll": "mfa enroll",
    "exec": "assume",
    "explain": "assume ALIAS --explain",
    "import": "export",
    "lint": "validate",
    "list": "assume --list",
    "login": "assume",
    "new": "init",
    "preview": "plan",
    "pull": "export",
    "refresh": "plan",
    "revert": "undo",
    "rollback": "undo",
    "rotate": "keys rotate",
    "shell": "assume",
    "up": "apply",
    "verify": "validate",
    "version": "--version",
}
"""Command of another tool → what to write after `reconcile`."""

OPTIONS: Mapping[str, Sequence[str]] = {
    "--approve": ("--yes",),
    "--auto-approve": ("--yes",),
    "--check": ("reconcile plan",),
    "--config": ("--file",),
    "--debug": ("--verbose",),
    "--detailed-exit-code": ("--detailed-exitcode",),
    "--dry-run": ("reconcile plan",),
    "--json": ("--format json", "--log-format json"),
    "--markdown": ("--format markdown",),
    "--md": ("--format markdown",),
    "--no-color": ("--color never",),
    "--no-colour": ("--color never",),
    "--only": ("--target",),
    "--output": ("--format", "--out"),
    "--role": ("reconcile assume ALIAS",),
    "--target": ("--only",),
    "--variable": ("--var",),
    "--yaml": ("reconcile export",),
}
"""Option of another tool → what to write here: the first that the command has. `reconcile …` is another command."""


class HelpfulGroup(click.Group):
    """A group whose error about an unknown command names the one that was meant, if it can be guessed.

    A long option with one dash is an error, too, of the group and of its commands.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _refuse_single_dash(ctx, takewhile(lambda argument: argument.startswith("-"), args))
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{self._suggest(ctx, args[0])}")
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not command.context_settings.get("ignore_unknown_options"):
            _refuse_single_dash(click.Context(command, ctx, name, **command.context_settings), rest)
        return name, command, rest

    def _suggest(self, ctx: click.Context, name: str) -> str:
        habit = COMMANDS.get(name) if ctx.parent is None else None
        if habit:
            return f" Write `reconcile {habit}`."
        close = suggest_word(name, self.list_commands(ctx))
        return f" Did you mean {close!r}?" if close else ""


def _refuse_single_dash(ctx: click.Context, arguments: Iterable[str]) -> None:
    """Raise NoSuchOption for a long option of the command, or of a habit, that is written with one dash.

    click would read it letter by letter: `-var` as `-v -a -r`, and `-file` as `-f ile`.
    """
    if ctx.resilient_parsing:
        return
    names = {*OPTIONS, *_list_long_options(ctx)}
    for argument in takewhile(lambda argument: argument != "--", arguments):
        option = argument.partition("=")[0]
        if len(option) > 2 and f"-{option}" in names:
            raise click.NoSuchOption(option, ctx=ctx)


def expand_help(arguments: Sequence[str]) -> list[str]:
    """Return the arguments, with `help CMD` as `CMD --help`."""
    return [*arguments[1:], "--help"] if arguments and arguments[0] == "help" else list(arguments)


def describe_unknown_option(error: click.NoSuchOption, arguments: Sequence[str]) -> str:
    """Return the message about an option that does not exist. arguments: the command line."""
    written = _find_written(error.option_name, arguments)
    return f"No such option {written!r}.{_suggest_option(written, error.ctx) if error.ctx else ''}"


def _suggest_option(written: str, ctx: click.Context) -> str:
    """Return the hint. With one dash, a word is taken as Terraform and Go take it, as if it had two."""
    name = written if written.startswith("--") or len(written) == 2 else f"-{written}"
    for habit in OPTIONS.get(name, ()):
        if habit.startswith("reconcile ") or _has_option(ctx.command, habit):
            return f" Write `{habit}`."
    close = suggest_word(name, _list_long_options(ctx))
    return f" Did you mean {close!r}?" if close else ""


def _list_long_options(ctx: click.Context) -> list[str]:
    """Return the options of a command that begin with two dashes, --help included."""
    params = ctx.command.get_params(ctx)
    return [option for one in params for option in one.opts if option.startswith("--")]


def _find_written(name: str, arguments: Sequence[str]) -> str:
    """Return the option as it was written. click names only the first letter of one that begins with one dash."""
    if name.startswith("--"):
        return name
    written = (argument.partition("=")[0] for argument in arguments)
    return next((one for one in written if one.startswith(name)), name)


def _has_option(command: click.Command, habit: str) -> bool:
    """Return whether a command has the option, and takes the value if there is one."""
    option, _, value = habit.partition(" ")
    return any(
        option in one.opts and (not value or (isinstance(one.type, click.Choice) and value in one.type.choices))
        for one in command.params
    )
