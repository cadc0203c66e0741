"""Limit the rate of writes: none until AWS throttles a call, then a rate that adapts to what AWS accepts.

AWS publishes no rate limits of IAM (IAM User Guide, "IAM and STS quotas"), and all callers of an account share them. So
the rate is found by trial. A throttled call has no other cost.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Protocol

from reconciler.aws import timing


class StopEvent(Protocol):
    """An event that an interruption sets (threading.Event). `wait` returns whether it is set."""

    def wait(self, timeout: float | None = None) -> bool: ...


class RateLimiter:
    """The rate limiter that all worker threads of a run share."""

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
        """Calls per second; None if there is no limit."""
        return self._rate

    def acquire(self, stopped: StopEvent) -> bool:
        """Wait until a call may be made. Return whether it may, False if the run was stopped in the meantime.

        A slot is reserved only when its time has come, because the rate may change until then.
        """
        pause = self._reserve_slot()
        while pause > 0:
            if stopped.wait(pause):
                return False
            pause = self._reserve_slot()
        return not stopped.wait(0)

    def _reserve_slot(self) -> float:
        """Reserve the next slot and return 0, or return the seconds until it is free."""
        with self._lock:
            if self._rate is None:
                return 0
            now = time.monotonic()
            if now < self._next_slot:
                return self._next_slot - now
            self._next_slot = max(self._next_slot + 1 / self._rate, now)
            return 0

    def record_success(self) -> None:
        """Record a call that AWS accepted, and raise the rate: by half a call and a part of the rate each second."""
        with self._lock:
            now = time.monotonic()
            self._success_times.append(now)
            self._drop_old(now)
            if self._rate is not None:
                growth = (
                    timing.RATE_GROWTH_AT_FIRST
                    if self._cut_once
                    else timing.RATE_GROWTH_CAREFUL
                    if now - self._cut_at < timing.RATE_CALM_SECONDS
                    else timing.RATE_GROWTH_CALM
                )
                self._rate += min(now - self._grown_at, timing.RATE_WINDOW) * (
                    timing.RATE_GROWTH_FLOOR + self._rate * growth
                )
                self._grown_at = now

    def record_throttling(self) -> None:
        """Record a throttled call, and cut the rate below the one that AWS accepted in the last second."""
        with self._lock:
            now = time.monotonic()
            if now - self._cut_at < timing.RATE_WINDOW:
                return
            self._drop_old(now)
            accepted = len(self._success_times) / timing.RATE_WINDOW
            if self._rate is None:
                self._rate, self._cut_once = max(timing.FIRST_RATE, timing.RATE_CUT_FACTOR * accepted), True
            else:
                self._rate = max(timing.MIN_RATE, timing.RATE_CUT_FACTOR * min(accepted or self._rate / 2, self._rate))
                self._cut_once = False
            self._next_slot = now + 1 / self._rate
            self._cut_at = self._grown_at = now

    def _drop_old(self, now: float) -> None:
        while self._success_times and self._success_times[0] <= now - timing.RATE_WINDOW:
            self._success_times.popleft()
