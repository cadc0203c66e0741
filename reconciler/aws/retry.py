"""What botocore never retries, and when waiting helps: eventual consistency of what this run itself made.

A principal or entity that this run did not create fails at once: waiting for a typo only hides it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from botocore.exceptions import ClientError

from reconciler.aws.faults import code_of
from reconciler.model.plan import Fact, Step

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds to wait for IAM to converge; AWS's own Terraform provider waits as long."""

_BUSY = ("ConcurrentModification", "EntityTemporarilyUnmodifiable", "Throttling", "ThrottlingException")


def patiently(call: Callable[[], T], step: Step, made: set[Fact], patience: float = PATIENCE) -> T:
    """The result of `call`, tried again while its failure is one that passes; the last error where it is not.

    made: the facts that earlier steps of this run made true.
    """
    ends = time.monotonic() + patience
    for pause in _pauses():
        try:
            return call()
        except ClientError as error:
            if not passes(error, step, made) or time.monotonic() + pause > ends:
                raise
        time.sleep(pause)
    raise AssertionError("the pauses never end")


def passes(error: ClientError, step: Step, made: set[Fact]) -> bool:
    """Whether waiting can help: IAM is busy, or does not yet see what this run has just done."""
    code = code_of(error)
    if code in _BUSY:
        return True
    ours = bool(step.needs & made)
    if code == "NoSuchEntity":
        return ours
    if code == "MalformedPolicyDocument":
        return ours and "Invalid principal" in str(error)
    return code == "DeleteConflict" and ours


def already_done(error: ClientError, step: Step) -> bool:
    """A deletion of what is gone already has reached its goal."""
    undoing = step.call.operation.startswith(("Delete", "Detach", "Remove", "Untag", "Deactivate"))
    return undoing and code_of(error) == "NoSuchEntity"


def _pauses() -> Iterator[float]:
    pause = 0.5
    while True:
        yield pause * random.uniform(0.8, 1.2)
        pause = min(pause * 1.6, 8.0)
