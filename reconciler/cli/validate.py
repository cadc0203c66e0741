"""The command `reconcile validate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli.account_options import account_option
from reconciler.cli.options import (
    add_file_arguments,
    announce_default_file,
    assertion_option,
    color_option,
    variable_option,
)

if TYPE_CHECKING:
    from reconciler.model.problem import Problem


@click.command("validate", short_help="Check files, offline.", epilog="Example: reconcile validate roles.yaml")
@add_file_arguments(stdin=True)
@variable_option
@assertion_option
@account_option
@color_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="Output format.",
)
def command(
    files: tuple[str, ...],
    variables: Mapping[str, str],
    allow_assertions: tuple[str, ...],
    accounts: tuple[str, ...],
    form: str,
) -> int:
    """Check files: schema, references, limits, policy grammar, assertions. No credentials, no network."""
    from reconciler.cli.terminal import echo, echo_commands, get_width, uses_color
    from reconciler.model.problem import Level, ReconcileError
    from reconciler.plan.digest.gathered_problems import gather_problems
    from reconciler.render.problems import FORMATS, render_problems

    announce_default_file(files)
    problems: Sequence[Problem]
    try:
        problems, valid = _check_files(files, variables, frozenset(allow_assertions), accounts)
    except ReconcileError as error:  # there is nothing to check, and each format says why
        problems, valid = error.problems, ""
    errors = sum(problem.level is Level.ERROR for problem in problems)
    warnings = sum(problem.level is Level.WARNING for problem in problems)
    if form != "text":
        if text := FORMATS[form](problems):
            echo_commands(text) if form == "github" else echo(text)
        return 1 if errors else 0
    if problems:
        gathered = gather_problems(problems)
        echo(render_problems(gathered, color=uses_color(err=True), width=get_width(err=True)), err=True)
    if errors:
        echo(f"\n{_format_count(errors, 'error')}, {_format_count(warnings, 'warning')}.", err=True)
        return 1
    suffix = f" {_format_count(warnings, 'warning')}." if warnings else ""
    echo(f"Valid: {valid}.{suffix}")
    return 0


def _check_files(
    files: tuple[str, ...], variables: Mapping[str, str], allow_assertions: frozenset[str], accounts: tuple[str, ...]
) -> tuple[Sequence[Problem], str]:
    """Return every problem of the files, and how much they declare. Raises ReconcileError if no file can be read."""
    from reconciler.app.desired_files import validate_files
    from reconciler.app.organization.files import read_organization_files
    from reconciler.app.organization.validate import validate_organization
    from reconciler.desired.declare import errors_of

    organization = read_organization_files(files, variables)
    if organization is not None:
        found = validate_organization(organization, accounts, allow_assertions)
        besides = " and those of `discover`" if found.discovers else ""
        members = f"{_format_count(found.accounts, 'account')}{besides}, "
        return found.problems, members + _format_totals(found.entities, found.aliases)
    desired, problems = validate_files(files, variables, allow_assertions)
    if accounts and not errors_of(desired):
        raise click.UsageError("--account is for files with `organization:`, and these describe one account.")
    return problems, _format_totals(len(desired.state.entities), len(desired.aliases))


def _format_totals(entities: int, aliases: int) -> str:
    return f"{_format_count(entities, 'entity')}, {_format_count(aliases, 'alias')}"


def _format_count(number: int, noun: str) -> str:
    plural = {"entity": "entities", "alias": "aliases"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else plural}"
