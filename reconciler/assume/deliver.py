"""What a person gets of an assumed role: printed variables, a command run as the role, or a shell as the role.

Standard library only; the warm path and the slow one end here alike.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from reconciler.assume.cache import MARGIN, Say
from reconciler.assume.credentials import Credentials, clock, expiry
from reconciler.shell.variables import Variables, applied, assignments, detected

CODE_VARIABLE = "RECONCILE_MFA_CODE"

SOON = 2 * MARGIN
"""Seconds: with less left, the end of the session is told before a command that may outlast it."""


class Wish:
    """What was asked for. `form` None: a shell on a terminal, assignments elsewhere; `words`: the command."""

    __slots__ = ("form", "printing", "shell", "words")

    def __init__(self, words: Sequence[str], shell: str | None, form: str | None, printing: bool) -> None:
        self.words, self.shell, self.form, self.printing = words, shell, form, printing


def deliver(
    wish: Wish,
    alias: str,
    role_arn: str,
    credentials: Credentials,
    variables: Variables,
    environ: Mapping[str, str],
    say: Say,
) -> int:
    """The exit code: of the command or shell that was run, else 0."""
    if wish.words:
        return _run(wish.words, credentials, variables, environ, say)
    shell = wish.shell or reader(environ)
    if not (wish.printing or wish.form) and sys.stdout.isatty():
        return _open(shell, alias, role_arn, credentials, variables, environ, say)
    put(printed(wish.form, shell, credentials, variables))
    return 0


def put(text: str) -> None:
    """Write lines for a shell to stdout: as the bytes that their values are in the environment, whatever the locale."""
    buffer = None if text.isascii() or os.name == "nt" else getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    sys.stdout.flush()
    buffer.write(os.fsencode(text))
    buffer.flush()


def printed(form: str | None, shell: str, credentials: Credentials, variables: Variables) -> str:
    """What stdout gets. `form` is env, json, credential-process or None for env."""
    if form in (None, "env"):
        return assignments(variables, shell)
    from reconciler.assume import emit

    return emit.credential_process(credentials) if form == "credential-process" else emit.as_json(variables)


def reader(environ: Mapping[str, str]) -> str:
    """The shell that reads what is printed, and the one that a subshell is."""
    return detected(environ, os.name == "nt")


def _run(
    words: Sequence[str], credentials: Credentials, variables: Variables, environ: Mapping[str, str], say: Say
) -> int:
    from time import time

    from reconciler.shell import child

    ends = expiry(credentials.expiration)
    if ends is not None and (left := ends.timestamp() - time()) < SOON:
        say(f"these credentials end at {clock(credentials.expiration)}, in {max(0, int(left // 60))} minutes.")
    return child.run(words, _environ(variables, environ), say)


def _open(
    shell: str,
    alias: str,
    role_arn: str,
    credentials: Credentials,
    variables: Variables,
    environ: Mapping[str, str],
    say: Say,
) -> int:
    from reconciler.shell import subshell

    ends = clock(credentials.expiration)
    until = f" until {ends}" if ends else ""
    say(f"You are {role_arn} in this shell{until}; `exit` takes you back.")
    return subshell.opened(shell, variables, alias + until, _environ({}, environ), say)


def _environ(variables: Variables, environ: Mapping[str, str]) -> dict[str, str]:
    """What a command or shell gets: a code for `assume` is not its business."""
    return applied({**variables, CODE_VARIABLE: None}, environ)
