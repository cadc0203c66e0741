"""What a run asked of AWS: how often each operation was sent, and how long the answers took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

OnCall = Callable[[int], None]
"""Told, on any thread, how many requests were sent so far."""


def ignore_calls(total: int) -> None:
    """For whoever does not want to be told."""


@dataclass(frozen=True, slots=True)
class OperationStats:
    """One operation. requests: requests sent, repeats included; seconds: from sending to having read the answer,
    added."""

    operation: str
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CallStats:
    """Every operation. seconds: during which at least one request was under way."""

    operations: tuple[OperationStats, ...]
    seconds: float

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.operations)
