"""Codes of a virtual MFA device from its seed: RFC 6238 with SHA-1, six digits, steps of 30 seconds, as AWS has it."""

from __future__ import annotations

import base64
import hmac

STEP_SECONDS = 30
"""Seconds that a code is the current one."""


def compute_code(seed: str, timestamp: float) -> str:
    """The code at a moment (seconds since 1970) of a seed in base32."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8), casefold=True)
    digest = hmac.digest(key, (int(timestamp) // STEP_SECONDS).to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def compute_code_pair(seed: str, timestamp: float) -> tuple[str, str]:
    """The code before the one of this moment, and that one: what a person types who has waited for the second."""
    return compute_code(seed, timestamp - STEP_SECONDS), compute_code(seed, timestamp)
