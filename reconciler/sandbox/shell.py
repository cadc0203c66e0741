"""Run a command, or the user's shell, in a sandbox that exists only as long as it runs.

The exit code is that of the command. As in a shell, it is 128 + n after signal n, and 126 or 127 if the command cannot
be started.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from reconciler.sandbox.server import PROXY_VARIABLES, Sandbox
from reconciler.shell import child, streams, subshell
from reconciler.shell.variables import ShellVariables, shell_of

WELCOME = """\
This is an empty sandbox of AWS IAM at {url}, an emulator on this machine.
reconcile, the AWS CLI and SDKs started in this shell use it; nothing reaches AWS.
Type `exit` to leave. The sandbox and all that is in it are then deleted."""


def run_in_sandbox(command: Sequence[str]) -> int:
    """Start a sandbox, run the command in it, and return its exit code. An empty command: the user's shell."""
    with Sandbox() as sandbox:
        if command:
            return child.run_command(command, sandbox.build_environment(), _echo_line)
        for line in WELCOME.format(url=sandbox.url).split("\n"):
            streams.write_sentence(line, err=True)
        shell = shell_of(os.environ, os.name == "nt")
        # The user's start-up files may export keys, a profile or a proxy; none of them may lead out of the sandbox.
        return subshell.run_subshell(
            shell, build_shell_variables(sandbox), "sandbox", sandbox.build_environment(), _echo_line, prefix="AWS_"
        )


def build_shell_variables(sandbox: Sandbox) -> ShellVariables:
    """Return the variables of the sandbox's shell: those that the sandbox sets, and no proxy."""
    proxies = dict.fromkeys((*PROXY_VARIABLES, *(name.upper() for name in PROXY_VARIABLES)))
    return proxies | sandbox.build_variables()


def _echo_line(line: str) -> None:
    streams.write_line(f"reconcile sandbox: {line}", err=True)
