"""The rate of writes: free until AWS throttles, then a little below what AWS takes, and up again."""

from __future__ import annotations

from collections import deque

import pytest

from reconciler.aws import rate_limiter
from reconciler.aws.rate_limiter import RateLimiter
from reconciler.aws.timing import FIRST_RATE, MIN_RATE


class Clock:
    """Time that passes only by waiting. `wait` is that of an event that nobody sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        return False


class Server:
    """Takes `rate` calls a second, and at once as many as it has saved up to `burst`."""

    def __init__(self, clock: Clock, rate: float, burst: float) -> None:
        self.clock, self.rate, self.burst = clock, rate, burst
        self.tokens, self.last = burst, clock.now

    def takes(self) -> bool:
        self.tokens = min(self.burst, self.tokens + (self.clock.now - self.last) * self.rate)
        self.last = self.clock.now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate_limiter.time, "monotonic", clock.monotonic)
    return clock


def test_nothing_is_held_back_before_aws_throttles(clock: Clock) -> None:
    free = RateLimiter()
    for _ in range(100):
        assert free.acquire(clock)
        free.record_success()
    assert (clock.now, free.rate) == (1000.0, None)


@pytest.mark.parametrize(("rate", "burst"), [(10, 10), (10, 1), (3, 50), (40, 40), (25, 200)])
def test_under_a_limit_writes_go_nearly_as_fast_as_it_allows(clock: Clock, rate: float, burst: float) -> None:
    """Each call takes 1 ms: far more than the server takes."""
    server, pacing, done, refused = Server(clock, rate, burst), RateLimiter(), 0, 0
    pending: deque[int] = deque(range(600))
    while pending:
        assert pacing.acquire(clock)
        clock.now += 0.001
        if server.takes():
            pending.popleft()
            pacing.record_success()
            done += 1
        else:
            pacing.record_throttling()
            refused += 1
    least = (600 - burst) / rate
    assert clock.now - 1000 < 1.3 * least + 3
    assert refused < 300


def test_it_never_comes_to_a_stand(clock: Clock) -> None:
    pacing = RateLimiter()
    pacing.record_throttling()
    assert pacing.rate == FIRST_RATE
    for _ in range(50):
        pacing.record_throttling()
        clock.now += 5
    assert pacing.rate == MIN_RATE


def test_throttling_within_a_second_counts_once(clock: Clock) -> None:
    """Calls under way at once are refused at once: one cut is enough."""
    pacing = RateLimiter()
    for _ in range(20):
        pacing.record_success()
    for _ in range(16):
        pacing.record_throttling()
    assert pacing.rate == pytest.approx(17)


@pytest.mark.parametrize("accident", [1, 2, 100])
def test_one_throttled_call_holds_a_run_back_for_seconds_only(clock: Clock, accident: int) -> None:
    """Where nothing else is throttled; each call takes 1 ms."""
    pacing = RateLimiter()
    for number in range(1, 301):
        assert pacing.acquire(clock)
        clock.now += 0.001
        if number == accident:
            pacing.record_throttling()
        else:
            pacing.record_success()
    assert clock.now - 1000 < 6


def test_nobody_waits_for_turns_that_others_may_never_need(clock: Clock) -> None:
    """All writers wait at once: none of them for longer than one call takes at that rate, since it may grow."""
    pacing, pauses = RateLimiter(), []
    pacing.record_throttling()

    class Crowd:
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0)
            if len(pauses) < 16:
                assert pacing.acquire(self)
            return clock.wait(timeout)

    assert pacing.acquire(Crowd())
    assert len(pauses) >= 16
    assert max(pauses) <= 1 / FIRST_RATE + 0.001


def test_a_stopped_run_waits_no_longer() -> None:
    class Stopped:
        def wait(self, timeout: float | None = None) -> bool:
            return True

    assert not RateLimiter().acquire(Stopped())
