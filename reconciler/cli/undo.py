"""The command `reconcile undo`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from reconciler.cli.completion import complete_journals
from reconciler.cli.named_path import NamedPath
from reconciler.cli.observed_run import Observation, observe_options, run_observed, take_observation
from reconciler.cli.options import allow_options, aws_options, color_option
from reconciler.cli.plan import build_request, output_options, present_plan, refuse_folder, take_output
from reconciler.cli.run import Run
from reconciler.cli.terminal import echo, get_width
from reconciler.model.run_summary import RunStatus


@click.command(
    "undo",
    short_help="Plan the way back from an apply.",
    epilog="Example: reconcile undo --last --out undo.json && reconcile apply undo.json",
)
@click.argument("journal", metavar="[JOURNAL]", required=False, type=NamedPath(), shell_complete=complete_journals)
@click.option("--last", is_flag=True, help="Undo your last apply to this account.")
@click.option("--list", "listing", is_flag=True, help="List your journals: when, which account, what was done.")
@output_options
@observe_options
@allow_options
@aws_options
@color_option
def command(**options: Any) -> int:
    """Show the plan that takes back an apply, from the journal it wrote. Writes nothing.

    Every entity that the apply touched becomes what it was before. The plan lists what has changed since. Secrets
    do not come back: a deleted user gets no password, key or MFA device again. Exits with 3 if the plan is unsafe.
    """
    observation = take_observation(options, {"--out": options["out"], "JOURNAL": options["journal"]})
    return run_observed("undo", observation, lambda run: _undo(run, observation, **options))


def _undo(run: Run, observation: Observation, journal: str | None, last: bool, listing: bool, **options: Any) -> int:
    output = take_output(options)
    chosen = [bool(journal), last, listing].count(True)
    if chosen != 1:
        raise click.UsageError(
            "Pass only one of JOURNAL, --last and --list."
            if chosen
            else "Name a JOURNAL, or pass --last for your last apply to this account. --list shows your journals."
        )
    if listing:
        return _list_journals(run, output.form, {"--out": output.out, "--summary": observation.summary})
    refuse_folder(output.out, "--out")
    from reconciler.app.undo import make_last_undo_plan, make_undo_plan
    from reconciler.render.journals import format_time

    with run.show_reading(build_request(**options)) as request:
        undo = make_undo_plan(Path(journal), request) if journal else make_last_undo_plan(request, os.environ)
    run.journal = str(undo.journal)
    if last:
        run.log.notice(f"undoing the apply of {format_time(undo.time)}, from {undo.journal}.")
    return present_plan(run, undo.plan, output)


def _list_journals(run: Run, form: str, files: Mapping[str, str | None]) -> int:
    from reconciler.app.journal_list import list_journals
    from reconciler.files.journal_files import find_journal_folder
    from reconciler.render.journals import render_journals_json, render_journals_text

    refused = [option for option, path in files.items() if path]
    if refused or form not in ("text", "json"):
        raise click.UsageError(f"--list takes no {refused[0] if refused else f'--format {form}'}.")
    journals, problems = list_journals(os.environ)
    if form == "json":
        echo(render_journals_json(journals))
    elif journals:
        echo(render_journals_text(journals, get_width()))
    elif not problems:
        run.log.notice(f"there is no journal in {find_journal_folder(os.environ)}.")
    if problems:
        run.report_problems(problems)
    run.conclude(RunStatus.LISTED, "Listed the journals.", shown=True)
    return 0
