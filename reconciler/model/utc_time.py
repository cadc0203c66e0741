"""Moments in the form of logs and summaries."""

from __future__ import annotations

from datetime import UTC, datetime


def format_moment(moment: datetime) -> str:
    """Return a moment in UTC, to the millisecond (RFC 3339): `2026-11-30T14:05:09.123Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
