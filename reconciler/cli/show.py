"""The command `reconcile show`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from reconciler.cli.named_path import NamedPath
from reconciler.cli.options import color_option
from reconciler.cli.plan import print_options, show_plan, take_output
from reconciler.cli.terminal import notice


@click.command(
    "show",
    short_help="Show a saved plan as it was reviewed, offline.",
    epilog="Example: reconcile show plan.json --format markdown",
)
@click.argument("plan_file", metavar="PLAN", type=NamedPath())
@print_options
@color_option
def command(plan_file: str, **options: Any) -> int:
    """Show a plan that `reconcile plan --out` saved, as it was reviewed. Exits with 3 if the plan is unsafe.

    Asks AWS nothing and needs no credentials. A plan that was edited after it was saved is refused. Only `reconcile
    apply` checks whether it still fits the account.
    """
    from reconciler.app.shown_plan import read_shown_plan

    plan = read_shown_plan(Path(plan_file))
    code = show_plan(plan, take_output(options))
    if plan.valid_until is not None and plan.valid_until <= datetime.now(UTC):
        notice(f"this plan was valid until {plan.valid_until:%Y-%m-%d %H:%M} UTC. Run `reconcile plan` again.")
    return code
