"""Ask questions on the controlling terminal, never on stdin or stdout, which `credential_process` may use.

Standard library only.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from reconciler.assume.mfa_codes import Prompt
from reconciler.model.escape import escape_lines
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.wrap import wrap_line

_WINDOWS = sys.platform == "win32"
_READ, _WRITE = Path("CONIN$" if _WINDOWS else "/dev/tty"), Path("CONOUT$" if _WINDOWS else "/dev/tty")


def make_prompt() -> Prompt | None:
    """Return a function that asks one question and returns the typed line; None if there is no terminal.

    That function raises ReconcileError if the person ends the input without an answer.
    """
    try:
        with _READ.open(encoding="utf-8"), _WRITE.open("w", encoding="utf-8"):
            return _ask_question
    except OSError:
        return None


def show_text(text: str) -> None:
    """Write a text to the terminal itself, past any redirection, so that a secret is shown and not saved.

    Raises ReconcileError if the terminal is closed.
    """
    try:
        with _WRITE.open("w", encoding="utf-8") as writer:
            writer.write(escape_lines(text, colors=True))
    except OSError:
        raise _make_lost_error() from None


def read_size() -> os.terminal_size:
    """Return the columns and lines of the terminal; 80 by 24 if they are unknown."""
    try:
        with _WRITE.open("w", encoding="utf-8") as terminal:
            size = os.get_terminal_size(terminal.fileno())
    except OSError:
        size = os.terminal_size((0, 0))
    return size if all(size) else os.terminal_size((80, 24))


def _end_line() -> None:
    """End the line of a question without an answer, so that the next text has a line of its own."""
    with suppress(ReconcileError):
        show_text("\n")


def _make_lost_error() -> ReconcileError:
    return make_error("terminal-lost", "The terminal was closed.", hint="Run the command again in another one.")


def _ask_question(question: str) -> str:
    columns = read_size().columns
    try:
        show_text("\n".join(part for line in question.split("\n") for part in wrap_line(line, columns)))
        with _READ.open(encoding="utf-8", errors="replace") as reader:
            answer = reader.readline()
    except OSError:
        raise _make_lost_error() from None
    except KeyboardInterrupt:
        _end_line()
        raise
    if not answer:
        _end_line()
        raise make_error("mfa-code", "No MFA code was entered.", hint="Run the command again and type the code.")
    return answer.strip()
