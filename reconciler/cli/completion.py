"""Complete the values of arguments and options. `completion_shells` offers them to the user's shell."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_aliases(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the aliases of --file, $RECONCILE_FILE or roles.yaml, with their roles as help."""
    from reconciler.app.completion_values import read_alias_roles

    return _make_items(read_alias_roles(*_find_input(ctx)), incomplete)


def complete_users(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the users of the file; as addresses if the word begins as one."""
    from reconciler.app.completion_values import read_users

    prefix = "user/" if incomplete.startswith("user/") else ""
    users = read_users(*_find_input(ctx))
    return _make_items({f"{prefix}{name}": text for name, text in users.items()}, incomplete)


def complete_addresses(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the addresses of the entities of the file, with their descriptions as help."""
    from reconciler.app.completion_values import read_addresses

    return _make_items(read_addresses(*_find_input(ctx)), incomplete)


def _find_input(ctx: click.Context) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return the files and variables that the command line names so far."""
    files: Sequence[str] = ctx.params.get("files") or ctx.params.get("named_files") or ()
    return files, ctx.params.get("variables") or {}


def complete_principals(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the addresses of the users and roles of --file, $RECONCILE_FILE or roles.yaml."""
    from reconciler.app.completion_values import list_principals

    files: Sequence[str] = ctx.params.get("files") or ()
    return _make_items(dict.fromkeys(list_principals(files, ctx.params.get("variables") or {}), ""), incomplete)


def complete_profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the profiles of AWS's config and credentials files."""
    from reconciler.app.completion_values import list_aws_profiles

    return _make_items(dict.fromkeys(list_aws_profiles(os.environ), ""), incomplete)


def complete_journals(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the user's own journals, newest first, with time and account as help; then files, as the shell finds."""
    from click.shell_completion import CompletionItem

    from reconciler.app.completion_values import describe_journals

    journals = _make_items(describe_journals(os.environ), incomplete)
    return [*journals, CompletionItem(incomplete, type="file")]


def complete_rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return all problem codes with their titles, as the `shell_complete` of click."""
    from reconciler.rules.registry import RULES

    return _make_items({rule.id: rule.title for rule in RULES.values()}, incomplete)


def _make_items(helps: Mapping[str, str], incomplete: str) -> list[CompletionItem[str]]:
    """Return the names that begin with `incomplete`, with their help.

    Names with control characters are left out, and so are those that begin with `-`, which the shell would read as
    options.
    """
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(name, help=text if text and text.isprintable() else None)
        for name, text in helps.items()
        if name.startswith(incomplete) and name.isprintable() and not name.startswith("-")
    ]
