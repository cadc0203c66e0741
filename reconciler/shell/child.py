"""Run a command in a given environment: pass on its exit code and signals, and explain if it cannot start.

Exit codes are the shell's own (POSIX, "Exit Status for Commands"): 127 not found, 126 not executable, 128 + n
ended by signal n.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from signal import Signals

from reconciler.shell.signals import handle_signals

NOT_EXECUTABLE, NOT_FOUND = 126, 127

# A terminal sends these to every process in front of it, so the command has them already.
_TERMINAL_SIGNALS = ("SIGINT", "SIGQUIT")
_FORWARDED_SIGNALS = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


def run_command(command: Sequence[str], environ: Mapping[str, str], echo: Callable[[str], None]) -> int:
    """Run `command` with exactly `environ`, and this process's stdin, stdout and stderr; return its exit code.

    echo: gets one line that explains why a command could not start.
    """
    relay = _SignalRelay()
    # A handler, never SIG_IGN: the command would inherit that.
    with handle_signals((*_TERMINAL_SIGNALS, *_FORWARDED_SIGNALS), relay.send):
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
        program = shutil.which(command[0], path=environ.get("PATH"))
        return [program or command[0], *command[1:]]
    return list(command)


class _SignalRelay:
    """Pass signals on to the command, which decides what they mean; signals before its start wait for it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[Signals] = []

    def attach(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for received in self._early:
            child.send_signal(received)

    def send(self, received: Signals) -> None:
        if received.name in _TERMINAL_SIGNALS and _is_foreground():
            return  # the terminal tells the command itself, also while this process still waits for its start
        if self._child is None:
            self._early.append(received)
        else:
            self._child.send_signal(received)


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
