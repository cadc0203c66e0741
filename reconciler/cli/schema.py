"""The command `reconcile schema`."""

from __future__ import annotations

import click


@click.command("schema", epilog="Example: reconcile schema > reconcile.schema.json")
def command() -> None:
    """Print the JSON Schema that files are validated against (draft 2020-12)."""
    from reconciler.cli.terminal import echo
    from reconciler.desired.schema import build_schema
    from reconciler.render.json_text import dump_json

    echo(dump_json(build_schema(), indent=2))
