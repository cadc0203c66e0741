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
    """The plan that goes back to what a journal of `apply` recorded. Writes nothing.

    Every entity that the apply touched is to become what it was; what has changed since is told. Secrets do not
    come back: a user that was deleted gets no password, key or MFA device again. Exits 3 if the plan is unsafe.
    """
    from reconciler.app.undo import make_undo_plan
    from reconciler.cli.progress import show_progress

    with show_progress("Reading IAM") as on_call:
        plan = make_undo_plan(Path(journal), replace(build_request(**options), on_call=on_call))
    return show_plan(plan, form, out, detailed_exitcode)
