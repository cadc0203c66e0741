"""The command `reconcile export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.completion import complete_addresses
from reconciler.cli.named_path import NamedPath
from reconciler.cli.options import aws_options, color_option
from reconciler.cli.terminal import echo, echo_line, echo_sentence
from reconciler.model.text_forms import ACCOUNT_ID, OWNER

if TYPE_CHECKING:
    from reconciler.desired.export import AccountExport
    from reconciler.model.organization import AccountLevels


def _check_owner(context: click.Context, option: click.Parameter, owner: str | None) -> str | None:
    if owner is not None and not OWNER.accepts(owner):
        raise click.BadParameter(f"{owner!r} is not an owner: use {OWNER.words}.")
    return owner


def _check_account(context: click.Context, option: click.Parameter, account: str) -> str:
    if account and not ACCOUNT_ID.accepts(account):
        raise click.BadParameter(f"{account!r} is not an account id: use its 12 digits.")
    return account


def _check_patterns(context: click.Context, option: click.Parameter, patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        if "/" not in pattern:
            raise click.BadParameter(f"{pattern!r} is not an address pattern: write kind/name, as in role/{pattern}.")
    return patterns


@click.command(
    "export", short_help="Write live IAM as a file.", epilog="Example: reconcile export --owner platform > roles.yaml"
)
@click.option(
    "--only",
    metavar="PATTERN",
    multiple=True,
    callback=_check_patterns,
    shell_complete=complete_addresses,
    help="Export only addresses (kind/name) that match, with * and ?; repeatable.",
)
@click.option(
    "--owner",
    metavar="NAME",
    callback=_check_owner,
    help="Write the file of a new stack: its first apply adopts the entities.",
)
@click.option(
    "--split",
    metavar="DIR",
    type=NamedPath(file_okay=False, path_type=Path),
    help="Write one file per kind into this folder, which must have no YAML files.",
)
@click.option(
    "--guardrails",
    metavar="DIR",
    type=NamedPath(file_okay=False, path_type=Path),
    help="Write only the organization's policies that bind the account (SCPs, RCPs) into this folder.",
)
@click.option(
    "--account",
    metavar="ID",
    default="",
    callback=_check_account,
    help="With --guardrails: the account to export them for. Default: the caller's.",
)
@aws_options
@color_option
def command(
    only: tuple[str, ...],
    owner: str | None,
    split: Path | None,
    guardrails: Path | None,
    account: str,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
) -> int:
    """Print live IAM as a desired-state file. Its plan is empty; with --owner, it only adopts.

    Without --owner the file has `prune: none`, and applying it changes nothing in the account.
    """
    from reconciler.app import export as use_case
    from reconciler.cli.progress import show_progress

    if guardrails is not None:
        if only or owner or split:
            raise click.UsageError("--guardrails writes only the guardrails: leave out --only, --owner and --split.")
        return _export_guardrails(guardrails, account, profile, region, endpoint_url)
    if account:
        raise click.UsageError("--account is for --guardrails: an export is of the caller's own account.")
    request = use_case.ExportRequest(only, owner, profile, region, endpoint_url)
    with show_progress("Reading IAM"):
        export = use_case.export_account(request, split=split is not None)
    if split:
        for path in use_case.write_files(export, request, split):
            echo_line(str(path))
    else:
        echo(use_case.format_export(export, request).removesuffix("\n"))
    echo_sentence(_format_summary(export), err=True)
    return 0


def _export_guardrails(
    folder: Path, account: str, profile: str | None, region: str | None, endpoint_url: str | None
) -> int:
    from reconciler.app import guardrails_export as use_case
    from reconciler.cli.progress import show_progress

    with show_progress("Reading the organization"):
        found = use_case.read_guardrails(account, profile, region, endpoint_url)
    written = use_case.write_guardrails(found, folder)
    for path in written.paths:
        echo_line(str(path))
    echo_sentence(_format_guardrails_summary(found), err=True)
    if written.leftovers:
        leftovers = ", ".join(map(str, written.leftovers))
        echo_sentence(f"These files of an earlier export count no longer, and can be deleted: {leftovers}.", err=True)
    echo_sentence("Plans count the guardrails if your file has this line; the path is relative to that file:", err=True)
    echo_line(f"  {written.include}", err=True)
    return 0


def _format_guardrails_summary(found: AccountLevels) -> str:
    scps = sum(len(level.scps) for level in found.levels)
    rcps = sum(len(level.rcps) for level in found.levels)
    names = " > ".join(level.name or ("root" if level.is_root else found.account) for level in found.levels)
    summary = f"Exported guardrails of {found.organization}: SCPs: {scps}, RCPs: {rcps}, at {names}."
    return f"{summary} None binds the account: it manages the organization." if found.is_management else summary


def _format_summary(export: AccountExport) -> str:
    counts = ", ".join(f"{section}: {len(entries)}" for section, entries in export.sections.items()) or "nothing"
    left_out = len(export.left_out)
    return f"Exported {counts}" + (f"; left out {left_out}, for the reasons in the comments." if left_out else ".")
