"""The command `reconcile schema`."""

from __future__ import annotations

import click


@click.command(
    "schema",
    short_help="Print the JSON Schema of the file.",
    epilog="Example: reconcile schema > reconcile.schema.json",
)
@click.argument("format_name", metavar="[file|summary]", type=click.Choice(["file", "summary"]), default="file")
def command(format_name: str) -> None:
    """Print the JSON Schema (draft 2020-12) that files are validated against, or that of `--summary`."""
    from reconciler.cli.terminal import echo
    from reconciler.desired.schema import build_schema
    from reconciler.render.json_text import dump_json
    from reconciler.render.summary_schema import build_summary_schema

    echo(dump_json(build_schema() if format_name == "file" else build_summary_schema(), indent=2))
