"""The command `reconcile export`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.completion import complete_addresses
from reconciler.cli.options import aws_options, color_option
from reconciler.cli.terminal import echo, echo_line, echo_sentence

if TYPE_CHECKING:
    from reconciler.desired.export import AccountExport

_OWNER_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def _check_owner(context: click.Context, option: click.Parameter, owner: str | None) -> str | None:
    if owner is not None and not _OWNER_PATTERN.fullmatch(owner):
        raise click.BadParameter(f"{owner!r} is no owner: use 1 to 64 letters, digits and . _ -.")
    return owner


def _check_patterns(context: click.Context, option: click.Parameter, patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        if "/" not in pattern:
            raise click.BadParameter(f"{pattern!r} is not an address pattern: write kind/name, as in role/{pattern}.")
    return patterns


@click.command("export", epilog="Example: reconcile export --owner platform > roles.yaml")
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
    type=click.Path(file_okay=False, path_type=Path),
    help="Write one file per kind into this new folder.",
)
@aws_options
@color_option
def command(
    only: tuple[str, ...],
    owner: str | None,
    split: Path | None,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
) -> int:
    """Print live IAM as a desired-state file. Its plan is empty; with --owner, it only adopts.

    Without --owner the file has `prune: none`, and applying it changes nothing in the account.
    """
    from reconciler.app import export as use_case
    from reconciler.cli.progress import show_progress

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


def _format_summary(export: AccountExport) -> str:
    counts = ", ".join(f"{section}: {len(entries)}" for section, entries in export.sections.items()) or "nothing"
    left_out = len(export.left_out)
    return f"Exported {counts}" + (f"; left out {left_out}, for the reasons in the comments." if left_out else ".")
