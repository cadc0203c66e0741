"""Give botocore the MFA code for a profile with `role_arn` and `mfa_serial`, whose role botocore assumes itself.

botocore's own prompt is getpass, which warns, echoes and reads stdin if there is no terminal, and ignores
--token-command. The call with the code is made once: botocore would repeat it after a lost answer, and AWS accepts a
code once only ("AssumeRole", STS API reference).
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from reconciler.aws import timing
from reconciler.model.problem import ReconcileError, make_error

CODE_VARIABLE = "RECONCILE_MFA_CODE"
AskCode = Callable[[str], str]
"""Return an MFA code for a device's serial number. Raises ReconcileError."""

_PROMPT = "Enter MFA code for "
_ONCE = Config(
    retries=timing.make_retries(timing.ONE_ATTEMPT),
    connect_timeout=timing.STS_CONNECT_TIMEOUT,
    read_timeout=timing.STS_READ_TIMEOUT,
)


def set_code_prompt(core: botocore.session.Session, ask: AskCode | None) -> None:
    """Have `ask` give the MFA code that a session's credentials need; None uses the variable, or the terminal."""
    chain: Any = core.get_component("credential_provider")
    provider: Any = chain.get_provider("assume-role")
    make, answer = provider._client_creator, ask or _ask_code
    carries_code = False

    def prompt(question: str) -> str:
        nonlocal carries_code
        code = answer(question.removeprefix(_PROMPT).removesuffix(": "))
        carries_code = True
        return code

    def make_client(service: str, **options: Any) -> Any:
        nonlocal carries_code
        once, carries_code = carries_code, False
        return make(service, **options, **({"config": _ONCE} if once else {}))

    provider._prompter, provider._client_creator = prompt, make_client


def _ask_code(serial: str) -> str:
    code = os.environ.get(CODE_VARIABLE, "")
    if code:
        return code
    if not _has_terminal():
        raise explain_no_terminal(serial)
    return getpass.getpass(f"{_PROMPT}{serial}: ")


def explain_no_terminal(serial: str) -> ReconcileError:
    """Return the error that a profile needs a code, and there is no terminal to ask on."""
    return make_error(
        "mfa-no-terminal",
        f"The profile's role needs a code of the MFA device {serial}, and there is no terminal to ask for it.",
        "The profile has `role_arn` and `mfa_serial`.",
        f"Set {CODE_VARIABLE} to a code, or use a profile without `mfa_serial`.",
    )


def _has_terminal() -> bool:
    if sys.platform == "win32":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        with Path("/dev/tty").open("rb"):
            return True
    except OSError:
        return False
