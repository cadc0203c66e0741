"""A command run as the role: its exit code passed on, signals left to it, one line where it cannot start.

Standard library only. Exit codes are the shell's own (POSIX, "Exit Status for Commands"): 127 not found, 126
not executable, 128 + n ended by signal n.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

NOT_FOUND, NOT_EXECUTABLE = 127, 126

# A terminal sends these to every process in front of it, so the command has them already.
_FROM_TERMINAL = ("SIGINT", "SIGQUIT")
_FORWARDED = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


def run(command: Sequence[str], environ: Mapping[str, str], say: Callable[[str], None]) -> int:
    """The exit code of `command`, run with exactly `environ` and this process's stdin, stdout and stderr.

    `say` gets the one line that explains a command that could not be started.
    """
    with _signals() as attach:
        try:
            child = subprocess.Popen(_located(command, environ), env=dict(environ))
        except FileNotFoundError:
            say(f"{command[0]}: command not found")
            return NOT_FOUND
        except OSError as error:
            say(f"{command[0]}: {error.strerror or 'cannot be run'}")
            return NOT_EXECUTABLE
        attach(child)
        code = child.wait()
    return 128 - code if code < 0 else code


def _located(command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    # Windows finds `.cmd` and `.bat` programs only by their full name.
    if sys.platform == "win32":
        found = shutil.which(command[0], path=environ.get("PATH"))
        return [found or command[0], *command[1:]]
    return list(command)


@contextmanager
def _signals() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """While it lasts, signals meant for this process reach the command; those before its start are kept."""
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []
    at_terminal = _in_front()

    def forward(number: int, frame: FrameType | None) -> None:
        if children:
            children[0].send_signal(number)
        else:
            early.append(number)

    def leave(number: int, frame: FrameType | None) -> None:
        """A function, not SIG_IGN, which the command would inherit."""

    def attach(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    before = {}
    for name in (*_FROM_TERMINAL, *_FORWARDED):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            handler = leave if name in _FROM_TERMINAL and at_terminal else forward
            before[number] = signal.signal(number, handler)
    try:
        yield attach
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)


def _in_front() -> bool:
    """True where a terminal's keys reach this process and its children alike."""
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
