"""Split the ARNs of policies into parts, and add the wildcards with which IAM completes a short one.

From the IAM User Guide, "IAM identifiers" (IAM completes an ARN of fewer than six parts with wildcards) and "IAM policy
elements: Variables and tags". The colon in a policy variable such as `${aws:username}` does not separate parts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PART_COUNT = 6
"""The number of parts of `arn:partition:service:region:account:resource`."""

_PART = re.compile(r"(?:[$&#]\{[^{}]*\}|[^:])*")
"""Matches one part. Braces of other tools may hold colons too (`${AWS::Region}`); an open brace ends at its colon."""


class ArnParts(NamedTuple):
    """The five parts after `arn:`. A missing part is `*`, as IAM completes it."""

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
    """Return the parts of a text between its first five colons; colons within variables do not count."""
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

    An ARN without a service, or a short one with an empty part, stays as it is: IAM refuses both.
    """
    if not text.startswith("arn:") or (text.count(":") >= PART_COUNT - 1 and "${" not in text):
        return text
    written = split_at_colons(text)
    if not 3 <= len(written) < PART_COUNT or not written[2] or "" in written[3:-1]:
        return text
    return ":".join((*written, *["*"] * (PART_COUNT - len(written))))
