"""The only module that writes to stdout and stderr; everything it writes is escaped, but what another program reads.

Standard library only, and little of it: this is on the path of every warm `assume`.
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
    """Write lines that a renderer made, and a line end. `colors`: those of the text survive."""
    _write(escape_lines(text, colors=colors), err)


def write_line(text: str, *, err: bool = False) -> None:
    """Write one line, whatever is in the text."""
    _write(escape_line(text), err)


def write_sentence(text: str, *, err: bool = False, whole: Iterable[str] = ()) -> None:
    """Write one line for a person: on a terminal it is broken between words, never in those of `whole`."""
    line = escape_line(text)
    width = terminal_columns(err=err)
    if width is not None and len(line) * 2 > width:  # twice: some characters are two columns wide
        from reconciler.model.wrap import wrap_line

        line = "\n".join(map(escape_line, wrap_line(line, width, unbreakable=map(escape_line, whole))))
    _write(line, err)


def terminal_columns(*, err: bool = False) -> int | None:
    """Return how wide the terminal behind a stream is; None where there is none. COLUMNS counts, as in a shell."""
    stream = sys.stderr if err else sys.stdout
    try:
        if not stream.isatty():
            return None
        asked = os.environ.get("COLUMNS", "")
        return int(asked) if asked.isdecimal() and 0 < int(asked) < 10_000 else os.get_terminal_size(stream.fileno())[0]
    except (OSError, ValueError):
        return None


def write_commands(text: str) -> None:
    """Write annotations of GitHub's, one a line, to stdout: the only lines that may begin with `::`."""
    for line in text.split("\n"):
        _write(escape_characters(line) if line.startswith(_ANNOTATIONS) else escape_line(line), err=False)


def write_exactly(text: str) -> None:
    """Write to stdout what another program reads to its last byte: shell assignments, credentials.

    Values are the bytes that they are in the environment, whatever the locale.
    """
    buffer = None if text.isascii() or os.name == "nt" else getattr(sys.stdout, "buffer", None)
    sys.stdout.flush()
    if buffer is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        buffer.write(os.fsencode(text))
        buffer.flush()


def _write(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    try:
        stream.write(f"{text}\n")
    except UnicodeEncodeError:  # a stream of another encoding than UTF-8
        stream.write(f"{text}\n".encode(stream.encoding, "backslashreplace").decode(stream.encoding))
    stream.flush()
