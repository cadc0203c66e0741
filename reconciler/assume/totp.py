"""Compute codes of a virtual MFA device from its seed: RFC 6238 with SHA-1, six digits and 30 seconds, as AWS does."""

from __future__ import annotations

import base64
import hmac

STEP_SECONDS = 30
"""Seconds for which a code is the current one."""


def compute_code(seed: str, timestamp: float) -> str:
    """Return the code of a seed (base32) at a time (seconds since 1970)."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8), casefold=True)
    digest = hmac.digest(key, (int(timestamp) // STEP_SECONDS).to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def compute_code_pair(seed: str, timestamp: float) -> tuple[str, str]:
    """Return the previous code and the current one: the two that AWS asks for when a device is enrolled."""
    return compute_code(seed, timestamp - STEP_SECONDS), compute_code(seed, timestamp)
