"""Profiles with `role_arn` and `mfa_serial`: botocore assumes that role by itself, and takes the code from us.

botocore's own prompt is getpass, which without a terminal warns, echoes and waits for a line of stdin, and which knows
of no --token-command. Its call with the code is made once: it would repeat it after a lost answer, and AWS takes a
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
"""The serial number of a device → a code of it. Raises Failed."""

_PROMPT = "Enter MFA code for "
_ONCE = Config(
    retries=timing.make_retries(timing.ONE_ATTEMPT),
    connect_timeout=timing.STS_CONNECT_TIMEOUT,
    read_timeout=timing.STS_READ_TIMEOUT,
)


def set_code_prompt(core: botocore.session.Session, ask: AskCode | None) -> None:
    """Let `ask` answer where the credentials of a session need an MFA code; None: the variable, or the terminal."""
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
    """Return what is said where a profile needs a code and nobody can be asked for one."""
    return make_error(
        "mfa-no-terminal",
        f"The profile's role needs a code of the MFA device {serial}, and there is no terminal to ask for one.",
        "The profile has `role_arn` and `mfa_serial`.",
        f"Set {CODE_VARIABLE}, or use a profile without `mfa_serial`.",
    )


def _has_terminal() -> bool:
    if sys.platform == "win32":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        with Path("/dev/tty").open("rb"):
            return True
    except OSError:
        return False
