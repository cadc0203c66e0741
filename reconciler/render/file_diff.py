"""The change of a few lines of a file as a unified diff. Keys in them are not shown. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import unified_diff

from reconciler.render.clean import clean

_SECRET = re.compile(r"(\s*aws_(?:secret_access_key|session_token|security_token)\s*[=:]).*", re.IGNORECASE)
_COLORS = {"+": "32", "-": "31", "@": "36"}
_HUNK = re.compile(r"@@ -(\d+)(\S*) \+(\d+)(\S*) @@")


def file_diff(file: str, before: Sequence[str], after: Sequence[str], above: int, *, color: bool = False) -> str:
    """`before` → `after`, lines of `file` that `above` lines stand above; no line of the rest is shown."""
    shown = unified_diff([_masked(line) for line in before], [_masked(line) for line in after], file, file, lineterm="")
    return "\n".join(_colored(_moved(clean(line), above), color) for line in shown)


def _masked(line: str) -> str:
    return _SECRET.sub(r"\1 ***", line)


def _moved(line: str, above: int) -> str:
    """A hunk's line numbers, counted from the beginning of the file."""
    found = _HUNK.fullmatch(line)
    if found is None:
        return line
    return f"@@ -{int(found[1]) + above}{found[2]} +{int(found[3]) + above}{found[4]} @@"


def _colored(line: str, color: bool) -> str:
    code = "1" if line.startswith(("+++", "---")) else _COLORS.get(line[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if color and code else line
