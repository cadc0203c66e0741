"""The command `reconcile access paths`."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.access_options import optional_principal_argument, read_named_source, source_options


@click.command("paths", short_help="Ways to administrator power.", epilog="Example: reconcile access paths user/alice")
@optional_principal_argument
@source_options
def command(principal: str | None, form: str, **options: Any) -> int:
    """Show who is an administrator, and who can become one: by which actions, over whom, through which roles.

    Each way has the id of its path, MFA and conditions, and the line that allows it. With PRINCIPAL (user/NAME,
    role/NAME or an ARN) only its own ways are shown, with each step and statement.
    """
    from reconciler.app.access import find_ways
    from reconciler.cli.terminal import echo, get_width, uses_color
    from reconciler.render.access_ways import render_ways_json, render_ways_text

    source = read_named_source((principal or "",), **options)
    answers = find_ways(source, principal)
    echo(
        render_ways_json(source, answers)
        if form == "json"
        else render_ways_text(source, answers, color=uses_color(), width=get_width())
    )
    return 0
