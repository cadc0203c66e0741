"""One-time codes of a virtual MFA device.

Sources: RFC 6238 (HMAC-SHA-1, steps of 30 seconds since 1970, six digits; §5.2: a code is accepted once, and one
step of delay is tolerated); RFC 4226 §5.3 (from HMAC to digits); IAM User Guide, "Resynchronize virtual and
hardware MFA devices": two consecutive codes bring a device whose clock is wrong back into step.
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
"""Steps that a clock may be off."""
SEARCHED_STEPS = 20
"""Steps that resynchronising looks back and ahead; AWS does not say how far."""


def code_at(secret: bytes, step: int) -> str:
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


@dataclass(eq=False)
class Authenticator:
    """What IAM knows of a device: its secret, how many steps its clock is off, and the steps whose codes are used."""

    secret: bytes = field(repr=False)
    offset: int = 0
    used_steps: set[int] = field(default_factory=set, repr=False)

    def accept_code(self, code: str, now: float) -> bool:
        """Whether this is a code of the moment; if so, it is used up."""
        middle = int(now) // STEP + self.offset
        for step in range(middle - TOLERATED_STEPS, middle + TOLERATED_STEPS + 1):
            if step not in self.used_steps and hmac.compare_digest(code_at(self.secret, step), code):
                self.used_steps.add(step)
                return True
        return False

    def accept_code_pair(self, first: str, second: str, now: float) -> bool:
        """Whether these are two consecutive codes, the second of the moment; if so, both are used up."""
        middle = int(now) // STEP + self.offset
        return self._use_pair(first, second, range(middle - TOLERATED_STEPS, middle + TOLERATED_STEPS + 1)) is not None

    def resynchronise(self, first: str, second: str, now: float) -> bool:
        """Like `accept_code_pair`, for a clock that is wrong: from now on its codes count."""
        here = int(now) // STEP
        found = self._use_pair(first, second, range(here - SEARCHED_STEPS, here + SEARCHED_STEPS + 1))
        if found is not None:
            self.offset = found - here
        return found is not None

    def _use_pair(self, first: str, second: str, steps: Iterable[int]) -> int | None:
        """The step of the second code."""
        for step in steps:
            pair = {step - 1, step}
            codes = code_at(self.secret, step - 1) + code_at(self.secret, step)
            if not pair & self.used_steps and hmac.compare_digest(codes, first + second):
                self.used_steps |= pair
                return step
        return None
