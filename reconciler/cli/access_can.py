"""The command `reconcile access can`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from reconciler.cli.access_options import context_option, principal_argument, read_named_source, source_options
from reconciler.cli.options import check_text

EXIT_CODES = {"allowed": 0, "denied": 2, "depends": 3}


@click.command(
    "can",
    short_help="May a principal do something?",
    epilog="Example: reconcile access can user/alice s3:GetObject arn:aws:s3:::data/key",
)
@principal_argument
@click.argument("action", callback=check_text)
@click.argument("resource", required=False, callback=check_text)
@context_option
@source_options
def command(
    principal: str, action: str, resource: str | None, context: Mapping[str, tuple[str, ...]], form: str, **options: Any
) -> int:
    """Say whether PRINCIPAL may do ACTION on RESOURCE (default: *), by which statement, or on what that depends.

    PRINCIPAL is user/NAME, role/NAME or an ARN. RESOURCE is an ARN, or the address of an entity (role/NAME). Exits
    with 0 if it is allowed, 2 if it is denied, 3 if it depends; with --plan, by the account after the plan.
    """
    from reconciler.app.access import answer_question
    from reconciler.cli.terminal import echo, get_width, uses_color
    from reconciler.model.access_answers import AccessQuestion
    from reconciler.render.access_answer import render_answer_json, render_answer_text

    source = read_named_source((principal, resource or ""), **options)
    answers = answer_question(source, AccessQuestion(principal, action, resource, context))
    echo(
        render_answer_json(source, answers)
        if form == "json"
        else render_answer_text(source, answers, color=uses_color(), width=get_width())
    )
    final = answers[-1]
    return EXIT_CODES["denied" if final is None else final.outcome]
