"""Write to stdout and stderr. No other module does.

Everything is escaped, except output that another program reads. Every warm `assume` imports this module, so it uses
little, and only the standard library.
"""

from __future__ import annotations

import os
import sys

from reconciler.model.escape import escape_characters, escape_line, escape_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_ANNOTATIONS = ("::error ", "::warning ", "::notice ")


def write_text(text: str, *, err: bool = False, colors: bool = False) -> None:
    """Write the lines of a renderer, and a line end. colors: True to keep colour codes."""
    _write(escape_lines(text, colors=colors), err)


def write_line(text: str, *, err: bool = False) -> None:
    """Write one line; line ends in the text are escaped."""
    _write(escape_line(text), err)


def write_sentence(text: str, *, err: bool = False, whole: Iterable[str] = ()) -> None:
    """Write one line for a person; a terminal gets it broken between words, but never inside a text of `whole`."""
    line = escape_line(text)
    width = terminal_columns(err=err)
    if width is not None and len(line) * 2 > width:  # twice: some characters are two columns wide
        from reconciler.model.wrap import wrap_line

        line = "\n".join(map(escape_line, wrap_line(line, width, unbreakable=map(escape_line, whole))))
    _write(line, err)


def terminal_columns(*, err: bool = False) -> int | None:
    """Return the columns of the stream's terminal; None if it is not a terminal. COLUMNS wins, as in a shell."""
    stream = sys.stderr if err else sys.stdout
    try:
        if not stream.isatty():
            return None
        columns = os.environ.get("COLUMNS", "")
        if columns.isdecimal() and 0 < int(columns) < 10_000:
            return int(columns)
        return os.get_terminal_size(stream.fileno())[0]
    except (OSError, ValueError):
        return None


def write_commands(text: str) -> None:
    """Write GitHub's annotations, one a line, to stdout; no other line may begin with `::`."""
    for line in text.split("\n"):
        _write(escape_characters(line) if line.startswith(_ANNOTATIONS) else escape_line(line), err=False)


def write_exactly(text: str) -> None:
    """Write text for another program to stdout, byte for byte: shell assignments, credentials.

    Values keep the bytes that they have in the environment, whatever the locale is.
    """
    buffer = None if text.isascii() or os.name == "nt" else getattr(sys.stdout, "buffer", None)
    try:
        sys.stdout.flush()
        if buffer is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            buffer.write(os.fsencode(text))
            buffer.flush()
    except OSError as error:
        error.filename = "stdout"  # the message names it
        raise


def _write(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    try:
        try:
            stream.write(f"{text}\n")
        except UnicodeEncodeError:  # the stream has another encoding than UTF-8
            stream.write(f"{text}\n".encode(stream.encoding, "backslashreplace").decode(stream.encoding))
        stream.flush()
    except OSError as error:
        error.filename = "stderr" if err else "stdout"
        raise
