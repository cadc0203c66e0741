"""Read and write durations as people write them in a file: `2h`, `90m`, `15m`, `90d`.

Messages and lists use this form. JSON and AWS's own parameters use seconds. Standard library only.
"""

from __future__ import annotations

import re

_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS = (("d", 86400, 2), ("h", 3600, 1), ("m", 60, 1))
"""The letter of a unit, its seconds, and the least number from which it is used: a day is `24h`, two are `2d`."""


def format_duration(seconds: int) -> str:
    """Return the shortest exact form, which a file accepts too: 5400 is `90m`, 5401 is `5401s`."""
    for letter, size, least in _UNITS:
        if seconds >= least * size and seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def format_elapsed(seconds: float) -> str:
    """Return a measured time in its two largest units: 7263 is `2h 1m`."""
    remainder, parts = max(0, int(seconds)), []
    for letter, size, _ in _UNITS:
        number, remainder = divmod(remainder, size)
        if number:
            parts.append(f"{number}{letter}")
    return " ".join([*parts, f"{remainder}s"][:2] if remainder or not parts else parts[:2])


def format_seconds_text(text: str) -> str:
    """Return a number of seconds, given as text, in this form; return another text unchanged."""
    return format_duration(int(text)) if text.isascii() and text.isdecimal() and len(text) <= 12 else text


def annotate_age(condition: str) -> str:
    """Return a condition such as `NumericLessThan aws:MultiFactorAuthAge 3600` with ` (1h)` after its seconds."""
    words = condition.split(" ")
    if len(words) != 3 or words[1].lower() != _MFA_AGE_KEY or (duration := format_seconds_text(words[2])) == words[2]:
        return condition
    return f"{condition} ({duration})"


_MFA_AGE_KEY = "aws:multifactorauthage"
"""AWS's key whose value is a time in seconds, which a file writes as `mfa: {max_age: 1h}`."""


def parse_duration(value: object) -> int | None:
    """Return the seconds of `45m`, `1h`, `90d` or a number of seconds; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) * _SECONDS[match[2]] if match else None
