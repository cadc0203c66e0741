"""Text from files and from AWS, made harmless for a terminal: control characters are shown, not obeyed."""

from __future__ import annotations

_SHOWN = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)}


def clean(text: str) -> str:
    """C0 and C1 controls, but for tab and new line, as `\\x1b`."""
    return text.translate(_SHOWN)
