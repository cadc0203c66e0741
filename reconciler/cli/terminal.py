"""What is said and how: to stdout or stderr, in colour or not, and whether a person is there to answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from reconciler.shell import streams

_color_choice: str = "auto"


def choose_color(choice: str) -> None:
    """What --color said: auto, always or never."""
    global _color_choice
    _color_choice = choice


def uses_color(*, err: bool = False) -> bool:
    """--color, then NO_COLOR (no-color.org), then whether the stream is a terminal."""
    if _color_choice != "auto":
        return _color_choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return (sys.stderr if err else sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


def is_interactive() -> bool:
    """True where a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def get_width(*, err: bool = False) -> int | None:
    """Return the columns of the terminal; None where the stream is none, and lines stay as long as they are."""
    return streams.terminal_columns(err=err)


def echo(text: str, *, err: bool = False) -> None:
    """Print lines that a renderer made; colours that `uses_color` allowed survive a pipe."""
    streams.write_text(text, err=err, colors=uses_color(err=err))


def echo_line(text: str, *, err: bool = False) -> None:
    """Print one line, whatever is in the text."""
    streams.write_line(text, err=err)


def echo_sentence(text: str, *, err: bool = False, whole: Iterable[str] = ()) -> None:
    """Print one line for a person, broken between words where the terminal is narrower; `whole` stays in one piece."""
    streams.write_sentence(text, err=err, whole=whole)


def echo_commands(text: str) -> None:
    """Print the annotations of `--format github`."""
    streams.write_commands(text)


def notice(line: str) -> None:
    """A line for the person beside the results, on stderr."""
    echo_sentence(f"reconcile: {line}", err=True)


def echo_quietly(*lines: str, err: bool = False, whole: Iterable[str] = ()) -> None:
    """Print sentences, for a command that goes on and ends as well where nobody listens any more."""
    kept = tuple(whole)
    with _silence_on_error(err=err):
        for line in lines:
            echo_sentence(line, err=err, whole=kept)


def echo_text_quietly(text: str, *, err: bool = False) -> None:
    """Print lines that a renderer made, in the same way."""
    with _silence_on_error(err=err):
        echo(text, err=err)


@contextmanager
def _silence_on_error(*, err: bool) -> Iterator[None]:
    try:
        yield
    except OSError:
        _silence_stream(sys.stderr if err else sys.stdout)


class QuietStream:
    """A stream for a program that outlives its terminal: what cannot be shown any more is no error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError:
            _silence_stream(self._stream)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            _silence_stream(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _silence_stream(stream: TextIO) -> None:
    with suppress(OSError):  # what is left in its buffer would fail again at the end of the program
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
