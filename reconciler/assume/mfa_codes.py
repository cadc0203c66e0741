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

from reconciler.assume.delivery import CODE_VARIABLE
from reconciler.assume.totp import STEP_SECONDS
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MFA_CODE_REFUSED

MAX_TRIES = 3
"""Tries at most of what may be refused."""

MAX_ANSWERS = 10
"""Answers of a person at most; what is no code, or was used already, is not sent."""

CODE_PATTERN = re.compile(r"[0-9]{6}")
_PASS_HINT = f"Pass --token-code or --token-command, or set {CODE_VARIABLE}."

_REFUSED_NOTE = "AWS refused that code; wait for the next one. "
NOT_A_CODE_NOTE = "A code is six digits. "
USED_CODE_NOTE = "That code was used already; wait for the next one. "

T = TypeVar("T")


class UsedCodeSet(Protocol):
    """The codes that were sent lately."""

    def __contains__(self, code: object, /) -> bool: ...

    def add(self, code: str, /) -> None: ...


Prompt = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class CodeSources:
    """Where a code may come from, in this order; `ask` is the prompt. None of them shows in a repr."""

    code: str | None = field(default=None, repr=False)
    command: str | None = field(default=None, repr=False)
    variable: str | None = field(default=None, repr=False)
    ask: Prompt | None = None


def try_codes(codes: Iterator[str], send: Callable[[str], T]) -> T:
    """The answer of `send` for the first code that AWS takes.

    Raises Failed: that of `send`, at once, unless it says that the code was refused; then when codes run out.
    """
    refusal: ReconcileError | None = None
    for code in codes:
        try:
            return send(code)
        except ReconcileError as failed:
            if not any(problem.code == MFA_CODE_REFUSED for problem in failed.problems):
                raise
            refusal = failed
    raise refusal or make_error("mfa-code", "There is no MFA code to send.", hint=_PASS_HINT)


def iter_codes(
    sources: CodeSources, question: str, used: UsedCodeSet | None = None, sleep: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Codes to try, each sent once: the one that was given, then, where a person can be asked, up to three.

    An answer that is no code, or one that was used, costs none of the three; after ten answers it ends all the same.
    `used`: those that this device gave before; every code that is yielded joins them. Raises Failed: what was given
    is not six digits or was used, the command fails, or nobody can be asked.
    """
    used, note = set() if used is None else used, ""
    for _ in range(MAX_TRIES if sources.code is None and sources.command else 1):
        given = _read_given_code(sources, used, sleep)
        if given is None:
            break
        if given in used:
            note = USED_CODE_NOTE
            break
        used.add(given)
        yield given
        note = _REFUSED_NOTE
    if sources.ask is None:
        if note == USED_CODE_NOTE:
            raise make_error(
                "mfa-code-used", "This MFA code was used already.", "A code works once.", "Pass the next one."
            )
        if note:
            return
        raise make_error(
            "mfa-no-terminal",
            "This role needs an MFA code, and there is no terminal to ask for one.",
            hint=_PASS_HINT,
        )
    refused, left = note == _REFUSED_NOTE, MAX_TRIES
    for _ in range(MAX_ANSWERS):
        code = sources.ask(note + question).replace(" ", "").strip()
        if not CODE_PATTERN.fullmatch(code):
            note = NOT_A_CODE_NOTE
        elif code in used:
            note = USED_CODE_NOTE
        else:
            used.add(code)
            yield code
            refused, left, note = True, left - 1, _REFUSED_NOTE
        if not left:
            break
    if not refused:
        raise make_error("mfa-code", "No fresh code of six digits was entered.", hint=_PASS_HINT)


def _read_given_code(sources: CodeSources, used: UsedCodeSet, sleep: Callable[[float], None]) -> str | None:
    if sources.code is not None:
        return _parse_code(sources.code, "--token-code")
    if sources.command is not None:
        return _read_fresh_code(sources.command, used, sleep)
    if sources.variable:
        return _parse_code(sources.variable, CODE_VARIABLE)
    return None


def _read_fresh_code(command: str, used: UsedCodeSet, sleep: Callable[[float], None]) -> str:
    """What the command prints; where that code was used already, what it prints when the next one is due."""
    for _ in range(STEP_SECONDS + 2):
        code = _parse_code(_run_command(command), "What --token-command printed")
        if code not in used:
            break
        sleep(1)
    return code


def _parse_code(text: str, origin: str) -> str:
    code = text.strip()
    if not CODE_PATTERN.fullmatch(code):
        raise make_error("mfa-code", f"{origin} is not an MFA code.", "A code is exactly six digits.")
    return code


def _run_command(command: str) -> str:
    """What the command prints. Run without a shell; stderr and stdin stay the person's ("touch the key")."""
    try:
        words = shlex.split(command, posix=os_name == "posix")
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    except (OSError, ValueError, IndexError) as error:
        known = isinstance(error, OSError) and error.strerror
        cause = f"{known}." if known else "It cannot be read as a command."
        raise make_error(
            "mfa-command",
            "--token-command could not be started.",
            cause,
            "It is run without a shell; for a pipe write `sh -c '…'`.",
        ) from None
    if done.returncode:
        raise make_error("mfa-command", f"--token-command failed with exit code {done.returncode}.")
    return done.stdout
