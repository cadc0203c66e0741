"""Options that several commands share, and reading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from reconciler.cli.completion import complete_profiles
from reconciler.cli.terminal import choose_color, notice

F = TypeVar("F", bound=Callable[..., Any])


def files_argument(function: F) -> F:
    """FILE… as arguments: for commands whose first word is a file."""
    return click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())(function)


def file_option(function: F) -> F:
    """-f/--file FILE: for commands whose first word is not a file."""
    return click.option(
        "-f",
        "--file",
        "files",
        metavar="FILE",
        multiple=True,
        type=click.Path(),
        help="Desired-state file or folder; repeatable. Default: $RECONCILE_FILE, or roles.yaml here or above.",
    )(function)


def announce_default_file(files: Sequence[str], notify: Callable[[str], None] = notice) -> None:
    """Name the file that is used, if nobody named one and it is found in a parent folder. notify: gets the line."""
    from reconciler.desired.source_files import find_file_above

    if found := find_file_above(tuple(files)):
        notify(f"using {found}, found in a parent folder.")


def variable_option(function: F) -> F:
    """--var name=value; `variables` arrives as a mapping."""
    return click.option(
        "--var",
        "variables",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_parse_variables,
        help="Set a variable of the file; repeatable.",
    )(function)


def aws_options(function: F) -> F:
    """--profile, --region, --endpoint-url, with AWS's own meaning."""
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


def check_text(context: click.Context, parameter: click.Parameter, given: Any) -> Any:
    """The same text or texts. Bytes that are no text in the locale's encoding are refused: only files are named so."""
    values: tuple[str, ...] = (given,) if isinstance(given, str) else given or ()
    for value in values:
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise click.BadParameter(f"{value!r} holds bytes that are no text.")
    return given


def _parse_variables(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> Mapping[str, str]:
    found = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{item!r} is not NAME=VALUE.")
        found[name.strip()] = value
        check_text(context, option, item)
    return found


def target_option(function: F) -> F:
    """--target ADDRESS; `targets` arrives as texts."""
    return click.option(
        "--target",
        "targets",
        metavar="ADDRESS",
        multiple=True,
        help="Plan only this entity (kind/name) and what it needs; repeatable.",
    )(function)


def allow_options(function: F) -> F:
    """What a plan may do beyond the safe default."""
    options = (
        click.option("--allow-deletes", is_flag=True, help="Allow more deletions than the file's thresholds."),
        click.option("--allow-foreign-detach", is_flag=True, help="Allow deleting what entities outside the file use."),
        click.option(
            "--allow-lockout", is_flag=True, help="Allow a plan that you or a break-glass principal could not undo."
        ),
        click.option("--take-over", is_flag=True, help="Change entities that another owner's tag or path claims."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def color_option(function: F) -> F:
    """--color auto|always|never, told to the terminal at once."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        expose_value=False,
        callback=lambda context, option, choice: choose_color(choice),
        help="When to use colours. auto: on a terminal, unless NO_COLOR is set.",
    )(function)


def verbose_option(function: F) -> F:
    """-v/--verbose: what was asked of AWS, on stderr."""
    said = "On stderr, count the AWS calls and their times, by operation."
    return click.option("-v", "--verbose", is_flag=True, help=said)(function)


def plan_options(function: F) -> F:
    """Everything that decides what a plan is; `cli/plan.request_of` takes what it yields."""
    for option in (color_option, verbose_option, aws_options, allow_options, variable_option, target_option):
        function = option(function)
    return files_argument(function)
