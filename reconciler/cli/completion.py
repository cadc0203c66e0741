"""Values that the completion of a shell offers for arguments and options; `completion_shells` asks for them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def alias_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """`shell_complete` of an ALIAS argument: aliases of --file, $RECONCILE_FILE or roles.yaml, with their roles."""
    from click.shell_completion import CompletionItem

    from reconciler.app.candidates import alias_roles

    files: Sequence[str] = ctx.params.get("files") or ()
    variables: Mapping[str, str] = ctx.params.get("variables") or {}
    roles = alias_roles(files, variables)
    return [CompletionItem(name, help=role or None) for name, role in roles.items() if name.startswith(incomplete)]


def profile_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """`shell_complete` of --profile: the profiles in AWS's two files."""
    from click.shell_completion import CompletionItem

    from reconciler.app.candidates import aws_profiles

    return [CompletionItem(name) for name in aws_profiles(os.environ) if name.startswith(incomplete)]
