"""Show a long text in the user's pager, if stdout is a terminal and the text is longer than it.

`RECONCILE_PAGER` names the pager, then `PAGER`, then `less` is taken if it is installed. An empty value or `cat` turns
paging off. less gets git's own settings (`LESS=FRX`): it stays only for a text that does not fit, and keeps colours.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping

from reconciler.model.escape import escape_lines
from reconciler.shell.signals import handle_signals
from reconciler.shell.streams import terminal_columns

_VARIABLES = ("RECONCILE_PAGER", "PAGER")
_DEFAULT = "less"
_NO_PAGER = ("", "cat")
_DEFAULT_ROWS = 24
_NOT_STARTED = (126, 127)


def find_pager(environ: Mapping[str, str]) -> list[str] | None:
    """Return the command of the pager; None if the user wants none, or has none."""
    named = next((environ[name] for name in _VARIABLES if name in environ), None)
    if named is None:
        return [_DEFAULT] if shutil.which(_DEFAULT) else None
    try:
        command = shlex.split(named)
    except ValueError:  # an open quote
        return None
    return None if not command or named.strip() in _NO_PAGER else command


def needs_pager(text: str) -> bool:
    """Return whether stdout is a terminal that cannot show the text as a whole, and keys can move it."""
    if terminal_columns() is None or not sys.stdin.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return text.count("\n") + 2 > _count_rows()


def page_text(text: str, command: list[str], *, colors: bool = False) -> bool:
    """Show the lines of a renderer in a pager, and wait until the user leaves it. Return False if it cannot start.

    colors: True to keep colour codes.
    """
    environ = {"LESS": "FRX", "LV": "-c", **os.environ}
    with handle_signals(("SIGINT",), lambda received: None):  # the pager handles Ctrl-C itself
        try:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, env=environ)
        except OSError:
            return False
        try:
            child.communicate(f"{escape_lines(text, colors=colors)}\n".encode(errors="backslashreplace"))
        except OSError:  # the user left before the end
            child.wait()
    return child.returncode not in _NOT_STARTED


def _count_rows() -> int:
    lines = os.environ.get("LINES", "")
    if lines.isdecimal() and 0 < int(lines) < 10_000:
        return int(lines)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines
    except (OSError, ValueError):
        return _DEFAULT_ROWS
