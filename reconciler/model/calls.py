"""What a run asked of AWS: how often each operation was sent, and how long the answers took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

OnCall = Callable[[int], None]
"""Told, on any thread, how many requests were sent so far."""


def unheard(total: int) -> None:
    """For whoever does not want to be told."""


@dataclass(frozen=True, slots=True)
class Called:
    """One operation. times: requests sent, repeats included; seconds: from sending to having read the answer, added."""

    operation: str
    times: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Calls:
    """Every operation. seconds: during which at least one request was under way."""

    operations: tuple[Called, ...]
    seconds: float

    @property
    def times(self) -> int:
        return sum(one.times for one in self.operations)
