"""The options that the subcommands of `reconcile access` share, and the account that they select."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.completion import complete_principals
from reconciler.cli.named_path import NamedPath
from reconciler.cli.options import (
    F,
    announce_default_file,
    aws_options,
    check_text,
    color_option,
    file_option,
    variable_option,
)

if TYPE_CHECKING:
    from reconciler.model.access_answers import AccessSource


def select_source_options(*forms: str, default: str | None) -> Callable[[F], F]:
    """Return a decorator that adds the options that select the account, and --format with these choices.

    `read_named_source` takes all of them but `form`.
    """
    options = (
        file_option,
        variable_option,
        click.option(
            "--account",
            "member",
            metavar="NAME",
            callback=check_text,
            help="Ask this account of the file's `organization`.",
        ),
        click.option("--live", is_flag=True, help="Ask the live account; needs credentials."),
        click.option(
            "--plan",
            metavar="PLAN",
            type=NamedPath(),
            callback=check_text,
            help="Ask a plan file: the account before and after it.",
        ),
        click.option("--format", "form", type=click.Choice(forms), default=default, help="Output format."),
        aws_options,
        color_option,
    )

    def add_options(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add_options


source_options = select_source_options("text", "json", default="text")
"""Adds the options of a question whose answer is text or JSON."""


def read_named_source(arns: tuple[str, ...] = (), **options: Any) -> AccessSource:
    """Read the account that the options name. arns: texts of the question that may be ARNs of that account."""
    from reconciler.app.access_sources import AccessRequest, read_source
    from reconciler.cli.progress import show_progress
    from reconciler.cli.terminal import notice

    if options["live"] and (options["files"] or options["plan"]):
        raise click.UsageError("Pass only one of --file, --live and --plan.")
    if options["plan"] and options["files"]:
        raise click.UsageError("Pass only one of --file, --live and --plan.")
    if options["member"] and (options["live"] or options["plan"]):
        raise click.UsageError("--account is for files; --live and --plan have one account.")
    if options["live"]:
        with show_progress("Reading IAM") as on_call:
            source = read_source(AccessRequest(**options, arns=arns, on_call=on_call))
    else:
        if not options["plan"]:
            announce_default_file(options["files"])
        source = read_source(AccessRequest(**options, arns=arns))
    for note in source.notes:
        notice(note)
    return source


def principal_argument(function: F) -> F:
    """Add the argument PRINCIPAL."""
    return click.argument("principal", shell_complete=complete_principals, callback=check_text)(function)


def optional_principal_argument(function: F) -> F:
    """Add the argument [PRINCIPAL]. The command gets None without it."""
    argument = click.argument("principal", required=False, shell_complete=complete_principals, callback=check_text)
    return argument(function)


def context_option(function: F) -> F:
    """Add --context KEY=VALUE. The command gets `context`, a mapping; a key without value is one the request lacks."""
    return click.option(
        "--context",
        metavar="KEY=VALUE",
        multiple=True,
        callback=_parse_context,
        help="A condition key of the request; repeatable, also for one key. `KEY=`: the request lacks the key.",
    )(function)


def _parse_context(
    context: click.Context, option: click.Parameter, assignments: tuple[str, ...]
) -> Mapping[str, tuple[str, ...]]:
    parsed: dict[str, tuple[str, ...]] = {}
    spellings: dict[str, str] = {}
    for item in assignments:
        key, equals, value = item.partition("=")
        if not equals or ":" not in key.strip():
            raise click.BadParameter(f"{item!r} is not KEY=VALUE, as in aws:SourceIp=203.0.113.7.")
        check_text(context, option, item)
        key = spellings.setdefault(key.strip().lower(), key.strip())
        parsed[key] = (*parsed.get(key, ()), value) if value else parsed.get(key, ())
    return parsed
