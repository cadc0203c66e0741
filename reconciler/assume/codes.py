"""Where an MFA code comes from: what was passed, a command, a variable, the person at the terminal.

Standard library only. A code works once in its 30 seconds (IAM User Guide, "Secure API access with MFA"): one
that was sent is never sent again.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from os import name as os_name
from typing import Protocol, TypeVar

from reconciler.assume.deliver import CODE_VARIABLE
from reconciler.assume.totp import STEP
from reconciler.model.problem import Failed, failure
from reconciler.model.sts import MFA_CODE_REFUSED

ASKS = 3
"""Tries at most of what may be refused."""

QUESTIONS = 10
"""Answers of a person at most; what is no code, or was used already, is not sent."""

CODE = re.compile(r"[0-9]{6}")
_PASS = f"Pass --token-code or --token-command, or set {CODE_VARIABLE}."

_REFUSED = "AWS refused that code; wait for the next one. "
NO_CODE = "A code is six digits. "
USED = "That code was used already; wait for the next one. "

T = TypeVar("T")


class Used(Protocol):
    """The codes that were sent lately."""

    def __contains__(self, code: object, /) -> bool: ...

    def add(self, code: str, /) -> None: ...


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


def codes(
    sources: Sources, question: str, used: Used | None = None, sleep: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Codes to try, each sent once: the one that was given, then, where a person can be asked, up to three.

    An answer that is no code, or one that was used, costs none of the three; after ten answers it ends all the same.
    `used`: those that this device gave before; every code that is yielded joins them. Raises Failed: what was given
    is not six digits or was used, the command fails, or nobody can be asked.
    """
    used, note = set() if used is None else used, ""
    for _ in range(ASKS if sources.code is None and sources.command else 1):
        given = _given(sources, used, sleep)
        if given is None:
            break
        if given in used:
            note = USED
            break
        used.add(given)
        yield given
        note = _REFUSED
    if sources.ask is None:
        if note == USED:
            raise failure(
                "mfa-code-used", "This MFA code was used already.", "A code works once.", "Pass the next one."
            )
        if note:
            return
        raise failure(
            "mfa-no-terminal",
            "This role needs an MFA code, and there is no terminal to ask for one.",
            hint=_PASS,
        )
    refused, left = note == _REFUSED, ASKS
    for _ in range(QUESTIONS):
        code = sources.ask(note + question).replace(" ", "").strip()
        if not CODE.fullmatch(code):
            note = NO_CODE
        elif code in used:
            note = USED
        else:
            used.add(code)
            yield code
            refused, left, note = True, left - 1, _REFUSED
        if not left:
            break
    if not refused:
        raise failure("mfa-code", "No fresh code of six digits was entered.", hint=_PASS)


def _given(sources: Sources, used: Used, sleep: Callable[[float], None]) -> str | None:
    if sources.code is not None:
        return _checked(sources.code, "--token-code")
    if sources.command is not None:
        return _printed(sources.command, used, sleep)
    if sources.variable:
        return _checked(sources.variable, CODE_VARIABLE)
    return None


def _printed(command: str, used: Used, sleep: Callable[[float], None]) -> str:
    """What the command prints; where that code was used already, what it prints when the next one is due."""
    for _ in range(STEP + 2):
        code = _checked(_output(command), "What --token-command printed")
        if code not in used:
            break
        sleep(1)
    return code


def _checked(text: str, where: str) -> str:
    code = text.strip()
    if not CODE.fullmatch(code):
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
