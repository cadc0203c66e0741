"""The command `reconcile sandbox`."""

from __future__ import annotations

import click


@click.command(
    "sandbox",
    short_help="Try all of this on an emulator of AWS.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Example: reconcile sandbox -- reconcile plan roles.yaml",
)
@click.argument("words", metavar="[-- CMD...]", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> int:
    """Start an AWS emulator on this machine, and a shell (or CMD) that uses it.

    Nothing in that shell can reach AWS: it has the emulator's endpoint, dummy keys, no profile and no metadata
    service. The emulator stops when the shell or CMD ends. Needs `pip install 'reconcile-iam[sandbox]'`.
    """
    from reconciler.sandbox.shell import run_in_sandbox

    return run_in_sandbox(words)
