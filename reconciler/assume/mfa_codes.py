"""Get MFA codes from an option, a command, a variable or the person at the terminal.

AWS accepts each code once, within its 30 seconds (IAM User Guide, "Secure API access with MFA"). So reconcile sends
each code once. Standard library only.
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
"""Codes that are sent at most."""

MAX_ANSWERS = 10
"""Answers that a person may give at most, those that are not sent included."""

CODE_PATTERN = re.compile(r"[0-9]{6}")
_PASS_HINT = f"Pass --token-code or --token-command, or set {CODE_VARIABLE}."

_REFUSED_CODE_NOTE = "AWS refused that code. Wait for the next one. "
NOT_A_CODE_NOTE = "A code is six digits. "
USED_CODE_NOTE = "That code has been used. Wait for the next one. "

T = TypeVar("T")


class UsedCodeSet(Protocol):
    """The codes that were sent recently."""

    def __contains__(self, code: object, /) -> bool: ...

    def add(self, code: str, /) -> None: ...


Prompt = Callable[[str], str]
"""Ask a question and return the answer."""


@dataclass(frozen=True, slots=True)
class CodeSources:
    """The sources of a code, tried in the order of the fields. No code or command shows in a repr.

    code: --token-code. command: --token-command. variable: the value of RECONCILE_MFA_CODE. ask: the prompt.
    """

    code: str | None = field(default=None, repr=False)
    command: str | None = field(default=None, repr=False)
    variable: str | None = field(default=None, repr=False)
    ask: Prompt | None = None


def try_codes(codes: Iterator[str], send: Callable[[str], T]) -> T:
    """Send codes until AWS accepts one and return the answer of `send`.

    Raises ReconcileError from `send` at once, unless AWS refused the code; then only when no code is left.
    """
    refusal: ReconcileError | None = None
    for code in codes:
        try:
            return send(code)
        except ReconcileError as error:
            if not any(problem.code == MFA_CODE_REFUSED for problem in error.problems):
                raise
            refusal = error
    raise refusal or make_error("mfa-code", "There is no MFA code to send.", hint=_PASS_HINT)


def iter_codes(
    sources: CodeSources, question: str, used: UsedCodeSet | None = None, sleep: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Yield codes to send: the given one, then up to three that the person types.

    An answer that is not a code, or a used one, is not sent and does not count; after ten answers the questions end.
    used: the codes of this device that were sent before; each yielded code is added. sleep: waits some seconds.
    Raises ReconcileError if the given code is not six digits or has been used, the command fails, or there is no
    terminal to ask on.
    """
    used, note = set() if used is None else used, ""
    for _ in range(MAX_TRIES if sources.code is None and sources.command else 1):
        code = _read_given_code(sources, used, sleep)
        if code is None:
            break
        if code in used:
            note = USED_CODE_NOTE
            break
        used.add(code)
        yield code
        note = _REFUSED_CODE_NOTE
    if sources.ask is None:
        if note == USED_CODE_NOTE:
            raise make_error(
                "mfa-code-used",
                "This MFA code has been used.",
                "AWS accepts each code once.",
                "Wait for the next code of the device (30 seconds at most) and run the command again with it.",
            )
        if note:
            return
        raise make_error(
            "mfa-no-terminal",
            "This role needs an MFA code, and there is no terminal to ask for it.",
            hint=_PASS_HINT,
        )
    was_refused, tries_left = note == _REFUSED_CODE_NOTE, MAX_TRIES
    for _ in range(MAX_ANSWERS):
        code = sources.ask(note + question).replace(" ", "").strip()
        if not CODE_PATTERN.fullmatch(code):
            note = NOT_A_CODE_NOTE
        elif code in used:
            note = USED_CODE_NOTE
        else:
            used.add(code)
            yield code
            was_refused, tries_left, note = True, tries_left - 1, _REFUSED_CODE_NOTE
        if not tries_left:
            break
    if not was_refused:
        raise make_error(
            "mfa-code", f"None of {MAX_ANSWERS} answers was an unused code of six digits.", hint=_PASS_HINT
        )


def _read_given_code(sources: CodeSources, used: UsedCodeSet, sleep: Callable[[float], None]) -> str | None:
    if sources.code is not None:
        return _parse_code(sources.code, "--token-code")
    if sources.command is not None:
        return _read_fresh_code(sources.command, used, sleep)
    if sources.variable:
        return _parse_code(sources.variable, CODE_VARIABLE)
    return None


def _read_fresh_code(command: str, used: UsedCodeSet, sleep: Callable[[float], None]) -> str:
    """Return the code that the command prints. If it has been used, wait for the next one."""
    for _ in range(STEP_SECONDS + 2):
        code = _parse_code(_run_command(command), "The output of --token-command")
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
    """Run the command without a shell and return its output. It keeps stdin and stderr, to ask for a touch, say."""
    try:
        words = shlex.split(command, posix=os_name == "posix")
        result = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    except (OSError, ValueError, IndexError) as error:
        reason = isinstance(error, OSError) and error.strerror
        cause = f"{reason}." if reason else "Its value is not a valid command line."
        raise make_error(
            "mfa-command",
            "--token-command did not start.",
            cause,
            "reconcile runs it without a shell. To use a pipe, write --token-command \"sh -c '…'\".",
        ) from None
    if result.returncode:
        raise make_error(
            "mfa-command",
            f"--token-command failed with exit code {result.returncode}.",
            hint="Run that command by itself to see why.",
        )
    return result.stdout
