"""`reconcile schema`."""

from __future__ import annotations

import click


@click.command("schema", epilog="Example: reconcile schema > reconcile.schema.json")
def command() -> None:
    """Print the JSON Schema that files are validated against (draft 2020-12)."""
    import json

    from reconciler.desired.schema import schema

    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))
