"""Run a command in a given environment: pass on its exit code and signals, and explain if it cannot start.

Exit codes are the shell's own (POSIX, "Exit Status for Commands"): 127 not found, 126 not executable, 128 + n
ended by signal n.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

NOT_EXECUTABLE, NOT_FOUND = 126, 127

# A terminal sends these to every process in front of it, so the command has them already.
_TERMINAL_SIGNALS = ("SIGINT", "SIGQUIT")
_FORWARDED_SIGNALS = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


def run_command(command: Sequence[str], environ: Mapping[str, str], echo: Callable[[str], None]) -> int:
    """Run `command` with exactly `environ`, and this process's stdin, stdout and stderr; return its exit code.

    echo: gets one line that explains why a command could not start.
    """
    relay = _SignalRelay()
    with _relay_signals(relay):
        try:
            child = subprocess.Popen(_locate_program(command, environ), env=dict(environ))
        except FileNotFoundError:
            echo(f"{command[0]}: command not found")
            return NOT_FOUND
        except OSError as error:
            echo(f"{command[0]}: {error.strerror or 'cannot be run'}")
            return NOT_EXECUTABLE
        relay.attach(child)
        code = child.wait()
    return 128 - code if code < 0 else code


def _locate_program(command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    # Windows finds `.cmd` and `.bat` programs only by their full name.
    if sys.platform == "win32":
        found = shutil.which(command[0], path=environ.get("PATH"))
        return [found or command[0], *command[1:]]
    return list(command)


class _SignalRelay:
    """A signal handler that passes signals on to the command; signals before its start wait for it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def attach(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if signal.Signals(number).name in _TERMINAL_SIGNALS and _is_foreground():
            return  # the terminal sends the signal to the command itself, even before this process knows it
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send_signal(number)


@contextmanager
def _relay_signals(relay: _SignalRelay) -> Iterator[None]:
    """Pass signals for this process on to the command during the block."""
    before = {}
    # Python accepts handlers only from its main thread. Never SIG_IGN: the command would inherit it.
    if threading.current_thread() is threading.main_thread():
        for name in (*_TERMINAL_SIGNALS, *_FORWARDED_SIGNALS):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, relay)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_foreground() -> bool:
    """Return whether the keys of the terminal reach this process and its children."""
    if sys.platform == "win32":
        return True
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
