"""The command `reconcile assume`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconciler.assume.delivery import CODE_VARIABLE, OutputOptions, choose_shell
from reconciler.cli.completion import complete_aliases
from reconciler.cli.missing_arguments import make_missing_error
from reconciler.cli.options import announce_default_file, aws_options, check_text, file_option, variable_option
from reconciler.cli.terminal import notice
from reconciler.shell import streams
from reconciler.shell.variables import SHELLS, render_assignments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMMAND = "reconcile.command"
_MODE_FORMATS = {"unset": ("env", "json"), "list": ("json",), "explain": ("json",)}
"""Mode → the values of --format that it takes."""
_MAX_DURATION_LENGTH = 20


class _AssumeCommand(click.Command):
    """A command that takes all words after the first `--` as CMD, so that CMD's options are not read as its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            cut = args.index("--")
            ctx.meta[_COMMAND] = args[cut + 1 :]
            args = args[:cut]
            if not ctx.meta[_COMMAND]:
                raise click.UsageError("There is no command after `--`.", ctx)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "extra argument" not in error.message:
                raise
            raise click.UsageError(f"{error.message}. A command to run goes after `--`.", ctx) from None

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- CMD...]"]


@click.command(
    "assume", short_help="Work as a role.", cls=_AssumeCommand, epilog='Example: eval "$(reconcile assume s3)"'
)
@click.argument("alias", required=False, shell_complete=complete_aliases)
@file_option
@variable_option
@click.option("--shell", type=click.Choice(tuple(SHELLS)), help="Shell to open, or whose syntax to print.")
@click.option("--print", "printing", is_flag=True, help="Print instead of opening a shell, even on a terminal.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("env", "json", "credential-process")),
    help="env (default): assignments for a shell. json: the same as JSON. credential-process: for AWS SDKs.",
)
@click.option("--unset", is_flag=True, help="Print the lines that undo an earlier assume.")
@click.option(
    "--list", "listing", is_flag=True, help="List the aliases: role, account, MFA, duration, how long cached."
)
@click.option("--console", is_flag=True, help="Print a URL that opens the AWS console as the role.")
@click.option("--explain", is_flag=True, help="Say whether you can assume the role, and why; assume nothing.")
@click.option("--verify", is_flag=True, help="Assume for 15 minutes and check that AWS confirms the role.")
@click.option("--logout", is_flag=True, help="Delete cached credentials: those of ALIAS, or all.")
@click.option("--duration", metavar="TIME", help="Length of the session: 45m, 2h, or seconds.")
@click.option("--session-name", metavar="NAME", callback=check_text, help="Name of the session in CloudTrail.")
@click.option("--token-code", metavar="CODE", help="MFA code.")
@click.option("--token-command", metavar="COMMAND", help="Command that prints an MFA code; run without a shell.")
@click.option("--no-cache", is_flag=True, help="Ignore the cache and store nothing in it.")
@aws_options
@click.pass_context
def command(
    ctx: click.Context,
    alias: str | None,
    files: Sequence[str],
    variables: Mapping[str, str],
    shell: str | None,
    printing: bool,
    form: str | None,
    unset: bool,
    listing: bool,
    console: bool,
    explain: bool,
    verify: bool,
    logout: bool,
    duration: str | None,
    session_name: str | None,
    token_code: str | None,
    token_command: str | None,
    no_cache: bool,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
) -> int:
    """Get temporary credentials for the role behind an alias of the file.

    In a terminal this opens a shell as the role. In a pipe it prints assignments for your shell. With `-- CMD` it
    runs CMD as the role and exits with CMD's exit code.

    If the role needs MFA, reconcile asks for a code. The code may also come from --token-code, --token-command or
    RECONCILE_MFA_CODE.
    """
    words: list[str] = ctx.meta.get(_COMMAND, [])
    modes = {"unset": unset, "list": listing, "console": console, "explain": explain, "verify": verify}
    mode = _choose_mode(ctx, alias, {**modes, "logout": logout}, OutputOptions(words, shell, form, printing))
    if mode == "unset":
        _print_unset(shell, form)
        return 0
    from reconciler.app.assume_request import AssumeRequest
    from reconciler.assume import mfa_codes, tty

    request = AssumeRequest(
        alias=alias or "",
        files=files,
        variables=variables,
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
        duration=_parse_seconds(duration),
        session_name=session_name,
        codes=mfa_codes.CodeSources(token_code, token_command, os.environ.get(CODE_VARIABLE), tty.make_prompt()),
        use_cache=not no_cache,
    )
    from reconciler.cli import assume_modes

    if mode != "logout":
        announce_default_file(files)
    if mode:
        return assume_modes.MODES[mode](request, form, notice)
    return assume_modes.assume_role(request, OutputOptions(words, shell, form, printing), notice)


def _choose_mode(ctx: click.Context, alias: str | None, flags: Mapping[str, bool], output: OutputOptions) -> str | None:
    """Return the mode that replaces handing out credentials, None if there is none. Check that the options fit."""
    modes = [name for name, is_set in flags.items() if is_set]
    if len(modes) > 1:
        raise click.UsageError(f"Pass only one of --{modes[0]} and --{modes[1]}.", ctx)
    mode = modes[0] if modes else None
    if mode and (output.words or (output.printing and mode != "unset")):
        raise click.UsageError(f"--{mode} takes no command and no --print.", ctx)
    if mode and output.form and output.form not in _MODE_FORMATS.get(mode, ()):
        raise click.UsageError(f"--{mode} takes no --format {output.form}.", ctx)
    if output.words and (output.printing or output.form):
        raise click.UsageError("A command after `--` takes no --print and no --format: nothing is printed.", ctx)
    if not alias and mode not in ("unset", "list", "logout"):
        raise make_missing_error("ALIAS", ctx)
    return mode


def _parse_seconds(text: str | None) -> int | None:
    if text is None:
        return None
    from reconciler.model.durations import parse_duration

    is_short = len(text) <= _MAX_DURATION_LENGTH
    seconds = parse_duration(text) if is_short else None
    if seconds is None:
        duration_text = repr(text) if is_short else f"A text of {len(text)} characters"
        raise click.BadParameter(
            f"{duration_text} is not a duration: write 45m, 2h, or seconds.", param_hint="--duration"
        )
    return seconds


def _print_unset(shell: str | None, form: str | None) -> None:
    from reconciler.assume import credentials, credentials_json

    variables = credentials.build_unset_variables(os.environ)
    if not variables:
        notice("no alias is active in this shell: there is nothing to unset.")
        return
    streams.write_exactly(
        credentials_json.as_json(variables)
        if form == "json"
        else render_assignments(variables, shell or choose_shell(os.environ))
    )
