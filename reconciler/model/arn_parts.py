"""The parts of an ARN in a policy, and the wildcards that IAM adds where parts are missing.

From the IAM User Guide, "IAM identifiers" (an ARN of fewer than six parts is completed with wildcards) and "IAM policy
elements: Variables and tags". A policy variable such as `${aws:username}` has a colon that separates nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PART_COUNT = 6
"""`arn:partition:service:region:account:resource`."""

_PART = re.compile(r"(?:[$&#]\{[^{}]*\}|[^:])*")
"""Braces of other tools hold colons as well, as `${AWS::Region}` does; one that is not closed ends at its colon."""


class ArnParts(NamedTuple):
    """The five parts behind `arn:`. A part that is not written is `*`, as IAM completes it."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(("arn", *self))


def split_arn(text: str) -> ArnParts | None:
    """Return the parts of an ARN with wildcards and variables; None for a text that does not begin with `arn:`."""
    written = split_at_colons(text)
    if written[0] != "arn" or len(written) < 2:
        return None
    return ArnParts(*written[1:], *["*"] * (PART_COUNT - len(written)))


def split_at_colons(text: str) -> list[str]:
    """Split a text at its first five colons, those within variables left out."""
    parts: list[str] = []
    place = 0
    while len(parts) < PART_COUNT - 1:
        end = _find_end(text, place)
        parts.append(text[place:end])
        if end == len(text):
            return parts
        place = end + 1
    return [*parts, text[place:]]


def _find_end(text: str, place: int) -> int:
    match = _PART.match(text, place)
    return match.end() if match else place


def complete_arn(text: str) -> str:
    """Return a Resource as IAM reads it: `arn:aws:sqs` as `arn:aws:sqs:*:*:*`.

    IAM refuses an ARN without a service, and one of five parts with an empty one among them: both stay as they are.
    """
    if not text.startswith("arn:") or (text.count(":") >= PART_COUNT - 1 and "${" not in text):
        return text
    written = split_at_colons(text)
    if not 3 <= len(written) < PART_COUNT or not written[2] or "" in written[3:-1]:
        return text
    return ":".join((*written, *["*"] * (PART_COUNT - len(written))))
