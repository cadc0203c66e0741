"""The command `reconcile undo`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import allow_options, aws_options, color_option
from reconciler.cli.plan import build_request, output_options, show_plan


@click.command("undo", epilog="Example: reconcile undo JOURNAL --out undo.json && reconcile apply undo.json")
@click.argument("journal", type=click.Path())
@output_options
@allow_options
@aws_options
@color_option
def command(journal: str, form: str, out: str | None, detailed_exitcode: bool, **options: Any) -> int:
    """Show the plan that takes back an apply, from the journal it wrote. Writes nothing.

    Every entity that the apply touched becomes what it was before. The plan lists what has changed since. Secrets
    do not come back: a deleted user gets no password, key or MFA device again. Exits with 3 if the plan is unsafe.
    """
    from reconciler.app.undo import make_undo_plan
    from reconciler.cli.progress import show_progress

    with show_progress("Reading IAM") as on_call:
        plan = make_undo_plan(Path(journal), replace(build_request(**options), on_call=on_call))
    return show_plan(plan, form, out, detailed_exitcode)
