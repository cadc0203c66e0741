"""Counts every request that botocore sends: repeats too, which no caller of a client sees.

By botocore's events `before-send` and `response-received` (botocore/endpoint.py): one of each for every attempt.
"""

from __future__ import annotations

import time
from collections import defaultdict
from threading import Lock, get_ident
from typing import Any

from reconciler.model.call_stats import CallStats, OnCall, OperationStats, ignore_calls


class Meter:
    """Of one session: `attach` its events before any client is made."""

    def __init__(self, on_call: OnCall = ignore_calls) -> None:
        self._on_call = on_call
        self._lock = Lock()
        self._times: defaultdict[str, int] = defaultdict(int)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._sent_at: dict[int, float] = {}
        self._busy_since = 0.0
        self._busy = 0.0

    def attach(self, events: Any) -> None:
        events.register_first("before-send", self._on_sent)
        events.register_first("response-received", self._on_answered)

    @property
    def calls(self) -> CallStats:
        """So far, the most frequent first."""
        with self._lock:
            listed = (OperationStats(name, times, self._seconds[name]) for name, times in self._times.items())
            return CallStats(tuple(sorted(listed, key=lambda one: (-one.requests, one.operation))), self._busy)

    def _on_sent(self, event_name: str, **_: object) -> None:
        with self._lock:
            now = time.monotonic()
            if not self._sent_at:
                self._busy_since = now
            self._sent_at[get_ident()] = now
            self._times[_operation_of(event_name)] += 1
            total = sum(self._times.values())
        self._on_call(total)

    def _on_answered(self, event_name: str, **_: object) -> None:
        with self._lock:
            now = time.monotonic()
            sent = self._sent_at.pop(get_ident(), None)
            if sent is None:
                return
            self._seconds[_operation_of(event_name)] += now - sent
            if not self._sent_at:
                self._busy += now - self._busy_since


def _operation_of(event_name: str) -> str:
    """The last part of an event's name, as in before-send.iam.ListRoles."""
    return event_name.rpartition(".")[2]
