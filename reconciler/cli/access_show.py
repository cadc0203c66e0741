"""The command `reconcile access show`."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.access_options import principal_argument, read_named_source, source_options


@click.command(
    "show", short_help="Everything one principal can do.", epilog="Example: reconcile access show user/alice"
)
@principal_argument
@source_options
def command(principal: str, form: str, **options: Any) -> int:
    """Show everything that PRINCIPAL can do, by service and access level, with the source of each right.

    PRINCIPAL is user/NAME, role/NAME or an ARN. Roles that it can take are listed separately, with the way to each.
    """
    from reconciler.app.access import show_permissions
    from reconciler.cli.terminal import echo, get_width, uses_color
    from reconciler.render.access_show import render_permissions_json, render_permissions_text

    source = read_named_source((principal,), **options)
    answers = show_permissions(source, principal)
    echo(
        render_permissions_json(source, answers)
        if form == "json"
        else render_permissions_text(source, answers, color=uses_color(), width=get_width())
    )
    return 0
