"""The change of a few lines of a file as a unified diff. No secret in them is shown. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import unified_diff

from reconciler.model.escape import escape_lines
from reconciler.render.paint import BOLD, CYAN, GREEN, RED, paint_line

_HARMLESS = frozenset(
    "role_arn source_profile credential_source credential_process mfa_serial external_id role_session_name"
    " duration_seconds region output cli_pager cli_auto_prompt".split()
)
"""Options whose values are shown. Those of all others are not: nobody knows what a person has put among ours."""
_UNMASKED_PREFIXES = ("#", ";", "[")
_COLORS = {"+": GREEN, "-": RED, "@": CYAN}
_HUNK = re.compile(r"@@ -(\d+)(\S*) \+(\d+)(\S*) @@")


def render_file_diff(
    file: str, before: Sequence[str], after: Sequence[str], lines_above: int, *, color: bool = False
) -> str:
    """`before` → `after`, lines of `file` that `lines_above` lines stand above; no line of the rest is shown."""
    shown = unified_diff(
        [_mask_value(line) for line in before], [_mask_value(line) for line in after], file, file, lineterm=""
    )
    lines = (_color_line(_shift_hunk(line, lines_above), color) for line in shown)
    return escape_lines("\n".join(lines), colors=color)


def _mask_value(line: str) -> str:
    """The line, without its value unless that is known to be harmless; a line that goes on with a value is one."""
    stripped = line.strip()
    if not stripped or stripped.startswith(_UNMASKED_PREFIXES):
        return line
    key = re.split("[=:]", line, maxsplit=1)[0]
    if key.strip().lower() in _HARMLESS:
        return line
    return f"{key.rstrip()} = ***" if len(key) < len(line) else "***"


def _shift_hunk(line: str, lines_above: int) -> str:
    """A hunk's line numbers, counted from the beginning of the file."""
    found = _HUNK.fullmatch(line)
    if found is None:
        return line
    return f"@@ -{int(found[1]) + lines_above}{found[2]} +{int(found[3]) + lines_above}{found[4]} @@"


def _color_line(line: str, color: bool) -> str:
    style = BOLD if line.startswith(("+++", "---")) else _COLORS.get(line[:1])
    return paint_line(line, style, color)
