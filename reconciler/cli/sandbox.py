"""The command `reconcile sandbox`."""

from __future__ import annotations

import click


@click.command(
    "sandbox",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Example: reconcile sandbox -- reconcile plan roles.yaml",
)
@click.argument("words", metavar="[-- CMD...]", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> int:
    """An AWS emulator on loopback, and a shell (or CMD) whose environment points at it.

    Nothing there can reach AWS: endpoint, dummy keys, no profile, no metadata service. It stops with the
    shell or CMD, whose exit code it returns. Needs `pip install 'reconcile-iam[sandbox]'`.
    """
    from reconciler.sandbox.shell import run_in_sandbox

    return run_in_sandbox(words)
