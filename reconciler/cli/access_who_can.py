"""The command `reconcile access who-can`."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.access_options import read_named_source, source_options
from reconciler.cli.options import check_text


@click.command(
    "who-can",
    short_help="Everybody who can do something.",
    epilog="Example: reconcile access who-can s3:DeleteObject arn:aws:s3:::data/key",
)
@click.argument("action", callback=check_text)
@click.argument("resource", required=False, callback=check_text)
@source_options
def command(action: str, resource: str | None, form: str, **options: Any) -> int:
    """List every user and role that can do ACTION on RESOURCE (default: on any), and how.

    RESOURCE is an ARN, or the address of an entity (role/NAME). Conditions are listed with the principals that depend
    on them. Principals that must take a role first are listed separately.
    """
    from reconciler.app.access import find_capable
    from reconciler.cli.terminal import echo, get_width, uses_color
    from reconciler.render.access_who_can import render_capable_json, render_capable_text

    source = read_named_source((resource or "",), **options)
    answers = find_capable(source, action, resource)
    echo(
        render_capable_json(source, answers)
        if form == "json"
        else render_capable_text(source, answers, color=uses_color(), width=get_width())
    )
    return 0
