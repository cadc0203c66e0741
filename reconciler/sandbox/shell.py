"""`run`: a command, or the person's own shell, inside a sandbox that lives exactly as long.

Its exit code is the command's, 128 + n after signal n, 126 or 127 where it cannot be started, as in a shell.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from reconciler.sandbox.server import PROXIES, Sandbox
from reconciler.shell import child, streams, subshell
from reconciler.shell.variables import Variables, detected

NOTE = """\
A sandbox of AWS IAM at {url}: an emulator on this machine, empty, gone when you leave.
reconcile, the AWS CLI and SDKs started here talk to it, and nothing can reach AWS. Leave with `exit`."""


def run(command: Sequence[str]) -> int:
    """Start a sandbox, run the command in it (an interactive shell, when empty), and return its exit code."""
    with Sandbox() as sandbox:
        if command:
            return child.run(command, sandbox.environment(), _say)
        streams.write_text(NOTE.format(url=sandbox.url), err=True)
        shell = detected(os.environ, os.name == "nt")
        # The person's start-up files may well export keys, a profile or a proxy: none of them may lead out.
        return subshell.opened(shell, inside(sandbox), "sandbox", sandbox.environment(), _say, family="AWS_")


def inside(sandbox: Sandbox) -> Variables:
    """What must hold in the sandbox's shell: its own variables, and no proxy."""
    proxies = dict.fromkeys((*PROXIES, *(name.upper() for name in PROXIES)))
    return proxies | sandbox.variables()


def _say(line: str) -> None:
    streams.write_line(f"reconcile sandbox: {line}", err=True)
