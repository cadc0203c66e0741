"""Statistics of the AWS calls of a run: the number of requests of each operation, and the time they took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

OnCall = Callable[[int], None]
"""Gets the number of requests sent so far; called on any thread."""


def ignore_calls(total: int) -> None:
    """Do nothing; the `OnCall` of a run that shows no progress."""


@dataclass(frozen=True, slots=True)
class OperationStats:
    """The statistics of one operation.

    requests: the requests sent, including retries.
    seconds: the sum of the times from sending a request to the end of its answer.
    """

    operation: str
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CallStats:
    """The statistics of all operations.

    seconds: the time during which at least one request was open. retries: the requests that repeated an earlier one.
    throttles: the answers that told us to slow down.
    """

    operations: tuple[OperationStats, ...]
    seconds: float
    retries: int = 0
    throttles: int = 0

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.operations)

    @classmethod
    def merge(cls, all_stats: Sequence[CallStats]) -> CallStats:
        """Return the statistics of several callers together. Their times are added, although they may overlap."""
        times: dict[str, list[OperationStats]] = {}
        for one in (one for stats in all_stats for one in stats.operations):
            times.setdefault(one.operation, []).append(one)
        merged = (
            OperationStats(name, sum(one.requests for one in listed), sum(one.seconds for one in listed))
            for name, listed in times.items()
        )
        return cls(
            tuple(sorted(merged, key=lambda one: (-one.requests, one.operation))),
            sum(stats.seconds for stats in all_stats),
            sum(stats.retries for stats in all_stats),
            sum(stats.throttles for stats in all_stats),
        )
