"""Values that the completion of a shell offers for arguments and options; `completion_shells` asks for them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_aliases(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """`shell_complete` of an ALIAS argument: aliases of --file, $RECONCILE_FILE or roles.yaml, with their roles."""
    from reconciler.app.completion_values import read_alias_roles

    files: Sequence[str] = ctx.params.get("files") or ()
    return _make_items(read_alias_roles(files, ctx.params.get("variables") or {}), incomplete)


def complete_profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """`shell_complete` of --profile: the profiles in AWS's two files."""
    from reconciler.app.completion_values import list_aws_profiles

    return _make_items(dict.fromkeys(list_aws_profiles(os.environ), ""), incomplete)


def complete_rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """`shell_complete` of a problem code: all of them, with their titles."""
    from reconciler.rules.registry import RULES

    return _make_items({rule.id: rule.title for rule in RULES.values()}, incomplete)


def _make_items(helps: Mapping[str, str], incomplete: str) -> list[CompletionItem[str]]:
    """Names that begin so, with their help. Line ends and escape sequences reach neither script nor terminal.

    A name that begins with `-` is left out: on the command line it would be an option.
    """
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(name, help=text if text and text.isprintable() else None)
        for name, text in helps.items()
        if name.startswith(incomplete) and name.isprintable() and not name.startswith("-")
    ]
