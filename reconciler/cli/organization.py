"""Plan and apply the accounts of an organization: the part of the commands `plan` and `apply` for many accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from reconciler.model.account_results import AccountStatus, OrganizationResults
from reconciler.model.run_summary import RunStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.app.organization.files import OrganizationFiles, RunOptions
    from reconciler.app.organization.members import OrganizationRun
    from reconciler.app.plan import PlanRequest
    from reconciler.cli.output_request import OutputRequest
    from reconciler.cli.run import Run
    from reconciler.model.account_results import AccountResult, PlanFacts
    from reconciler.model.plan import Plan

FAILED, CHANGES_PENDING, UNSAFE = 1, 2, 3
_FORMS = ("text", "json", "markdown")


def exit_code_of(summary: OrganizationResults, *, detailed: bool = False) -> int:
    """Return the exit code of a run over many accounts (docs/cli.md, "Exit codes")."""
    if not summary.is_complete:
        return FAILED
    if summary.count(AccountStatus.UNSAFE):
        return UNSAFE
    return CHANGES_PENDING if detailed and summary.has_changes else 0


def plan_accounts(
    run: Run, files: OrganizationFiles, request: PlanRequest, options: RunOptions, output: OutputRequest
) -> int:
    """Plan the accounts, print the results, leave them in --out DIR, and return the exit code."""
    from reconciler.app.organization.results_file import delete_outdated_results, make_results, write_results

    if output.form not in _FORMS:
        raise click.UsageError(f"--format {output.form} is for one account. With `organization:`: {', '.join(_FORMS)}.")
    opened = open_accounts(run, files, request, options)
    with open_folder(output.out) as folder:
        if output.out:
            delete_outdated_results(folder, options)
        results = plan_run(run, opened, folder, options)
        print_results(results, output)
        if output.out:
            write_results(folder, make_results("plan", results, opened, options))
    run.plan_file = output.out
    conclude(run, results, shown=True)
    if request.verbose:
        run.report_calls()
    return exit_code_of(results, detailed=output.detailed_exitcode)


def open_accounts(run: Run, files: OrganizationFiles, request: PlanRequest, options: RunOptions) -> OrganizationRun:
    """Find the caller and the accounts, with progress."""
    from reconciler.app.organization.members import open_run

    with run.show_reading(request) as request:
        opened = open_run(files, request, options)
    run.entry = opened.entry
    return opened


def plan_run(run: Run, opened: OrganizationRun, folder: Path, options: RunOptions) -> OrganizationResults:
    """Plan the accounts, with progress."""
    from reconciler.app.organization.plan import plan_organization
    from reconciler.cli.progress import show_account_progress

    def report(result: AccountResult) -> None:
        count(result)
        if run.log.for_programs:
            end = "planned." if result.plan else "its plan could not be made."
            run.make_account_log(result.account).report_account(result, end)

    with show_account_progress("Planning", len(opened.selected), quiet=run.log.for_programs) as count:
        results = plan_organization(opened, folder, options.max_parallel, report)
    if run.log.for_programs:
        for result in results.results:
            if result.plan is not None and result.errors:  # found once all accounts were planned
                run.make_account_log(result.account).report_problems(result.errors)
    return results


def conclude(run: Run, results: OrganizationResults, *, shown: bool, status: RunStatus | None = None) -> None:
    """Note how a run over many accounts ended. status: None: that of the accounts."""
    from reconciler.render.organization_text import OrganizationText

    run.accounts = results
    run.conclude(status or status_of(results), OrganizationText(results, read_plan).format_totals(), shown=shown)


def status_of(results: OrganizationResults) -> RunStatus:
    """Return the status of a run over many accounts."""
    if not results.is_complete:
        return RunStatus.FAILED
    if results.count(AccountStatus.UNSAFE):
        return RunStatus.UNSAFE
    if results.is_applied:
        return RunStatus.APPLIED
    return RunStatus.CHANGED if results.has_changes else RunStatus.IN_STEP


@contextmanager
def open_folder(out: str | None) -> Iterator[Path]:
    """Yield the folder for plan files: DIR of --out, which is made if it is missing, or one that is deleted at the end.

    Raises a usage error if DIR cannot be a folder.
    """
    if out is None:
        with TemporaryDirectory(prefix="reconcile-plans-") as folder:
            yield Path(folder)
        return
    yield make_folder(out, "--out")


def make_folder(name: str, option: str) -> Path:
    """Return the folder that an option names. It is made if it is missing. Raises a usage error if that fails."""
    path = Path(name)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(
            f"{name} cannot be a folder ({error.strerror}); many accounts need one.", param_hint=option
        ) from None
    return path


def print_results(summary: OrganizationResults, output: OutputRequest) -> None:
    """Print the results of many accounts in the format that was asked for."""
    from reconciler.cli.terminal import echo, echo_paged, get_width, uses_color
    from reconciler.render.organization_json import iter_summary_json
    from reconciler.render.organization_markdown import render_summary_markdown
    from reconciler.render.organization_text import OrganizationText

    if output.form == "json":
        for lines in iter_summary_json(summary, read_plan_values):
            echo(lines)
    elif output.form == "markdown":
        echo(render_summary_markdown(summary, read_plan, output.detail))
    else:
        text = OrganizationText(summary, read_plan, uses_color(), get_width(), output.detail)
        if output.no_pager:
            for part in text.render():
                echo(part)
        else:
            echo_paged("\n".join(text.render()))


def read_plan(facts: PlanFacts) -> Plan:
    """Return the plan of an account from its file. Raises ReconcileError if the file is missing or was edited."""
    from reconciler.app.shown_plan import read_shown_plan

    return read_shown_plan(Path(facts.file))


def read_plan_values(facts: PlanFacts) -> Mapping[str, Any]:
    """Return the plan of an account as JSON values, as `plan --format json` prints it."""
    from reconciler.render.plan_json import plan_to_dict

    return plan_to_dict(read_plan(facts))
