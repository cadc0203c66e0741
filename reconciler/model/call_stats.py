"""Statistics of the AWS calls of a run: the number of requests of each operation, and the time they took."""

from __future__ import annotations

from collections.abc import Callable
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
