"""`reconcile apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import planning_options
from reconciler.cli.plan import request_of

if TYPE_CHECKING:
    from reconciler.app.apply import Applied
    from reconciler.app.plan import Planned, Request
    from reconciler.aws.execute import Outcome
    from reconciler.model.plan import Plan

INTERRUPTED = 130


@click.command("apply", epilog="Example: reconcile apply roles.yaml --yes")
@click.option("--yes", "-y", is_flag=True, help="Apply without asking; needed where nobody can be asked.")
@planning_options
def command(yes: bool, **options: Any) -> int:
    """Show the plan, ask, make its calls, then read again and say whether live IAM matches.

    FILE may be a plan saved with `plan --out`: it is applied without asking, if what it was made from is still
    live.
    """
    from reconciler.cli.terminal import colored, say, width
    from reconciler.render.plan_text import plan_text

    planned, approved = _planned(request_of(**options))
    say(plan_text(planned.plan, color=colored(), width=width()))
    if not planned.plan.safe:
        click.echo(_refused(planned.plan), err=True)
        return 1
    if not planned.plan.changes:
        return 0
    if not yes and not approved and not _agreed(planned):
        return 1
    return _report(_applied(planned), planned.goal)


def _planned(request: Request) -> tuple[Planned, bool]:
    """The plan to apply, and whether it was approved before: a saved plan was."""
    from reconciler.app.plan import make_plan
    from reconciler.app.saved import planned_again, saved_document
    from reconciler.cli.progress import working

    path = Path(request.files[0]) if len(request.files) == 1 else None
    document = saved_document(path) if path else None
    with working("Reading IAM"):
        if path is None or document is None:
            return make_plan(request), False
        if request.variables or request.allowed.targets:
            raise click.UsageError("A saved plan is applied as it is: --var and --target belong to `plan`.")
        return planned_again(path, document, request), True


def _refused(plan: Plan) -> str:
    flags = sorted({finding.flag for finding in plan.findings if finding.flag})
    allowing = f" What is meant can be allowed with {', '.join(flags)}." if flags else ""
    return f"Refused: the plan is not safe; nothing was written.{allowing}"


def _agreed(planned: Planned) -> bool:
    from reconciler.cli.terminal import interactive

    if not interactive():
        click.echo("Refused: nobody can be asked here; pass --yes. Nothing was written.", err=True)
        return False
    calls = len(planned.plan.steps)
    question = f"\nMake these {calls} calls in account {planned.plan.account}? Only 'yes' is taken"
    if click.prompt(question, default="no", show_default=False, err=True).strip().lower() == "yes":
        return True
    click.echo("Declined; nothing was written.", err=True)
    return False


def _applied(planned: Planned) -> Applied:
    from reconciler.app.apply import apply
    from reconciler.cli.progress import applying

    with applying(len(planned.plan.steps)) as advance:
        return apply(planned, lambda step: advance(f"{step.call.operation} {step.address}"))


def _counted(outcome: Outcome) -> str:
    """What was done; of the call that an interruption met, nobody knows."""
    left = outcome.total - outcome.done
    if outcome.interrupted and left:
        return f"{outcome.done} of {outcome.total} calls were made, one may have been, {left - 1} were not"
    return f"{outcome.done} of {outcome.total} calls were made, {left} {'was' if left == 1 else 'were'} not"


def _report(applied: Applied, goal: str) -> int:
    from reconciler.cli.terminal import colored, say, width
    from reconciler.render.plan_text import plan_text
    from reconciler.render.problems import text

    outcome = applied.outcome
    if outcome.problem:
        say(text([outcome.problem], color=colored(err=True)), err=True)
    if outcome.problem or outcome.interrupted:
        said = "Interrupted" if outcome.interrupted else "Stopped"
        click.echo(f"{said}: {_counted(outcome)}.", err=True)
        click.echo("Run the same command again to go on from there.", err=True)
        return INTERRUPTED if outcome.interrupted else 1
    click.echo(f"\nApplied: {outcome.done} call{'' if outcome.done == 1 else 's'}.")
    if applied.matches:
        partly = " in what --target names" if applied.left and applied.left.targets else ""
        click.echo(f"Live IAM matches {goal}{partly}.")
        return 0
    if applied.unverified:
        say(text(applied.unverified, color=colored(err=True)), err=True)
        click.echo("All calls were made, but whether live IAM matches could not be read.", err=True)
        return 1
    if applied.left:
        say(plan_text(applied.left, color=colored(err=True), width=width()), err=True)
    click.echo(f"Live IAM does not match {goal}: the above still differs.", err=True)
    return 1
