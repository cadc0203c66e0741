"""Retry one write until it is done, in the cases that botocore never retries or must not retry by itself.

Waiting helps if IAM is busy, or does not yet see an entity that this run created. A missing principal or entity that
this run did not create fails at once, because waiting for a typo only hides it. If an answer was lost, the write may
have been made: live IAM is checked before it is sent again (`aws/reconfirm.py`).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore import xform_name
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from reconciler.aws import timing
from reconciler.aws.faults import AWS_ERRORS, THROTTLED, code_of
from reconciler.aws.limits import AnswerTooLong, CallTimeout, UnsentTimeout
from reconciler.aws.rate_limiter import RateLimiter, StopEvent
from reconciler.aws.reconfirm import WriteStatus, confirm_write
from reconciler.aws.session import Connection
from reconciler.model.plan import ORDER_FACT, Fact, Step

_BUSY_CODES = ("ConcurrentModification", "EntityTemporarilyUnmodifiable")
_EXISTS = "EntityAlreadyExists"
_OWN_WRITE_CODES = (_EXISTS, "NoSuchEntity", "LimitExceeded")
"""AWS's error codes for a call that this run made before, if the first answer was lost."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,100}")


class CallStatus(StrEnum):
    """The status of a call that has ended. UNCLEAR: it was sent and may have been made."""

    DONE = "done"
    FAILED = "failed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class SentCall:
    """A call that has ended.

    error: the last error; None if the call is done. attempts: how often it was sent. request_id: AWS's id of its last
    answer, by which CloudTrail finds it; None if there was none. seconds: from the first attempt to the end, with the
    waits between.
    """

    status: CallStatus
    error: Exception | None = None
    attempts: int = 0
    request_id: str | None = None
    seconds: float = 0.0

    @property
    def retries(self) -> int:
        """The attempts after the first one. A run that was stopped may have made none at all."""
        return max(0, self.attempts - 1)


class FailureKind(StrEnum):
    """The kind of a failure. UNSENT: AWS never got the call. LOST: AWS may have made it."""

    THROTTLED = "throttled"
    TRANSIENT = "passes"
    UNSENT = "unsent"
    LOST = "lost"
    FINAL = "final"


def classify_error(error: Exception, step: Step, made_facts: Collection[Fact]) -> FailureKind:
    """Return the kind of a failure. made_facts: the facts that earlier steps of this run made true."""
    if not isinstance(error, ClientError):
        return _classify_unanswered(error)
    code = code_of(error)
    if code in THROTTLED:
        return FailureKind.THROTTLED
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500:
        return FailureKind.LOST
    return (
        FailureKind.TRANSIENT
        if code in _BUSY_CODES or _is_not_yet_visible(error, code, step, made_facts)
        else FailureKind.FINAL
    )


def _classify_unanswered(error: Exception) -> FailureKind:
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return FailureKind.FINAL
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ProxyConnectionError | UnsentTimeout):
        return FailureKind.UNSENT
    lost = (HTTPClientError, SSLError, ResponseParserError, CallTimeout, AnswerTooLong)
    return FailureKind.LOST if isinstance(error, lost) else FailureKind.FINAL


def _is_not_yet_visible(error: ClientError, code: str, step: Step, made_facts: Collection[Fact]) -> bool:
    depends_on_run = any(fact in made_facts for fact in step.needs if fact[0] != ORDER_FACT)
    if code == "MalformedPolicyDocument":
        return depends_on_run and "Invalid principal" in str(error)
    return depends_on_run and code in ("NoSuchEntity", "DeleteConflict")


def is_already_done(error: Exception, step: Step) -> bool:
    """Return whether the goal of a call is reached: what it removes is gone already."""
    return step.effect.is_removal and code_of(error) == "NoSuchEntity"


def send_step(
    connection: Connection, step: Step, made_facts: Collection[Fact], rate_limiter: RateLimiter, stopped: StopEvent
) -> SentCall:
    """Make one call, again while its failure is transient.

    stopped: ends the wait between two attempts, never a call.
    """
    attempts, started = _Attempts(getattr(connection.iam_once, xform_name(step.call.operation))), time.monotonic()
    status, error = _send_until_ended(connection, step, made_facts, rate_limiter, stopped, attempts)
    return SentCall(status, error, attempts.number, attempts.request_id, time.monotonic() - started)


class _Attempts:
    """The attempts at one call. number: how many were made. request_id: as in `SentCall`."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.number = 0
        self.request_id: str | None = None

    def send(self, step: Step) -> None:
        """Send the call. Raises the errors of AWS and botocore."""
        self.number += 1
        self.request_id = None
        try:
            answer = self._method(**step.call.parameters)
        except ClientError as error:
            self.request_id = _request_id_of(error.response)
            raise
        self.request_id = _request_id_of(answer)


def _request_id_of(answer: Any) -> str | None:
    """Return AWS's id of an answer; None if it has none, or one that is not of AWS's form."""
    metadata = answer.get("ResponseMetadata") if isinstance(answer, dict) else None
    request_id = str(metadata.get("RequestId", "")) if isinstance(metadata, dict) else ""
    return request_id if _REQUEST_ID.fullmatch(request_id) else None


def _send_until_ended(
    connection: Connection,
    step: Step,
    made_facts: Collection[Fact],
    rate_limiter: RateLimiter,
    stopped: StopEvent,
    attempts: _Attempts,
) -> tuple[CallStatus, Exception | None]:
    """Return how a call ended, and the last error if it failed."""
    started, losses, lost = time.monotonic(), 0, False
    last: Exception | None = None
    for pause in _make_pauses():
        if not rate_limiter.acquire(stopped):
            break
        try:
            attempts.send(step)
        except AWS_ERRORS as error:
            last = error
        else:
            rate_limiter.record_success()
            return CallStatus.DONE, None
        kind = classify_error(last, step, made_facts)
        if kind is FailureKind.THROTTLED:
            rate_limiter.record_throttling()
        if is_already_done(last, step):
            return CallStatus.DONE, None
        lost = lost or kind is FailureKind.LOST
        if lost and (kind is FailureKind.LOST or code_of(last) in _OWN_WRITE_CODES):
            status = _confirm_lost_write(connection, step)
            if status is WriteStatus.MADE:
                return CallStatus.DONE, None
            if status is WriteStatus.NOTHING and code_of(last) == _EXISTS:
                kind = FailureKind.TRANSIENT  # it may be our own write, which IAM shows late
        losses += kind in (FailureKind.LOST, FailureKind.UNSENT)
        is_late = time.monotonic() + pause - started > timing.WRITE_MAX_WAIT
        if kind is FailureKind.FINAL or losses >= timing.WRITE_MAX_LOSSES or is_late:
            break
        if kind is not FailureKind.THROTTLED and stopped.wait(pause):
            break
    return CallStatus.UNCLEAR if lost else CallStatus.FAILED, last


def _confirm_lost_write(connection: Connection, step: Step) -> WriteStatus:
    """Return the status of a call whose answer was lost, from live IAM; OTHER if IAM cannot be read."""
    try:
        return confirm_write(connection, step)
    except AWS_ERRORS:
        return WriteStatus.OTHER


def _make_pauses() -> Iterator[float]:
    pause, spread = timing.WRITE_FIRST_PAUSE, timing.WRITE_PAUSE_SPREAD
    while True:
        yield pause * random.uniform(1 - spread, 1 + spread)
        pause = min(pause * timing.WRITE_PAUSE_GROWTH, timing.WRITE_LONGEST_PAUSE)
