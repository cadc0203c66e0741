"""Hand out an assumed role: print its variables, run a command as the role, or open a shell as the role.

Both the warm and the cold `assume` end here. Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from reconciler.assume.cache import REFRESH_MARGIN, Notice
from reconciler.assume.credentials import Credentials, format_local_time, parse_expiration
from reconciler.shell import streams
from reconciler.shell.variables import ShellVariables, apply_variables, render_assignments, shell_of

CODE_VARIABLE = "RECONCILE_MFA_CODE"

EXPIRY_NOTICE_SECONDS = 2 * REFRESH_MARGIN
"""Seconds. If a session lasts less than this, a notice gives its end before the command runs."""


class OutputOptions:
    """The output that the user asked for.

    words: the command to run. shell: the shell to open or to write for. form: env, json or credential-process; None
    opens a shell on a terminal and prints assignments elsewhere. printing: print assignments on a terminal, too.
    """

    __slots__ = ("form", "printing", "shell", "words")

    def __init__(self, words: Sequence[str], shell: str | None, form: str | None, printing: bool) -> None:
        self.words, self.shell, self.form, self.printing = words, shell, form, printing


def deliver_credentials(
    output: OutputOptions,
    alias: str,
    role_arn: str,
    credentials: Credentials,
    variables: ShellVariables,
    environ: Mapping[str, str],
    notice: Notice,
) -> int:
    """Hand out the credentials as asked and return the exit code: that of the command or shell, else 0."""
    if output.words:
        return _run_command(output.words, credentials, variables, environ, notice)
    shell = output.shell or choose_shell(environ)
    if not (output.printing or output.form) and sys.stdout.isatty():
        return _open_subshell(shell, alias, role_arn, credentials, variables, environ, notice)
    streams.write_exactly(format_output(output.form, shell, credentials, variables))
    return 0


def format_output(form: str | None, shell: str, credentials: Credentials, variables: ShellVariables) -> str:
    """Return the text for stdout. `form` is env, json or credential-process; None is env."""
    if form in (None, "env"):
        return render_assignments(variables, shell)
    from reconciler.assume import credentials_json

    return (
        credentials_json.format_credential_process(credentials)
        if form == "credential-process"
        else credentials_json.as_json(variables)
    )


def choose_shell(environ: Mapping[str, str]) -> str:
    """Return the user's shell: the printed lines are for it, and a subshell runs it."""
    return shell_of(environ, os.name == "nt")


def _run_command(
    words: Sequence[str],
    credentials: Credentials,
    variables: ShellVariables,
    environ: Mapping[str, str],
    notice: Notice,
) -> int:
    from time import time

    from reconciler.shell import child

    ends = parse_expiration(credentials.expiration)
    if ends is not None and (seconds_left := ends.timestamp() - time()) < EXPIRY_NOTICE_SECONDS:
        notice(
            f"these credentials expire at {format_local_time(credentials.expiration)}, in "
            f"{max(0, int(seconds_left // 60))} minutes."
        )
    return child.run_command(words, _build_child_environ(variables, environ), notice)


def _open_subshell(
    shell: str,
    alias: str,
    role_arn: str,
    credentials: Credentials,
    variables: ShellVariables,
    environ: Mapping[str, str],
    notice: Notice,
) -> int:
    from reconciler.shell import subshell

    ends = format_local_time(credentials.expiration)
    until = f" until {ends}" if ends else ""
    notice(f"this shell is {role_arn}{until}. Leave it with `exit`.")
    return subshell.run_subshell(shell, variables, alias + until, _build_child_environ({}, environ), notice)


def _build_child_environ(variables: ShellVariables, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command or shell, without the MFA code that was meant for `assume` alone."""
    return apply_variables({**variables, CODE_VARIABLE: None}, environ)
