"""The controlling terminal, for questions: never stdin or stdout, which `credential_process` may hold.

Standard library only.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reconciler.assume.codes import Ask
from reconciler.model.problem import failure

_WINDOWS = sys.platform == "win32"
_READ, _WRITE = Path("CONIN$" if _WINDOWS else "/dev/tty"), Path("CONOUT$" if _WINDOWS else "/dev/tty")


def prompt() -> Ask | None:
    """A function that asks one question and returns the line typed; None where there is no terminal.

    The function raises Failed where the person ends the input instead of answering.
    """
    try:
        with _READ.open(encoding="utf-8"), _WRITE.open("w", encoding="utf-8"):
            return _ask
    except OSError:
        return None


def _ask(question: str) -> str:
    with _WRITE.open("w", encoding="utf-8") as writer:
        writer.write(question)
    with _READ.open(encoding="utf-8", errors="replace") as reader:
        answer = reader.readline()
    if not answer:
        raise failure("mfa-code", "No MFA code was entered.", hint="Run the command again when you have one.")
    return answer.strip()
