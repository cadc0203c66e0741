"""Say of an argument that is missing what to write, or which command shows what there is.

All arguments that a command needs stand here, by the name in its usage line.
"""

from __future__ import annotations

from collections.abc import Mapping

import click

HINTS: Mapping[str, str] = {
    "ACTION": "Write SERVICE:ACTION.",
    "ACTION|ROLE": "Write SERVICE:ACTION, or role/NAME.",
    "ALIAS": "`reconcile assume --list` shows the aliases.",
    "DIR": "Name the folder of `reconcile plan --out DIR`.",
    "PLAN": "`reconcile plan roles.yaml --out plan.json` writes one.",
    "PRINCIPAL": "Write user/NAME or role/NAME.",
    "USER": "`reconcile mfa status` shows the users.",
}
"""Argument → where its value comes from."""


def make_missing_error(name: str, context: click.Context) -> click.MissingParameter:
    """Return the error that click raises by itself if an argument is always needed. name: as in HINTS."""
    return click.MissingParameter(ctx=context, param_hint=f"'{name}'", param_type="argument")


def describe_missing_argument(error: click.MissingParameter) -> str:
    """Return the message with the argument's hint and the command's example."""
    written = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param and error.ctx else "")
    example = error.ctx.command.epilog if error.ctx else None
    return " ".join(filter(None, (error.format_message(), HINTS.get(str(written).strip("'")), example)))
