"""Count and time every request that botocore sends, retries included.

It uses botocore's events `before-send` and `response-received` (botocore/endpoint.py): one of each per attempt.
"""

from __future__ import annotations

import time
from collections import defaultdict
from threading import Lock, get_ident
from typing import Any

from reconciler.aws.faults import THROTTLED
from reconciler.model.call_stats import CallStats, OnCall, OperationStats, ignore_calls


class Meter:
    """The counter of one session. Call `attach` before the session makes a client."""

    def __init__(self, on_call: OnCall = ignore_calls) -> None:
        self._on_call = on_call
        self._lock = Lock()
        self._times: defaultdict[str, int] = defaultdict(int)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._retries = self._throttles = 0
        self._sent_at: dict[int, float] = {}
        self._busy_since = 0.0
        self._busy = 0.0

    def attach(self, events: Any) -> None:
        """Count the requests of all clients that are made with these events of a botocore session."""
        events.register_first("before-send", self._on_sent)
        events.register_first("response-received", self._on_answered)

    @property
    def calls(self) -> CallStats:
        """The calls so far, the most frequent operation first."""
        with self._lock:
            listed = (OperationStats(name, times, self._seconds[name]) for name, times in self._times.items())
            by_number = tuple(sorted(listed, key=lambda one: (-one.requests, one.operation)))
            return CallStats(by_number, self._busy, self._retries, self._throttles)

    def count_retries(self, number: int) -> None:
        """Count requests that repeat an earlier one, and that botocore cannot know as such."""
        with self._lock:
            self._retries += number

    def _on_sent(self, event_name: str, **_: object) -> None:
        with self._lock:
            now = time.monotonic()
            if not self._sent_at:
                self._busy_since = now
            self._sent_at[get_ident()] = now
            self._times[_operation_of(event_name)] += 1
            total = sum(self._times.values())
        self._on_call(total)

    def _on_answered(self, event_name: str, **details: Any) -> None:
        with self._lock:
            now = time.monotonic()
            self._retries += _is_retry(details.get("context"))
            self._throttles += _is_throttled(details.get("parsed_response"))
            sent_at = self._sent_at.pop(get_ident(), None)
            if sent_at is None:
                return
            self._seconds[_operation_of(event_name)] += now - sent_at
            if not self._sent_at:
                self._busy += now - self._busy_since


def _is_retry(context: Any) -> bool:
    """Return whether botocore sent the request again (`Endpoint._update_retries_context`)."""
    return bool(((context or {}).get("retries") or {}).get("attempt", 1) > 1)


def _is_throttled(answer: Any) -> bool:
    return isinstance(answer, dict) and (answer.get("Error") or {}).get("Code") in THROTTLED


def _operation_of(event_name: str) -> str:
    """Return the operation of an event name such as before-send.iam.ListRoles."""
    return event_name.rpartition(".")[2]
