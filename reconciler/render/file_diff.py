"""Render the change of a few lines of a config file as a unified diff, without secrets. It decides nothing."""

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
"""Options whose values are shown. Other values are hidden, because the user may have put secrets among our lines."""
_UNMASKED_PREFIXES = ("#", ";", "[")
_COLORS = {"+": GREEN, "-": RED, "@": CYAN}
_HUNK = re.compile(r"@@ -(\d+)(\S*) \+(\d+)(\S*) @@")


def render_file_diff(
    file: str, before: Sequence[str], after: Sequence[str], lines_above: int, *, color: bool = False
) -> str:
    """Return the diff of `before` and `after`, which are lines of `file` after its first `lines_above` lines."""
    diff_lines = unified_diff(
        [_mask_value(line) for line in before], [_mask_value(line) for line in after], file, file, lineterm=""
    )
    lines = (_color_line(_shift_hunk(line, lines_above), color) for line in diff_lines)
    return escape_lines("\n".join(lines), colors=color)


def _mask_value(line: str) -> str:
    """Return the line with its value hidden unless it is known to be harmless. A line without a key is all value."""
    stripped = line.strip()
    if not stripped or stripped.startswith(_UNMASKED_PREFIXES):
        return line
    key = re.split("[=:]", line, maxsplit=1)[0]
    if key.strip().lower() in _HARMLESS:
        return line
    return f"{key.rstrip()} = ***" if len(key) < len(line) else "***"


def _shift_hunk(line: str, lines_above: int) -> str:
    """Return the header of a hunk with line numbers counted from the beginning of the file."""
    match = _HUNK.fullmatch(line)
    if match is None:
        return line
    return f"@@ -{int(match[1]) + lines_above}{match[2]} +{int(match[3]) + lines_above}{match[4]} @@"


def _color_line(line: str, color: bool) -> str:
    style = BOLD if line.startswith(("+++", "---")) else _COLORS.get(line[:1])
    return paint_line(line, style, color)
