"""The command `reconcile access explain`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from reconciler.cli.access_options import context_option, principal_argument, read_named_source, source_options
from reconciler.cli.options import check_text


@click.command(
    "explain",
    short_help="An evaluation step by step.",
    epilog="Example: reconcile access explain user/alice role/admin",
)
@principal_argument
@click.argument("action", metavar="ACTION|ROLE", callback=check_text)
@click.argument("resource", required=False, callback=check_text)
@context_option
@source_options
def command(
    principal: str, action: str, resource: str | None, context: Mapping[str, tuple[str, ...]], form: str, **options: Any
) -> int:
    """Explain step by step whether PRINCIPAL may do ACTION on RESOURCE (default: *), or assume ROLE.

    The steps are explicit denies, identity policies, the permissions boundary and, for a role, its trust. Each
    statement that covers the action is shown with its line and, if it does not apply, with the reason.
    """
    from reconciler.app.access import explain_question
    from reconciler.cli.terminal import echo, get_width, uses_color
    from reconciler.model.access_answers import AccessQuestion
    from reconciler.render.access_steps import render_steps_json, render_steps_text

    source = read_named_source((principal, action, resource or ""), **options)
    answers = explain_question(source, AccessQuestion(principal, action, resource, context))
    echo(
        render_steps_json(source, answers)
        if form == "json"
        else render_steps_text(source, answers, color=uses_color(), width=get_width())
    )
    return 0
