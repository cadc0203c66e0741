"""`reconcile plan`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import F, planning_options, tell_default_file

if TYPE_CHECKING:
    from reconciler.app.plan import Planned, Request
    from reconciler.model.plan import Plan

CHANGES_PENDING = 2
UNSAFE = 3


def _text(plan: Plan) -> str:
    from reconciler.cli.terminal import colored, width
    from reconciler.render.plan_text import plan_text

    return plan_text(plan, color=colored(), width=width())


def _json(plan: Plan) -> str:
    from reconciler.render.plan_json import plan_json

    return plan_json(plan)


def _markdown(plan: Plan) -> str:
    from reconciler.render.plan_markdown import plan_markdown

    return plan_markdown(plan)


def _commands(plan: Plan) -> str:
    from reconciler.render.aws_cli import plan_commands

    return plan_commands(plan)


def _github(plan: Plan) -> str:
    from reconciler.render.problems import github

    return github(plan.findings)


_RENDERERS: Mapping[str, Callable[[Plan], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "aws-cli": _commands,
    "github": _github,
}


def output_options(function: F) -> F:
    """What is made of a plan: `shown` takes what they yield."""
    forms = click.Choice(list(_RENDERERS))
    options = (
        click.option("--format", "form", type=forms, default="text", help="How it is printed."),
        click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Save the plan, for `apply FILE`."),
        click.option(
            "--detailed-exitcode",
            is_flag=True,
            help="Exit 2 if there are changes; an unsafe plan exits 3 all the same.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def shown(plan: Plan, form: str, out: str | None, detailed_exitcode: bool) -> int:
    """Print the plan, save it if that was asked for; return the exit code. An unsafe plan is shown and saved, too."""
    from reconciler.cli.terminal import say, say_commands

    if text := _RENDERERS[form](plan):
        say_commands(text) if form == "github" else say(text)
    if out:
        from reconciler.app.saved import save

        save(plan, Path(out))
    if not plan.safe:
        return UNSAFE
    return CHANGES_PENDING if detailed_exitcode and plan.changes else 0


@click.command("plan", epilog="Example: reconcile plan roles.yaml --detailed-exitcode")
@output_options
@click.option("--unmanaged", is_flag=True, help="List what no file declares, too.")
@planning_options
def command(form: str, out: str | None, detailed_exitcode: bool, **options: Any) -> int:
    """Read live IAM and show what would change. Writes nothing. Exits 3 if the plan is unsafe."""
    from reconciler.app.plan import make_plan
    from reconciler.cli.progress import working

    request = request_of(**options)
    tell_default_file(request.files)
    with working("Reading IAM") as counted:
        planned = make_plan(replace(request, on_call=counted))
    code = shown(planned.plan, form, out, detailed_exitcode)
    if request.verbose:
        say_calls(planned)
    return code


def say_calls(planned: Planned) -> None:
    """What --verbose tells."""
    from reconciler.cli.terminal import say
    from reconciler.render.calls import calls_text

    say(calls_text(planned.calls), err=True)


def request_of(
    *,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    allow_deletes: bool,
    allow_foreign_detach: bool,
    take_over: bool,
    allow_lockout: bool,
    files: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
    targets: tuple[str, ...] = (),
    unmanaged: bool = False,
    verbose: bool = False,
) -> Request:
    """The options that commands with a plan share, as a request; those that only some of them have are optional."""
    from reconciler.app.plan import Request
    from reconciler.model.address import Address
    from reconciler.plan.options import Allowed

    try:
        addresses = frozenset(Address.parse(target) for target in targets)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--target") from None
    allowed = Allowed(allow_deletes, allow_foreign_detach, take_over, allow_lockout, addresses, unmanaged)
    return Request(files, variables or {}, profile, region, endpoint_url, allowed, verbose)
