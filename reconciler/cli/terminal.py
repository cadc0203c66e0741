"""What is said and how: to stdout or stderr, in colour or not, and whether a person is there to answer."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from reconciler.model.escape import escape_line
from reconciler.shell import streams

_choice: str = "auto"


def choose_color(choice: str) -> None:
    """What --color said: auto, always or never."""
    global _choice
    _choice = choice


def colored(*, err: bool = False) -> bool:
    """--color, then NO_COLOR (no-color.org), then whether the stream is a terminal."""
    if _choice != "auto":
        return _choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return (sys.stderr if err else sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


def interactive() -> bool:
    """True where a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def width() -> int:
    """Columns of the terminal; 100 where the output is not one."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 100


def say(text: str, *, err: bool = False) -> None:
    """Print lines that a renderer made; colours that `colored` allowed survive a pipe."""
    streams.write_text(text, err=err, colors=colored(err=err))


def say_line(text: str, *, err: bool = False) -> None:
    """Print one line, whatever is in the text."""
    streams.write_line(text, err=err)


def say_commands(text: str) -> None:
    """Print the annotations of `--format github`."""
    streams.write_commands(text)


def tell(line: str) -> None:
    """A line for the person beside the results, on stderr."""
    say_line(f"reconcile: {line}", err=True)


def heard(*lines: str, err: bool = False) -> None:
    """Print each as one line, for a command that goes on and ends as well where nobody listens any more."""
    _heard("\n".join(map(escape_line, lines)), err)


def heard_text(text: str, *, err: bool = False) -> None:
    """Print lines that a renderer made, in the same way."""
    _heard(text, err)


def _heard(text: str, err: bool) -> None:
    try:
        say(text, err=err)
    except OSError:
        _silence(sys.stderr if err else sys.stdout)


class Lasting:
    """A stream for a program that outlives its terminal: what cannot be shown any more is no error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError:
            _silence(self._stream)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            _silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _silence(stream: TextIO) -> None:
    with suppress(OSError):  # what is left in its buffer would fail again at the end of the program
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
