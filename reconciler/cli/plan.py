"""The command `reconcile plan`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.account_options import account_options, take_run_options
from reconciler.cli.named_path import NamedPath
from reconciler.cli.observed_run import observe_options, run_observed, take_observation
from reconciler.cli.options import (
    F,
    add_file_arguments,
    announce_default_file,
    detail_options,
    pager_option,
    plan_options,
    read_detail,
)
from reconciler.cli.output_request import OutputRequest
from reconciler.cli.run import Run
from reconciler.model.run_summary import RunStatus

if TYPE_CHECKING:
    from reconciler.app.plan import PlanRequest
    from reconciler.model.plan import Plan
    from reconciler.plan.digest.detail import Detail

CHANGES_PENDING = 2
UNSAFE = 3


def render_text(plan: Plan, detail: Detail) -> str:
    """Return a plan as text for the terminal."""
    from reconciler.cli.terminal import get_width, uses_color
    from reconciler.render.plan_text import render_plan_text

    return render_plan_text(plan, color=uses_color(), width=get_width(), detail=detail)


def _render_json(plan: Plan, detail: Detail) -> str:
    from reconciler.render.plan_json import render_plan_json

    return render_plan_json(plan)


def _render_markdown(plan: Plan, detail: Detail) -> str:
    from reconciler.render.plan_markdown import render_plan_markdown

    return render_plan_markdown(plan, detail)


def _render_commands(plan: Plan, detail: Detail) -> str:
    from reconciler.render.aws_cli import render_plan_commands

    return render_plan_commands(plan)


def _render_github(plan: Plan, detail: Detail) -> str:
    from reconciler.render.problems import render_github

    return render_github(plan.findings)


_RENDERERS: Mapping[str, Callable[[Plan, Detail], str]] = {
    "text": render_text,
    "json": _render_json,
    "markdown": _render_markdown,
    "aws-cli": _render_commands,
    "github": _render_github,
}


def print_options(function: F) -> F:
    """Add the options that say how a plan is printed. `take_output` takes their values."""
    forms = click.Choice(list(_RENDERERS))
    function = detail_options(pager_option(function))
    return click.option("--format", "form", type=forms, default="text", help="Output format.")(function)


def output_options(function: F) -> F:
    """Add the options for the output of a plan. `show_plan` takes their values."""
    options = (
        print_options,
        click.option(
            "--out",
            metavar="FILE",
            type=NamedPath(),
            help="Save the plan to this file, for `reconcile apply FILE`.",
        ),
        click.option(
            "--detailed-exitcode",
            is_flag=True,
            help="Exit with 2 if there are changes. An unsafe plan always exits with 3.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def take_output(options: dict[str, Any]) -> OutputRequest:
    """Take the values of `output_options`, or of `print_options`, out of all that a command got."""
    return OutputRequest(
        options.pop("form"),
        options.pop("out", None),
        options.pop("detailed_exitcode", False),
        read_detail(options.pop("full"), options.pop("compact")),
        options.pop("no_pager"),
    )


def show_plan(plan: Plan, output: OutputRequest) -> int:
    """Print the plan, save it if --out is given, and return the exit code. An unsafe plan is shown and saved, too."""
    _print_plan(plan, output)
    if output.out:
        from reconciler.app.plan_file import save_plan

        save_plan(plan, Path(output.out))
    if not plan.is_safe:
        return UNSAFE
    return CHANGES_PENDING if output.detailed_exitcode and plan.changes else 0


def _print_plan(plan: Plan, output: OutputRequest) -> None:
    from reconciler.cli.terminal import echo, echo_commands, echo_paged

    text = _RENDERERS[output.form](plan, output.detail)
    if text and output.form == "github":
        echo_commands(text)
    elif text and output.form == "text" and not output.no_pager:
        echo_paged(text)
    elif text:
        echo(text)


@click.command(
    "plan", short_help="Show what would change.", epilog="Example: reconcile plan roles.yaml --detailed-exitcode"
)
@output_options
@click.option("--unmanaged", is_flag=True, help="Also list live entities that no file declares.")
@account_options
@observe_options
@plan_options
@add_file_arguments(stdin=True)
def command(**options: Any) -> int:
    """Read live IAM and show what would change. Writes nothing. Exits with 3 if the plan is unsafe.

    With `organization:` in FILE, plans every account that it names; --out is then a folder.
    """
    observation = take_observation(options, {"--out": options["out"]})
    return run_observed("plan", observation, lambda run: _plan(run, options))


def _plan(run: Run, options: dict[str, Any]) -> int:
    from reconciler.app.organization.files import find_organization
    from reconciler.app.plan import make_plan

    output, arguments = take_output(options), take_run_options(options)
    request = build_request(**options)
    announce_default_file(request.files, run.log.notice)
    organization = find_organization(request.files, request.variables)
    if organization is not None:
        from reconciler.cli.organization import plan_accounts

        return plan_accounts(run, organization, request, arguments.read(), output)
    arguments.refuse()
    refuse_folder(output.out, "--out")
    with run.show_reading(request) as request:
        plan = make_plan(request).plan
    code = present_plan(run, plan, output)
    if request.verbose:
        run.report_calls()
    return code


def refuse_folder(path: str | None, option: str) -> None:
    """Raise a usage error if an option names a folder, as for many accounts, and the run is of one account."""
    if path is not None and os.path.isdir(path):  # noqa: PTH112 - pathlib raises if a path is too long
        raise click.BadParameter(f"File {path!r} is a directory.", param_hint=option)


def refuse_plan_options(request: PlanRequest, more: str = "") -> None:
    """Raise a usage error for options that a saved plan has settled. more: what can be done besides."""
    if request.variables or request.options.targets or request.options.target_patterns:
        raise click.UsageError(f"A saved plan takes no --var and no --target: pass them to `reconcile plan`{more}.")


def present_plan(run: Run, plan: Plan, output: OutputRequest) -> int:
    """Report the plan of a run, and do as `show_plan` does."""
    from reconciler.render.plan_text import render_plan_summary

    run.report_plan(plan)
    code = show_plan(plan, output)
    run.plan_file = output.out
    run.conclude(status_of(plan), render_plan_summary(plan), shown=True)
    return code


def status_of(plan: Plan) -> RunStatus:
    """Return the status of a run that made a plan."""
    if not plan.is_safe:
        return RunStatus.UNSAFE
    return RunStatus.CHANGED if plan.changes else RunStatus.IN_STEP


def build_request(
    *,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    allow_deletes: bool,
    allow_foreign_detach: bool,
    take_over: bool,
    allow_lockout: bool,
    refuse_widening: bool = False,
    allow_assertions: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
    targets: tuple[str, ...] = (),
    unmanaged: bool = False,
    verbose: bool = False,
) -> PlanRequest:
    """Make a request of the options that commands with a plan share. Options that not all of them have are optional."""
    from reconciler.app.plan import PlanRequest
    from reconciler.model.address import Address
    from reconciler.model.globs import is_glob
    from reconciler.plan.options import PlanOptions

    try:
        addresses = {target: Address.parse(target) for target in targets}
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--target") from None
    options = PlanOptions(
        allow_deletes=allow_deletes,
        allow_foreign_detach=allow_foreign_detach,
        take_over=take_over,
        allow_lockout=allow_lockout,
        targets=frozenset(address for target, address in addresses.items() if not is_glob(target)),
        target_patterns=tuple(target for target in addresses if is_glob(target)),
        report_unmanaged=unmanaged,
        refuse_widening=refuse_widening,
        allow_assertions=frozenset(allow_assertions),
    )
    return PlanRequest(files, variables or {}, profile, region, endpoint_url, options, verbose)
