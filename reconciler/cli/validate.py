"""The command `reconcile validate`."""

from __future__ import annotations

from collections.abc import Mapping

import click

from reconciler.cli.account_options import account_option
from reconciler.cli.options import (
    add_file_arguments,
    announce_default_file,
    assertion_option,
    color_option,
    variable_option,
)


@click.command("validate", epilog="Example: reconcile validate roles.yaml")
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
    from reconciler.app.desired_files import validate_files
    from reconciler.app.organization.files import find_organization
    from reconciler.app.organization.validate import validate_organization
    from reconciler.cli.terminal import echo, echo_commands, get_width, uses_color
    from reconciler.model.problem import Level
    from reconciler.plan.digest.gathered_problems import gather_problems
    from reconciler.render.problems import FORMATS, render_problems

    announce_default_file(files)
    organization = find_organization(files, variables)
    if organization is not None:
        found = validate_organization(organization, accounts, frozenset(allow_assertions))
        besides = " and those of `discover`" if found.discovers else ""
        problems, valid = found.problems, f"{_format_count(found.accounts, 'account')}{besides}, "
        entities, aliases = found.entities, found.aliases
    else:
        if accounts:
            raise click.UsageError("--account is for files with `organization:`, and these describe one account.")
        desired, problems = validate_files(files, variables, frozenset(allow_assertions))
        valid, entities, aliases = "", len(desired.state.entities), len(desired.aliases)
    errors = sum(problem.level is Level.ERROR for problem in problems)
    warnings = sum(problem.level is Level.WARNING for problem in problems)
    if form != "text":
        if text := FORMATS[form](problems):
            echo_commands(text) if form == "github" else echo(text)
        return 1 if errors else 0
    problems = tuple(gather_problems(problems))
    if problems:
        echo(render_problems(problems, color=uses_color(err=True), width=get_width(err=True)), err=True)
    if errors:
        echo(f"\n{_format_count(errors, 'error')}, {_format_count(warnings, 'warning')}.", err=True)
        return 1
    suffix = f" {_format_count(warnings, 'warning')}." if warnings else ""
    echo(f"Valid: {valid}{_format_count(entities, 'entity')}, {_format_count(aliases, 'alias')}.{suffix}")
    return 0


def _format_count(number: int, noun: str) -> str:
    plural = {"entity": "entities", "alias": "aliases"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else plural}"
