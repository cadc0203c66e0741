"""Read the dates and RFC 3339 times of a file, and write them as AWS compares them.

AWS compares `aws:CurrentTime` with ISO 8601 times (IAM User Guide, "Date condition operators"). A date alone means the
moment at which that day begins, in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


class InvalidTimestamp(ValueError):
    """Says that a text is neither a date nor a time. args: a sentence on the fault, and one on the remedy."""


def parse_timestamp(text: str) -> datetime:
    """Return the time that a text names, in UTC, rounded down to the second.

    Raises InvalidTimestamp.
    """
    match = _TIME.fullmatch(text)
    if match is None and not _DATE.fullmatch(text):
        hint = "Write a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z."
        raise InvalidTimestamp(f"{text!r} is neither a date nor a time.", hint)
    if match is not None and match[1] is None:
        raise InvalidTimestamp(
            f"{text!r} has no time zone.", f"Write {text}Z for UTC, or an offset as in {text}+01:00."
        )
    try:
        moment = datetime.fromisoformat(text.upper() if match else f"{text}T00:00:00Z").astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidTimestamp(f"{text!r} is not a day or time that exists.", "Correct it.") from None
    return moment.replace(microsecond=0)


def format_timestamp(at: datetime) -> str:
    """Return a time in UTC as AWS reads it: `2026-12-31T00:00:00Z`."""
    return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
