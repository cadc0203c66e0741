"""The command `reconcile apply`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.account_options import account_options, take_run_options
from reconciler.cli.named_path import NamedPath
from reconciler.cli.observed_run import observe_options, run_observed, take_observation
from reconciler.cli.options import (
    add_file_arguments,
    announce_default_file,
    detail_options,
    plan_options,
    read_detail,
)
from reconciler.cli.plan import build_request, refuse_folder, refuse_plan_options, render_text
from reconciler.cli.run import INTERRUPTED, Run
from reconciler.cli.terminal import echo_quietly
from reconciler.model.escape import escape_line
from reconciler.model.plan import Action
from reconciler.model.run_summary import RunStatus, StepCounts

if TYPE_CHECKING:
    from reconciler.app.apply import ApplyResult
    from reconciler.app.organization.files import OrganizationFiles
    from reconciler.app.plan import ConnectedPlan, PlanRequest
    from reconciler.aws.executor import ExecutionResult
    from reconciler.model.plan import Plan
    from reconciler.plan.digest.detail import Detail


@click.command(
    "apply", short_help="Make the changes, and check them.", epilog="Example: reconcile apply roles.yaml --yes"
)
@click.option(
    "--against",
    metavar="FILE",
    multiple=True,
    type=NamedPath(),
    help="Refuse a saved plan unless these files give the same plan; repeatable. FILEs after the plan count, too.",
)
@click.option("--yes", "-y", is_flag=True, help="Apply without asking. Required without a terminal.")
@click.option(
    "--journal",
    metavar="FILE",
    type=NamedPath(),
    help="Record the calls in this file; for many accounts, in files of this folder. Default: your state folder.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    help="Save plans and results of many accounts in this folder.",
)
@observe_options
@detail_options
@account_options
@plan_options
@add_file_arguments()
def command(**options: Any) -> int:
    """Show the plan, ask, make its calls, then read IAM again and say whether it matches.

    FILE may be a plan saved with `plan --out`, or a folder with the plans of many accounts. It is applied without
    asking; if the account has changed since, it is refused. With --against it must also be the plan of the files that
    were reviewed, so that nobody can slip in another one.

    Every call is recorded in a journal before it is made; `reconcile undo` plans the way back from that journal.
    """
    observation = take_observation(options, {"--journal": options["journal"]})
    return run_observed("apply", observation, lambda run: _apply(run, **options))


def _apply(run: Run, against: tuple[str, ...], yes: bool, journal: str | None, **options: Any) -> int:
    detail = read_detail(options.pop("full"), options.pop("compact"))
    arguments, out = take_run_options(options), options.pop("out")
    request = build_request(**options)
    if (many := find_organization_input(request, against)) is not None:
        from reconciler.cli.organization_apply import OrganizationApplyRun

        return OrganizationApplyRun(run, request, arguments.read(), yes, journal, out, detail).run_on(*many)
    arguments.refuse()
    if out is not None:
        raise click.UsageError("--out is for files with `organization:`, and these describe one account.")
    refuse_folder(journal, "--journal")
    planned = _get_plan(run, request, against)
    run.report_plan(planned.plan)
    run.plan_file = request.files[0] if planned.is_saved or against else None
    try:
        return _apply_plan(run, planned, yes, Path(journal) if journal else None, detail)
    finally:
        if request.verbose:
            run.report_calls()


def find_organization_input(
    request: PlanRequest, against: Sequence[str]
) -> tuple[Path | None, OrganizationFiles | None] | None:
    """Return what describes many accounts: a folder of saved plans, files, or both. Return None for one account."""
    from reconciler.app.organization.files import find_organization
    from reconciler.app.organization.results_file import has_results

    folder = Path(request.files[0]) if request.files and (against or len(request.files) == 1) else None
    if folder is None or not has_results(folder, "plan"):
        files = None if against else find_organization(request.files, request.variables)
        return (None, files) if files else None
    if not against:
        return folder, None
    files = find_organization((*against, *request.files[1:]), request.variables)
    if files is None:
        raise click.UsageError("--against names files of one account, and the plans are of many.")
    return folder, files


def _apply_plan(run: Run, planned: ConnectedPlan, yes: bool, journal: Path | None, detail: Detail) -> int:
    from reconciler.app.apply import apply_plan
    from reconciler.cli.terminal import echo
    from reconciler.render.plan_text import render_plan_summary

    echo(render_text(planned.plan, detail))
    if not planned.plan.is_safe:
        return _report_unsafe(run, planned.plan)
    if not planned.plan.changes:
        run.conclude(RunStatus.IN_STEP, render_plan_summary(planned.plan), shown=True)
        return 0
    needs_approval = not yes and not planned.is_saved
    if needs_approval and not _is_confirmed(run, planned):
        return 1
    return _report_result(run, apply_plan(planned, journal, needs_approval, run.log), planned)


def _get_plan(run: Run, request: PlanRequest, against: Sequence[str]) -> ConnectedPlan:
    from reconciler.app.plan import make_plan
    from reconciler.app.plan_file import read_plan_document
    from reconciler.app.saved_plan import load_saved_plan

    if against:
        return _get_reviewed_plan(run, request, against)
    path = Path(request.files[0]) if len(request.files) == 1 else None
    document = read_plan_document(path) if path else None
    announce_default_file(request.files, run.log.notice)
    with run.show_reading(request) as request:
        if path is None or document is None:
            return make_plan(request)
        refuse_plan_options(request, ", or add --against")
        return load_saved_plan(path, document, request)


def _get_reviewed_plan(run: Run, request: PlanRequest, against: Sequence[str]) -> ConnectedPlan:
    """Return the plan of the --against files, if it equals the saved plan.

    The first FILE is the saved plan. Further FILEs belong to --against: a shell's wildcard puts them there.
    """
    from reconciler.app.plan_file import format_plan_command, read_plan_document
    from reconciler.app.reviewed_plan import plan_against_files

    document = read_plan_document(Path(request.files[0])) if request.files else None
    if document is None:
        plan, named = format_plan_command(against), (word for file in against for word in ("--against", file))
        raise click.UsageError(
            f"--against needs a saved plan as the first FILE. Write one with `{plan}`, then run "
            f"`{shlex.join(['reconcile', 'apply', 'plan.json', *named])}`."
        )
    with run.show_reading(request) as request:
        return plan_against_files(Path(request.files[0]), document, (*against, *request.files[1:]), request)


def _report_unsafe(run: Run, plan: Plan) -> int:
    flags = sorted({finding.flag for finding in plan.findings if finding.flag})
    hint = f" If you intend this, allow it with {', '.join(flags)}." if flags else ""
    run.conclude(RunStatus.UNSAFE, f"Refused: the plan is not safe; nothing was written.{hint}")
    return 1


def _is_confirmed(run: Run, planned: ConnectedPlan) -> bool:
    from reconciler.cli.terminal import ask_for_yes, is_interactive

    if run.log.for_programs:
        message = "Refused: --log-format json asks no questions. Pass --yes, or a saved plan. Nothing was written."
        run.conclude(RunStatus.REFUSED, message)
        return False
    if not is_interactive():
        run.conclude(RunStatus.REFUSED, "Refused: there is no terminal to ask on. Pass --yes. Nothing was written.")
        return False
    plan = planned.plan
    calls = "this call" if len(plan.steps) == 1 else f"these {len(plan.steps)} calls"
    counts = ", ".join(f"{number} to {action}" for action in Action if (number := plan.count_changes(action)))
    alias = f" ({plan.account_alias})" if plan.account_alias else ""
    account = escape_line(f"{plan.account}{alias}")
    if ask_for_yes(f"Apply {calls} to account {account}: {counts}?"):
        return True
    run.conclude(RunStatus.DECLINED, "Declined; nothing was written.")
    return False


def _report_result(run: Run, applied: ApplyResult, planned: ConnectedPlan) -> int:
    outcome, goal = applied.outcome, planned.goal
    if outcome is None:
        return _report_stale(run, planned.plan, applied.remaining_plan)
    run.journal = str(applied.journal) if applied.journal else None
    run.count_steps(StepCounts(len(outcome.done), len(outcome.unclear), outcome.remaining))
    if outcome.remaining or outcome.unclear or outcome.problems:
        run.report_problems(outcome.problems)
        return _report_stopped(run, outcome, applied.journal, planned.is_saved)
    made = f"Applied: {_format_call_count(len(outcome.done))}."
    echo_quietly("", made)
    code = _report_verification(run, applied, goal, made)
    if applied.journal:
        run.log.report_journal(applied.journal)
    return code


def _report_verification(run: Run, applied: ApplyResult, goal: str, made: str) -> int:
    """Report whether live IAM matches after the calls, and return the exit code. made: says how many there were."""
    if applied.is_converged:
        scope = " for the --target entities" if applied.remaining_plan and applied.remaining_plan.targets else ""
        matches = f"Live IAM matches {goal}{scope}."
        echo_quietly(matches)
        run.conclude(RunStatus.APPLIED, made, matches, shown=True)
        return 0
    if applied.verify_problems:
        run.report_problems(applied.verify_problems)
        message = "All calls were made, but live IAM could not be read to check them."
        run.conclude(RunStatus.UNVERIFIED, message)
        return INTERRUPTED if applied.interrupted else 1
    if applied.remaining_plan:
        run.log.report_difference(applied.remaining_plan, goal)
        run.conclude(RunStatus.DIFFERS, f"Live IAM still differs from {goal}, as shown above.")
    return 1


def _report_stale(run: Run, approved: Plan, now: Plan | None) -> int:
    current = now.changes if now else ()
    changed = [one for one in approved.changes if one not in current] + [
        one for one in current if one not in approved.changes
    ]
    addresses = ", ".join(sorted({str(change.address) for change in changed}))
    why = f"the account has changed since this plan was approved ({addresses or 'a new plan shows how'})"
    run.conclude(RunStatus.STALE, f"Refused: {why}; nothing was written. Run `reconcile plan` again.")
    return 1


def _report_stopped(run: Run, outcome: ExecutionResult, journal: Path | None, saved: bool) -> int:
    done_count, unclear, remaining = len(outcome.done), len(outcome.unclear), outcome.remaining
    parts = [f"{done_count} of {_format_call_count(outcome.total)} were made"]
    parts += [f"{unclear} may have been"] if unclear else []
    parts += [f"{remaining} {'was' if remaining == 1 else 'were'} not"]
    status = RunStatus.INTERRUPTED if outcome.interrupted else RunStatus.STOPPED
    summary = f"{status.capitalize()}: {', '.join(parts)}."
    is_stale = saved and (outcome.done or outcome.unclear)
    command = "Run `reconcile plan` again" if is_stale else "Run the same command again"
    run.conclude(status, summary, f"{command} to go on from there. The calls are recorded in {journal}.")
    return INTERRUPTED if outcome.interrupted else 1


def _format_call_count(number: int) -> str:
    return f"{number} call{'' if number == 1 else 's'}"
