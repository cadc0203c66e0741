"""The command `reconcile undo`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from reconciler.cli.completion import complete_journals
from reconciler.cli.options import allow_options, aws_options, color_option
from reconciler.cli.plan import build_request, output_options, show_plan, take_output
from reconciler.cli.terminal import echo, get_width, notice, uses_color


@click.command("undo", epilog="Example: reconcile undo --last --out undo.json && reconcile apply undo.json")
@click.argument("journal", metavar="[JOURNAL]", required=False, type=click.Path(), shell_complete=complete_journals)
@click.option("--last", is_flag=True, help="Take the journal of your last apply to this account.")
@click.option("--list", "listing", is_flag=True, help="List your journals: when, which account, what was done.")
@output_options
@allow_options
@aws_options
@color_option
def command(journal: str | None, last: bool, listing: bool, **options: Any) -> int:
    """Show the plan that takes back an apply, from the journal it wrote. Writes nothing.

    Every entity that the apply touched becomes what it was before. The plan lists what has changed since. Secrets
    do not come back: a deleted user gets no password, key or MFA device again. Exits with 3 if the plan is unsafe.
    """
    output = take_output(options)
    chosen = [bool(journal), last, listing].count(True)
    if chosen != 1:
        raise click.UsageError(
            "Pass only one of JOURNAL, --last and --list."
            if chosen
            else "Name a JOURNAL, or pass --last for your last apply to this account. --list shows your journals."
        )
    if listing:
        return _list_journals(output.form, output.out)
    from reconciler.app.undo import make_last_undo_plan, make_undo_plan
    from reconciler.cli.progress import show_progress
    from reconciler.render.journals import format_time

    with show_progress("Reading IAM") as on_call:
        request = replace(build_request(**options), on_call=on_call)
        undo = make_undo_plan(Path(journal), request) if journal else make_last_undo_plan(request, os.environ)
    if last:
        notice(f"undoing the apply of {format_time(undo.time)}, from {undo.journal}.")
    return show_plan(undo.plan, output)


def _list_journals(form: str, out: str | None) -> int:
    from reconciler.app.journal_list import list_journals
    from reconciler.files.journal_files import find_journal_folder
    from reconciler.render.journals import render_journals_json, render_journals_text
    from reconciler.render.problems import render_problems

    if out or form not in ("text", "json"):
        raise click.UsageError(f"--list takes no {'--out' if out else f'--format {form}'}.")
    journals, problems = list_journals(os.environ)
    if form == "json":
        echo(render_journals_json(journals))
    elif journals:
        echo(render_journals_text(journals, get_width()))
    elif not problems:
        notice(f"there is no journal in {find_journal_folder(os.environ)}.")
    if problems:
        echo(render_problems(problems, color=uses_color(err=True), width=get_width(err=True)), err=True)
    return 0
