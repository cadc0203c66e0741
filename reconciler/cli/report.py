"""The command `reconcile report`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.named_path import NamedPath
from reconciler.cli.options import color_option, detail_options, pager_option, read_detail


@click.command(
    "report",
    short_help="Merge what runs over many accounts left in a folder.",
    epilog="Example: reconcile report plans/ --format markdown",
)
@click.argument("folder", metavar="DIR", type=NamedPath(file_okay=False))
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="Output format."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if a plan has changes that were not made.")
@detail_options
@pager_option
@color_option
def command(folder: str, form: str, detailed_exitcode: bool, no_pager: bool, **options: Any) -> int:
    """Merge the results that the shards of `plan` or `apply` left in DIR. Exits as one run over all accounts would.

    A shard that left nothing is named, and so is each account without a result; the exit code is then 1. Asks AWS
    nothing, and needs no credentials.
    """
    from reconciler.app.organization.report import merge_results
    from reconciler.cli.organization import exit_code_of, print_results
    from reconciler.cli.output_request import OutputRequest

    summary = merge_results(Path(folder))
    detail = read_detail(options.pop("full"), options.pop("compact"))
    print_results(summary, OutputRequest(form, None, detailed_exitcode, detail, no_pager))
    return exit_code_of(summary, detailed=detailed_exitcode)
