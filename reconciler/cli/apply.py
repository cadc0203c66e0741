"""`reconcile apply`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import planning_options, tell_default_file
from reconciler.cli.plan import request_of
from reconciler.cli.terminal import heard
from reconciler.model.escape import escape_line
from reconciler.model.problem import Failed, Level, Problem

if TYPE_CHECKING:
    from reconciler.app.apply import Applied
    from reconciler.app.plan import Planned, Request
    from reconciler.aws.execute import Outcome
    from reconciler.cli.reporting import Log
    from reconciler.model.plan import Plan

INTERRUPTED = 130


@click.command("apply", epilog="Example: reconcile apply roles.yaml --yes")
@click.option(
    "--against",
    metavar="FILE",
    multiple=True,
    type=click.Path(),
    help="Refuse a saved plan that these files do not give; repeatable. FILEs after the plan count, too.",
)
@click.option("--yes", "-y", is_flag=True, help="Apply without asking; needed where nobody can be asked.")
@click.option("--journal", metavar="FILE", type=click.Path(dir_okay=False), help="Where the calls go on record.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="What stderr gets.")
@planning_options
def command(against: tuple[str, ...], yes: bool, journal: str | None, log_format: str, **options: Any) -> int:
    """Show the plan, ask, make its calls, then read again and say whether live IAM matches.

    FILE may be a plan saved with `plan --out`: it is applied without asking, if what it was made from is still
    live. With --against it is also compared with the files that were reviewed, so that nothing depends on who could
    edit it. Every call goes on record before it is made, in a journal that `reconcile undo` takes back.
    """
    from reconciler.cli.reporting import LOGS

    log = LOGS[log_format]()
    try:
        return _apply(log, yes, Path(journal) if journal else None, request_of(**options), against)
    except Failed as failed:
        log.problems(failed.problems)
        return 1
    except click.UsageError as error:
        if log_format == "text":
            raise
        log.problems([Problem(Level.ERROR, "usage", error.format_message())])
        return 1
    except (click.Abort, KeyboardInterrupt):
        if log_format == "text":
            raise
        log.says("interrupted", "Interrupted.")
        return INTERRUPTED


def _apply(log: Log, yes: bool, journal: Path | None, request: Request, against: Sequence[str]) -> int:
    from reconciler.app.apply import apply

    planned = _planned(log, request, against)
    try:
        _show(planned.plan)
        if not planned.plan.safe:
            return _refused(log, planned.plan)
        if not planned.plan.changes:
            log.says("unchanged")
            return 0
        asked = not yes and not planned.saved
        if asked and not _agreed(log, planned):
            return 1
        return _report(log, apply(planned, journal, asked, log), planned)
    finally:
        if request.verbose:
            log.calls(planned.calls)


def _show(plan: Plan) -> None:
    from reconciler.cli.terminal import colored, say, width
    from reconciler.render.plan_text import plan_text

    say(plan_text(plan, color=colored(), width=width()))


def _planned(log: Log, request: Request, against: Sequence[str]) -> Planned:
    from reconciler.app.plan import make_plan
    from reconciler.app.saved import planned_again, saved_document

    if against:
        return _planned_against(log, request, against)
    path = Path(request.files[0]) if len(request.files) == 1 else None
    document = saved_document(path) if path else None
    tell_default_file(request.files, log.notes)
    with log.reads() as counted:
        request = replace(request, on_call=counted)
        if path is None or document is None:
            return make_plan(request)
        if request.variables or request.allowed.targets:
            raise click.UsageError(
                "A saved plan is applied as it is: --var and --target belong to `plan`, or to --against."
            )
        return planned_again(path, document, request)


def _planned_against(log: Log, request: Request, against: Sequence[str]) -> Planned:
    """The first FILE is the plan; those after it belong to --against, as a shell's wildcard puts them there."""
    from reconciler.app.against import planned_against
    from reconciler.app.saved import saved_document

    document = saved_document(Path(request.files[0])) if request.files else None
    if document is None:
        raise click.UsageError(
            "--against needs a saved plan as the first FILE: `plan --out plan.json` writes one, and "
            "`apply plan.json --against roles.yaml` applies it."
        )
    with log.reads() as counted:
        files = (*against, *request.files[1:])
        return planned_against(Path(request.files[0]), document, files, replace(request, on_call=counted))


