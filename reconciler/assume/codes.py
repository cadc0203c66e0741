"""Where an MFA code comes from: what was passed, a command, a variable, the person at the terminal.

Standard library only. A code works once in its 30 seconds (IAM User Guide, "Secure API access with MFA"): one
that was sent is never sent again.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from os import name as os_name
from typing import TypeVar

from reconciler.model.problem import Failed, failure
from reconciler.model.sts import MFA_CODE_REFUSED

ASKS = 3
VARIABLE = "RECONCILE_MFA_CODE"

_CODE = re.compile(r"[0-9]{6}")
_PASS = f"Pass --token-code or --token-command, or set {VARIABLE}."

T = TypeVar("T")
Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a code may come from, in this order; `ask` is the prompt. None of them shows in a repr."""

    code: str | None = field(default=None, repr=False)
    command: str | None = field(default=None, repr=False)
    variable: str | None = field(default=None, repr=False)
    ask: Ask | None = None


def with_code(codes: Iterator[str], send: Callable[[str], T]) -> T:
    """The answer of `send` for the first code that AWS takes.

    Raises Failed: that of `send`, at once, unless it says that the code was refused; then when codes run out.
    """
    refusal: Failed | None = None
    for code in codes:
        try:
            return send(code)
        except Failed as failed:
            if not any(problem.code == MFA_CODE_REFUSED for problem in failed.problems):
                raise
            refusal = failed
    raise refusal or failure("mfa-code", "There is no MFA code to send.", hint=_PASS)


def codes(sources: Sources, question: str) -> Iterator[str]:
    """Codes to try, each sent once: the one that was given, then, where a person can be asked, up to three.

    Raises Failed: what was given is not six digits, the command fails, or nobody can be asked.
    """
    sent: set[str] = set()
    given = _given(sources)
    if given is not None:
        sent.add(given)
        yield given
    if sources.ask is None:
        if sent:
            return
        raise failure(
            "mfa-no-terminal",
            "This role needs an MFA code, and there is no terminal to ask for one.",
            hint=_PASS,
        )
    note = "AWS refused that code; wait for the next one. " if sent else ""
    for _ in range(ASKS):
        code = sources.ask(note + question).replace(" ", "").strip()
        if not _CODE.fullmatch(code):
            note = "A code is six digits. "
        elif code in sent:
            note = "That code was used already; wait for the next one. "
        else:
            sent.add(code)
            yield code
            note = "AWS refused that code; wait for the next one. "
    if not sent:
        raise failure("mfa-code", "No code of six digits was entered.", hint=_PASS)


def _given(sources: Sources) -> str | None:
    if sources.code is not None:
        return _checked(sources.code, "--token-code")
    if sources.command is not None:
        return _checked(_output(sources.command), "What --token-command printed")
    if sources.variable:
        return _checked(sources.variable, VARIABLE)
    return None


def _checked(text: str, where: str) -> str:
    code = text.strip()
    if not _CODE.fullmatch(code):
        raise failure("mfa-code", f"{where} is not an MFA code.", "A code is exactly six digits.")
    return code


def _output(command: str) -> str:
    """What the command prints. Run without a shell; stderr and stdin stay the person's ("touch the key")."""
    try:
        words = shlex.split(command, posix=os_name == "posix")
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    except (OSError, ValueError, IndexError) as error:
        known = isinstance(error, OSError) and error.strerror
        cause = f"{known}." if known else "It cannot be read as a command."
        raise failure(
            "mfa-command",
            "--token-command could not be started.",
            cause,
            "It is run without a shell; for a pipe write `sh -c '…'`.",
        ) from None
    if done.returncode:
        raise failure("mfa-command", f"--token-command failed with exit code {done.returncode}.")
    return done.stdout
