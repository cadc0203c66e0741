"""`reconcile validate`."""

from __future__ import annotations

from collections.abc import Mapping

import click

from reconciler.cli.options import color_option, files_argument, tell_default_file, variable_option


@click.command("validate", epilog="Example: reconcile validate roles.yaml")
@files_argument
@variable_option
@color_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How problems are printed.",
)
def command(files: tuple[str, ...], variables: Mapping[str, str], form: str) -> int:
    """Check files: schema, references, limits, policy grammar. No credentials, no network."""
    from reconciler.app.desired import problems
    from reconciler.cli.terminal import colored, say, say_commands, width
    from reconciler.model.problem import Level
    from reconciler.render.problems import FORMATS, text

    tell_default_file(files)
    desired, found = problems(files, variables)
    errors = sum(problem.level is Level.ERROR for problem in found)
    warnings = sum(problem.level is Level.WARNING for problem in found)
    if form != "text":
        if said := FORMATS[form](found):
            say_commands(said) if form == "github" else say(said)
        return 1 if errors else 0
    if found:
        say(text(found, color=colored(err=True), width=width(err=True)), err=True)
    if errors:
        say(f"\n{_count(errors, 'error')}, {_count(warnings, 'warning')}.", err=True)
        return 1
    entities = len(desired.state.entities)
    warned = f" {_count(warnings, 'warning')}." if warnings else ""
    say(f"Valid: {_count(entities, 'entity')}, {_count(len(desired.aliases), 'alias')}.{warned}")
    return 0


def _count(number: int, noun: str) -> str:
    plural = {"entity": "entities", "alias": "aliases"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else plural}"