def _refused(log: Log, plan: Plan) -> int:
    flags = sorted({finding.flag for finding in plan.findings if finding.flag})
    allowing = f" What is meant can be allowed with {', '.join(flags)}." if flags else ""
    log.says("refused", f"Refused: the plan is not safe; nothing was written.{allowing}")
    return 1


def _agreed(log: Log, planned: Planned) -> bool:
    from reconciler.cli.terminal import interactive

    if not interactive():
        log.says("refused", "Refused: nobody can be asked here; pass --yes. Nothing was written.")
        return False
    calls = "this call" if len(planned.plan.steps) == 1 else f"these {len(planned.plan.steps)} calls"
    question = f"\nMake {calls} in account {escape_line(planned.plan.account)}? Only 'yes' is taken"
    if click.prompt(question, default="no", show_default=False, err=True).strip().lower() == "yes":
        return True
    log.says("declined", "Declined; nothing was written.")
    return False


def _report(log: Log, applied: Applied, planned: Planned) -> int:
    outcome, goal = applied.outcome, planned.goal
    if outcome is None:
        return _overtaken(log, planned.plan, applied.left)
    if outcome.left or outcome.unclear or outcome.problems:
        log.problems(outcome.problems)
        return _stopped(log, outcome, applied.journal, planned.saved)
    heard("", f"Applied: {_calls(len(outcome.done))}.")
    on_record = {"journal": str(applied.journal)} if applied.journal else {}
    code = _verified(log, applied, goal, {"done": len(outcome.done), **on_record})
    if applied.journal:
        log.recorded(applied.journal)
    return code


def _verified(log: Log, applied: Applied, goal: str, facts: Mapping[str, object]) -> int:
    """What the second look at the account says; the exit code."""
    if applied.matches:
        partly = " in what --target names" if applied.left and applied.left.targets else ""
        heard(f"Live IAM matches {goal}{partly}.")
        log.says("applied", **facts)
        return 0
    if applied.unverified:
        log.problems(applied.unverified)
        log.says("unverified", "All calls were made, but whether live IAM matches could not be read.", **facts)
        return INTERRUPTED if applied.interrupted else 1
    if applied.left:
        log.differs(applied.left)
        log.says("differs", f"Live IAM does not match {goal}: the above still differs.", **facts)
    return 1


def _overtaken(log: Log, approved: Plan, now: Plan | None) -> int:
    left = now.changes if now else ()
    changed = [one for one in approved.changes if one not in left] + [
        one for one in left if one not in approved.changes
    ]
    named = ", ".join(sorted({str(change.address) for change in changed}))
    why = f"the account has changed since this was approved ({named or 'see the errors of a new plan'})"
    log.says("stale", f"Refused: {why}; nothing was written. Plan again.", left=named)
    return 1


def _stopped(log: Log, outcome: Outcome, journal: Path | None, saved: bool) -> int:
    done, unclear, left = len(outcome.done), len(outcome.unclear), outcome.left
    parts = [f"{done} of {_calls(outcome.total)} were made"]
    parts += [f"{unclear} may have been"] if unclear else []
    parts += [f"{left} {'was' if left == 1 else 'were'} not"]
    said = "Interrupted" if outcome.interrupted else "Stopped"
    again = "Plan again" if saved and (outcome.done or outcome.unclear) else "Run the same command again"
    how = f"{again} to go on from there. What was done is in {journal}."
    event = "interrupted" if outcome.interrupted else "stopped"
    log.says(event, f"{said}: {', '.join(parts)}.", how, done=done, unclear=unclear, left=left, journal=str(journal))
    return INTERRUPTED if outcome.interrupted else 1


def _calls(number: int) -> str:
    return f"{number} call{'' if number == 1 else 's'}"
