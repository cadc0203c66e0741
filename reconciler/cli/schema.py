"""`reconcile schema`."""

from __future__ import annotations

import click


@click.command("schema", epilog="Example: reconcile schema > reconcile.schema.json")
def command() -> None:
    """Print the JSON Schema that files are validated against (draft 2020-12)."""
    from reconciler.cli.terminal import say
    from reconciler.desired.schema import schema
    from reconciler.render.json_text import json_text

    say(json_text(schema(), indent=2))
