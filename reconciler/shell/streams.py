"""The only module that writes to stdout and stderr; everything it writes is escaped, but what another program reads.

Standard library only, and little of it: this is on the path of every warm `assume`.
"""

from __future__ import annotations

import os
import sys

from reconciler.model.escape import escape_characters, escape_line, escape_lines

_ANNOTATIONS = ("::error ", "::warning ", "::notice ")


def write_text(text: str, *, err: bool = False, colors: bool = False) -> None:
    """Write lines that a renderer made, and a line end. `colors`: those of the text survive."""
    _write(escape_lines(text, colors=colors), err)


def write_line(text: str, *, err: bool = False) -> None:
    """Write one line, whatever is in the text."""
    _write(escape_line(text), err)


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
