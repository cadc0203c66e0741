"""How fast writes go: as fast as there are writers, until AWS throttles; from then on at a rate that follows AWS's.

IAM has no published limits of rate (IAM User Guide, "IAM and STS quotas"), and they are shared by all callers of an
account: so the rate is found, by what AWS takes. A throttled call costs nothing but the call.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Protocol

from reconciler.aws import timing


class StopEvent(Protocol):
    """Waits that an interruption ends early: `acquire` is True where it did (threading.Event)."""

    def wait(self, timeout: float | None = None) -> bool: ...


class RateLimiter:
    """Shared by all writers of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate: float | None = None
        self._cut_once = False
        self._next_slot = 0.0
        self._cut_at = float("-inf")
        self._grown_at = 0.0
        self._success_times: deque[float] = deque()

    @property
    def rate(self) -> float | None:
        """Calls a second; None where nothing holds them back."""
        return self._rate

    def acquire(self, stopped: StopEvent) -> bool:
        """Wait for the turn of one call; False where the run was stopped meanwhile.

        No turn is given away before its time: the rate may be another by then.
        """
        pause = self._reserve_slot()
        while pause > 0:
            if stopped.wait(pause):
                return False
            pause = self._reserve_slot()
        return not stopped.wait(0)

    def _reserve_slot(self) -> float:
        """0 where the turn is this caller's now; else the seconds until there is one."""
        with self._lock:
            if self._rate is None:
                return 0
            now = time.monotonic()
            if now < self._next_slot:
                return self._next_slot - now
            self._next_slot = max(self._next_slot + 1 / self._rate, now)
            return 0

    def record_success(self) -> None:
        """AWS took a call: try a little more, by half a call and a part of the rate each second."""
        with self._lock:
            now = time.monotonic()
            self._success_times.append(now)
            self._drop_old(now)
            if self._rate is not None:
                part = (
                    timing.RATE_GROWTH_AT_FIRST
                    if self._cut_once
                    else timing.RATE_GROWTH_CAREFUL
                    if now - self._cut_at < timing.RATE_CALM_SECONDS
                    else timing.RATE_GROWTH_CALM
                )
                self._rate += min(now - self._grown_at, timing.RATE_WINDOW) * (0.5 + self._rate * part)
                self._grown_at = now

    def record_throttling(self) -> None:
        """AWS refused a call for the rate: go on somewhat slower than what it took in the last second."""
        with self._lock:
            now = time.monotonic()
            if now - self._cut_at < timing.RATE_WINDOW:
                return
            self._drop_old(now)
            taken = len(self._success_times) / timing.RATE_WINDOW
            if self._rate is None:
                self._rate, self._cut_once = max(timing.FIRST_RATE, timing.RATE_CUT_FACTOR * taken), True
            else:
                self._rate = max(timing.MIN_RATE, timing.RATE_CUT_FACTOR * min(taken or self._rate / 2, self._rate))
                self._cut_once = False
            self._next_slot = now + 1 / self._rate
            self._cut_at = self._grown_at = now

    def _drop_old(self, now: float) -> None:
        while self._success_times and self._success_times[0] <= now - timing.RATE_WINDOW:
            self._success_times.popleft()
