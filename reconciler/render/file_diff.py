"""The change of a few lines of a file as a unified diff. No secret in them is shown. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import unified_diff

from reconciler.model.escape import escape_lines
from reconciler.render.paint import paint

_HARMLESS = frozenset(
    "role_arn source_profile credential_source credential_process mfa_serial external_id role_session_name"
    " duration_seconds region output cli_pager cli_auto_prompt".split()
)
"""Options whose values are shown. Those of all others are not: nobody knows what a person has put among ours."""
_BARE = ("#", ";", "[")
_COLORS = {"+": "32", "-": "31", "@": "36"}
_HUNK = re.compile(r"@@ -(\d+)(\S*) \+(\d+)(\S*) @@")


def file_diff(file: str, before: Sequence[str], after: Sequence[str], above: int, *, color: bool = False) -> str:
    """`before` → `after`, lines of `file` that `above` lines stand above; no line of the rest is shown."""
    shown = unified_diff([_masked(line) for line in before], [_masked(line) for line in after], file, file, lineterm="")
    lines = (_colored(_moved(line, above), color) for line in shown)
    return escape_lines("\n".join(lines), colors=color)


def _masked(line: str) -> str:
    """The line, without its value unless that is known to be harmless; a line that goes on with a value is one."""
    stripped = line.strip()
    if not stripped or stripped.startswith(_BARE):
        return line
    key = re.split("[=:]", line, maxsplit=1)[0]
    if key.strip().lower() in _HARMLESS:
        return line
    return f"{key.rstrip()} = ***" if len(key) < len(line) else "***"


def _moved(line: str, above: int) -> str:
    """A hunk's line numbers, counted from the beginning of the file."""
    found = _HUNK.fullmatch(line)
    if found is None:
        return line
    return f"@@ -{int(found[1]) + above}{found[2]} +{int(found[3]) + above}{found[4]} @@"


def _colored(line: str, color: bool) -> str:
    code = "1" if line.startswith(("+++", "---")) else _COLORS.get(line[:1])
    return paint(line, code, color)
