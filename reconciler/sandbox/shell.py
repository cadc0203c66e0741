"""`run_in_sandbox`: a command, or the person's own shell, inside a sandbox that lives exactly as long.

Its exit code is the command's, 128 + n after signal n, 126 or 127 where it cannot be started, as in a shell.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from reconciler.sandbox.server import PROXY_VARIABLES, Sandbox
from reconciler.shell import child, streams, subshell
from reconciler.shell.variables import ShellVariables, shell_of

WELCOME = """\
A sandbox of AWS IAM at {url}: an emulator on this machine, empty, gone when you leave.
reconcile, the AWS CLI and SDKs started here talk to it, and nothing can reach AWS. Leave with `exit`."""


def run_in_sandbox(command: Sequence[str]) -> int:
    """Start a sandbox, run the command in it (an interactive shell, when empty), and return its exit code."""
    with Sandbox() as sandbox:
        if command:
            return child.run_command(command, sandbox.build_environment(), _echo_line)
        streams.write_text(WELCOME.format(url=sandbox.url), err=True)
        shell = shell_of(os.environ, os.name == "nt")
        # The person's start-up files may well export keys, a profile or a proxy: none of them may lead out.
        return subshell.run_subshell(
            shell, build_shell_variables(sandbox), "sandbox", sandbox.build_environment(), _echo_line, prefix="AWS_"
        )


def build_shell_variables(sandbox: Sandbox) -> ShellVariables:
    """What must hold in the sandbox's shell: its own variables, and no proxy."""
    proxies = dict.fromkeys((*PROXY_VARIABLES, *(name.upper() for name in PROXY_VARIABLES)))
    return proxies | sandbox.build_variables()


def _echo_line(line: str) -> None:
    streams.write_line(f"reconcile sandbox: {line}", err=True)
