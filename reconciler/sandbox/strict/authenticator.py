"""Check the one-time codes of a virtual MFA device.

Sources: RFC 6238 (HMAC-SHA-1, steps of 30 seconds since 1970, six digits; §5.2: a code is accepted once, and one
step of delay is tolerated); RFC 4226 §5.3 (from HMAC to digits); IAM User Guide, "Resynchronize virtual and
hardware MFA devices": two consecutive codes synchronise a device whose clock is wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

STEP = 30
DIGITS = 6
TOLERATED_STEPS = 1
"""The number of steps that a device's clock may be off."""
SEARCHED_STEPS = 20
"""The number of steps that resynchronising searches back and ahead. AWS does not document its own number."""


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a step (30 seconds each, counted since 1970)."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


@dataclass(eq=False)
class Authenticator:
    """An MFA device as IAM knows it. offset: steps that its clock is off. used_steps: steps whose codes are used up."""

    secret: bytes = field(repr=False)
    offset: int = 0
    used_steps: set[int] = field(default_factory=set, repr=False)

    def accept_code(self, code: str, now: float) -> bool:
        """Return whether the code is valid now, and use it up. now: seconds since 1970."""
        current = int(now) // STEP + self.offset
        for step in range(current - TOLERATED_STEPS, current + TOLERATED_STEPS + 1):
            if step not in self.used_steps and hmac.compare_digest(code_at(self.secret, step), code):
                self.used_steps.add(step)
                return True
        return False

    def accept_code_pair(self, first: str, second: str, now: float) -> bool:
        """Return whether the codes are consecutive and the second is valid now, and use both up."""
        current = int(now) // STEP + self.offset
        steps = range(current - TOLERATED_STEPS, current + TOLERATED_STEPS + 1)
        return self._use_pair(first, second, steps) is not None

    def resynchronise(self, first: str, second: str, now: float) -> bool:
        """Accept a pair of codes from a clock that is wrong, and remember its offset. Return whether that worked."""
        current = int(now) // STEP
        step = self._use_pair(first, second, range(current - SEARCHED_STEPS, current + SEARCHED_STEPS + 1))
        if step is not None:
            self.offset = step - current
        return step is not None

    def _use_pair(self, first: str, second: str, steps: Iterable[int]) -> int | None:
        """Return the step of the second code, and use the pair up; None if no step fits."""
        for step in steps:
            pair = {step - 1, step}
            codes = code_at(self.secret, step - 1) + code_at(self.secret, step)
            if not pair & self.used_steps and hmac.compare_digest(codes, first + second):
                self.used_steps |= pair
                return step
        return None
