"""The options that several commands share, and their parsing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from reconciler.cli.completion import complete_addresses, complete_profiles
from reconciler.cli.named_path import NamedPath
from reconciler.cli.terminal import choose_color, ignore_notice, notice
from reconciler.files.bounded_reads import STANDARD_INPUT_NAME

if TYPE_CHECKING:
    from reconciler.plan.digest.detail import Detail

F = TypeVar("F", bound=Callable[..., Any])


def add_file_arguments(*, stdin: bool = False) -> Callable[[F], F]:
    """Add the arguments FILE… and -f/--file FILE, two ways to name the same. The command gets `files`.

    stdin: the command takes `-` for standard input.
    """

    def add(function: F) -> F:
        @wraps(function)
        def run_command(*arguments: Any, files: tuple[str, ...], named_files: tuple[str, ...], **options: Any) -> Any:
            notify = ignore_notice if options.get("log_format") == "json" else notice
            return function(*arguments, files=_choose_files(files, named_files, notify, stdin=stdin), **options)

        with_option = _make_file_option("named_files")(run_command)
        return cast(F, click.argument("files", metavar="[FILE]...", nargs=-1, type=NamedPath())(with_option))

    return add


def _choose_files(
    files: tuple[str, ...], named_files: tuple[str, ...], notify: Callable[[str], None], *, stdin: bool
) -> tuple[str, ...]:
    """Return the files that FILE or --file names, with `-` replaced by the name of standard input."""
    if files and named_files and {*map(os.path.realpath, files)} != {*map(os.path.realpath, named_files)}:
        ways = f"FILE names {', '.join(files)}, and --file names {', '.join(named_files)}."
        raise click.UsageError(f"{ways} Name all files in one of the two ways: they are then merged.")
    chosen = files or named_files
    if "-" not in chosen:
        return chosen
    if not stdin:
        raise click.UsageError("`-` (standard input) is for `validate` and `plan`. Write a file, and name that.")
    if sys.stdin is not None and sys.stdin.isatty():
        notify("reading the file from this terminal; Ctrl-D ends it.")
    return tuple(STANDARD_INPUT_NAME if name == "-" else name for name in chosen)


def file_option(function: F) -> F:
    """Add -f/--file FILE, for commands whose argument is not a file."""
    return _make_file_option("files")(function)


def _make_file_option(name: str) -> Callable[[F], F]:
    return click.option(
        "-f",
        "--file",
        name,
        metavar="FILE",
        multiple=True,
        type=NamedPath(),
        help="Desired-state file or folder; repeatable. Default: $RECONCILE_FILE, or roles.yaml here or above.",
    )


def announce_default_file(files: Sequence[str], notify: Callable[[str], None] = notice) -> None:
    """Show which default file is used, if it is found in a parent folder. notify: gets the line."""
    from reconciler.desired.source_files import find_file_above

    if path := find_file_above(tuple(files)):
        notify(f"using {path}, found in a parent folder.")


def variable_option(function: F) -> F:
    """Add --var NAME=VALUE. The command gets `variables`, a mapping."""
    return click.option(
        "--var",
        "variables",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_parse_variables,
        help="Set a variable of the file; repeatable.",
    )(function)


def aws_options(function: F) -> F:
    """Add --profile, --region and --endpoint-url, which mean the same as in the AWS CLI."""
    options = (
        click.option("--endpoint-url", metavar="URL", callback=check_text, help="Call this endpoint instead of AWS's."),
        click.option("--region", metavar="REGION", callback=check_text, help="AWS region to call STS in."),
        click.option(
            "--profile",
            metavar="NAME",
            shell_complete=complete_profiles,
            callback=check_text,
            help="AWS profile to use.",
        ),
    )
    for option in options:
        function = option(function)
    return function


def check_text(context: click.Context, parameter: click.Parameter, argument: Any) -> Any:
    """Return the value unchanged. Refuse bytes that are not text in the locale's encoding, except in a path."""
    values: tuple[str, ...] = (argument,) if isinstance(argument, str) else argument or ()
    for value in values:
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise click.BadParameter(f"{value!r} holds bytes that are not text.")
    return argument


def _parse_variables(
    context: click.Context, option: click.Parameter, assignments: tuple[str, ...]
) -> Mapping[str, str]:
    parsed = {}
    for item in assignments:
        name, equals, value = item.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{item!r} is not NAME=VALUE.")
        parsed[name.strip()] = value
        check_text(context, option, item)
    return parsed


def target_option(function: F) -> F:
    """Add --target ADDRESS. The command gets `targets`, texts."""
    return click.option(
        "--target",
        "targets",
        metavar="ADDRESS",
        multiple=True,
        shell_complete=complete_addresses,
        help="Plan only this entity (kind/name, with * and ?) and what it needs; repeatable.",
    )(function)


def assertion_option(function: F) -> F:
    """Add --allow-assertion NAME. The command gets `allow_assertions`, texts."""
    return click.option(
        "--allow-assertion",
        "allow_assertions",
        metavar="NAME",
        multiple=True,
        callback=check_text,
        help="Allow this assertion of the file to fail; repeatable.",
    )(function)


def allow_options(function: F) -> F:
    """Add the options that allow a plan more, or less, than the defaults."""
    options = (
        assertion_option,
        click.option("--allow-deletes", is_flag=True, help="Allow more deletions than the file's thresholds."),
        click.option("--allow-foreign-detach", is_flag=True, help="Allow deleting what entities outside the file use."),
        click.option(
            "--allow-lockout", is_flag=True, help="Allow a plan that you or a break-glass principal could not undo."
        ),
        click.option("--take-over", is_flag=True, help="Change entities that another owner's tag or path claims."),
        click.option(
            "--refuse-widening", is_flag=True, help="Refuse a plan that widens anybody's access (risk low or high)."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def detail_options(function: F) -> F:
    """Add --full and --compact. `read_detail` takes their values."""
    options = (
        click.option("--full", is_flag=True, help="Show every change, document, finding and permission."),
        click.option("--compact", is_flag=True, help="Show a line per entity. Default for more than 40 changes."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def read_detail(full: bool, compact: bool) -> Detail:
    """Return how much of a plan is shown, from the values of `detail_options`."""
    from reconciler.plan.digest.detail import Detail

    if full and compact:
        raise click.UsageError("--full and --compact exclude each other.")
    return Detail.FULL if full else Detail.COMPACT if compact else Detail.AUTO


def pager_option(function: F) -> F:
    """Add --no-pager. The command gets `no_pager`."""
    help_text = "Never show a plan that is longer than the screen in a pager ($RECONCILE_PAGER, $PAGER)."
    return click.option("--no-pager", is_flag=True, help=help_text)(function)


def color_option(function: F) -> F:
    """Add --color auto|always|never, which takes effect when it is parsed."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        expose_value=False,
        callback=lambda context, option, choice: choose_color(choice),
        help="When to use colours. auto: on a terminal, unless NO_COLOR is set.",
    )(function)


def verbose_option(function: F) -> F:
    """Add -v/--verbose."""
    help_text = "On stderr, count the AWS calls and their times, by operation."
    return click.option("-v", "--verbose", is_flag=True, help=help_text)(function)


def plan_options(function: F) -> F:
    """Add all options that decide a plan. `cli/plan.py:build_request` takes their values."""
    for option in (color_option, verbose_option, aws_options, allow_options, variable_option, target_option):
        function = option(function)
    return function
