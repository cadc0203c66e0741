"""`run`: a command, or the user's own shell, inside a sandbox that lives exactly as long.

Its exit code is the command's, 128 + n after signal n, 126 or 127 where it cannot be started, as in a shell.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from reconciler.sandbox.prompt import interactive
from reconciler.sandbox.server import Sandbox

NOT_EXECUTABLE, NOT_FOUND = 126, 127
NOTE = """\
A sandbox of AWS IAM at {url}: an emulator on this machine, empty, gone when you leave.
reconcile, the AWS CLI and SDKs started here talk to it, and nothing can reach AWS. Leave with `exit`.
"""


def run(command: Sequence[str]) -> int:
    """Start a sandbox, run the command in it (an interactive shell, when empty), and return its exit code."""
    with Sandbox() as sandbox:
        environment = sandbox.environment()
        if command:
            return _run(command, environment)
        sys.stderr.write(NOTE.format(url=sandbox.url))
        shell = os.environ.get("SHELL") or "/bin/sh"
        argv, more = interactive(shell, sandbox.variables(), sandbox.folder)
        return _run(argv, environment | more)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    relay = Relay()
    with _signals_to(relay):
        try:
            child = subprocess.Popen(list(command), env=environment)
        except FileNotFoundError:
            return _cannot_start(command[0], "command not found", NOT_FOUND)
        except OSError as error:
            return _cannot_start(command[0], error.strerror or str(error), NOT_EXECUTABLE)
        relay.connect(child)
        code = child.wait()
    return code if code >= 0 else 128 - code


def _cannot_start(name: str, why: str, code: int) -> int:
    sys.stderr.write(f"reconcile sandbox: {Path(name).name}: {why}\n")
    return code


class Relay:
    """Passes signals on to the command; one that comes while it is being started waits for it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def connect(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._waiting:
            child.send_signal(number)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and _in_foreground():
            return
        if self._child is None:
            self._waiting.append(number)
        else:
            self._child.send_signal(number)


@contextmanager
def _signals_to(relay: Relay) -> Iterator[None]:
    """The command decides what a signal means; we leave when it does, and take the sandbox down with us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    # A handler, not SIG_IGN: the command would inherit that.
    before = {number: signal.signal(number, relay) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to the whole of our process group, the command included."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
