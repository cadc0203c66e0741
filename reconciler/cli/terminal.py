"""Print to stdout or stderr, decide about colour and width, and tell whether a person can be asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from reconciler.shell import streams

_color_choice: str = "auto"


def choose_color(choice: str) -> None:
    """Set the value of --color: auto, always or never."""
    global _color_choice
    _color_choice = choice


def uses_color(*, err: bool = False) -> bool:
    """Return whether to use colour: by --color, then NO_COLOR (no-color.org), then if the stream is a terminal."""
    if _color_choice != "auto":
        return _color_choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return (sys.stderr if err else sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


def is_interactive() -> bool:
    """Return whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def get_width(*, err: bool = False) -> int | None:
    """Return the columns of the terminal; None if the stream is not a terminal, so that lines are not broken."""
    return streams.terminal_columns(err=err)


def echo(text: str, *, err: bool = False) -> None:
    """Print lines that a renderer made. Colours are kept if `uses_color` allows them, in a pipe, too."""
    streams.write_text(text, err=err, colors=uses_color(err=err))


def echo_paged(text: str) -> None:
    """Print lines that a renderer made; in the user's pager if the terminal cannot show them as a whole."""
    from reconciler.shell import pager

    command = pager.find_pager(os.environ) if pager.needs_pager(text) else None
    if command is None or not pager.page_text(text, command, colors=uses_color()):
        echo(text)


def echo_line(text: str, *, err: bool = False) -> None:
    """Print a text as one line, with control characters escaped."""
    streams.write_line(text, err=err)


def echo_sentence(text: str, *, err: bool = False, whole: Iterable[str] = ()) -> None:
    """Print a sentence, broken between words to fit the terminal. whole: texts that are never broken."""
    streams.write_sentence(text, err=err, whole=whole)


def ask_for_yes(question: str) -> bool:
    """Ask a question on stderr, broken between words to fit the terminal. Return whether the answer is `yes`."""
    import click

    from reconciler.model.wrap import wrap_line

    width, how = get_width(err=True), "Type 'yes' to continue"
    lines = wrap_line(f"{question} {how}", width - len(": yes") - 1 if width else None, unbreakable=[how])
    asked = "\n".join(["", *lines])
    return bool(click.prompt(asked, default="no", show_default=False, err=True).strip().lower() == "yes")


def echo_commands(text: str) -> None:
    """Print the annotations of `--format github`."""
    streams.write_commands(text)


def notice(line: str) -> None:
    """Print a line on stderr that is not part of the results."""
    echo_sentence(f"reconcile: {line}", err=True)


def ignore_notice(line: str) -> None:
    """Print nothing, for programs that read stderr."""


def echo_quietly(*lines: str, err: bool = False, whole: Iterable[str] = ()) -> None:
    """Print sentences, and ignore a closed output, for a command that must go on without it."""
    unbroken = tuple(whole)
    with _silence_on_error(err=err):
        for line in lines:
            echo_sentence(line, err=err, whole=unbroken)


def echo_text_quietly(text: str, *, err: bool = False) -> None:
    """Print lines that a renderer made, and ignore a closed output."""
    with _silence_on_error(err=err):
        echo(text, err=err)


@contextmanager
def _silence_on_error(*, err: bool) -> Iterator[None]:
    try:
        yield
    except OSError:
        _silence_stream(sys.stderr if err else sys.stdout)


class QuietStream:
    """A stream that ignores a closed output, for a program that outlives its terminal."""

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


def silence_stdout() -> None:
    """Drop what is written to stdout from now on, and what is left in its buffer."""
    if sys.stdout is not None:
        _silence_stream(sys.stdout)


def _silence_stream(stream: TextIO) -> None:
    with suppress(OSError):  # Python flushes the buffer again at exit, which must not fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
