"""How fast writes go: as fast as there are writers, until AWS throttles; from then on at a rate that follows AWS's.

IAM has no published limits of rate (IAM User Guide, "IAM and STS quotas"), and they are shared by all callers of an
account: so the rate is found, by what AWS takes. A throttled call costs nothing but the call.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Protocol

WINDOW = 1.0
"""Seconds over which answers are counted, and within which a rate is cut but once."""
CUT = 0.85
"""What is left of the rate that AWS took, when it throttles."""
FIRST = 5.0
"""Calls a second, where AWS throttles before it took any."""
CALM = 3.0
"""Seconds without throttling, after which the rate grows quickly: what held it back may be over."""
LEAST = 0.5
"""Calls a second, however much AWS throttles."""


class Waits(Protocol):
    """Waits that an interruption ends early: `wait` is True where it did (threading.Event)."""

    def wait(self, timeout: float | None = None) -> bool: ...


class Pace:
    """Shared by all writers of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate: float | None = None
        self._slot = 0.0
        self._cut = float("-inf")
        self._grown = 0.0
        self._answered: deque[float] = deque()

    @property
    def rate(self) -> float | None:
        """Calls a second; None where nothing holds them back."""
        return self._rate

    def wait(self, stopped: Waits) -> bool:
        """Wait for the turn of one call; False where the run was stopped meanwhile.

        No turn is given away before its time: the rate may be another by then.
        """
        pause = self._taken()
        while pause > 0:
            if stopped.wait(pause):
                return False
            pause = self._taken()
        return not stopped.wait(0)

    def _taken(self) -> float:
        """0 where the turn is this caller's now; else the seconds until there is one."""
        with self._lock:
            if self._rate is None:
                return 0
            now = time.monotonic()
            if now < self._slot:
                return self._slot - now
            self._slot = max(self._slot + 1 / self._rate, now)
            return 0

    def answered(self) -> None:
        """AWS took a call: try a little more, by half a call and a part of the rate each second."""
        with self._lock:
            now = time.monotonic()
            self._answered.append(now)
            self._forget(now)
            if self._rate is not None:
                part = 0.05 if now - self._cut < CALM else 0.4
                self._rate += min(now - self._grown, WINDOW) * (0.5 + self._rate * part)
                self._grown = now

    def throttled(self) -> None:
        """AWS refused a call for the rate: go on somewhat slower than what it took in the last second."""
        with self._lock:
            now = time.monotonic()
            if now - self._cut < WINDOW:
                return
            self._forget(now)
            taken = len(self._answered) / WINDOW
            if self._rate is None:
                self._rate = max(FIRST, CUT * taken)
            else:
                self._rate = max(LEAST, CUT * min(taken or self._rate / 2, self._rate))
            self._slot = now + 1 / self._rate
            self._cut = self._grown = now

    def _forget(self, now: float) -> None:
        while self._answered and self._answered[0] <= now - WINDOW:
            self._answered.popleft()
