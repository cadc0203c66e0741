"""One write until it is done: what botocore never retries, and what it must not retry by itself.

Waiting helps where IAM is busy, or does not yet see what this very run has made; a principal or entity that this
run did not create fails at once, since waiting for a typo only hides it. Where an answer was lost, the write may
have been made: live IAM is looked at before it is sent again (`aws/lost.py`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
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

from reconciler.aws.faults import AWS_ERRORS, THROTTLED, code_of
from reconciler.aws.limits import AnswerTooLong, CallTimeout, UnsentTimeout
from reconciler.aws.lost import Seen, look
from reconciler.aws.pace import Pace, Waits
from reconciler.aws.session import Connection
from reconciler.model.plan import ORDER, Fact, Step

PATIENCE = 120.0
"""Seconds to wait for IAM to converge; AWS's own Terraform provider waits as long."""
LOSSES = 5
"""How often a call is sent that gets no answer, or none that tells anything."""

_BUSY = ("ConcurrentModification", "EntityTemporarilyUnmodifiable")
_EXISTS = "EntityAlreadyExists"
_TOLD_BY_AN_OWN_WRITE = (_EXISTS, "NoSuchEntity", "LimitExceeded")
"""What AWS says to a call that was made before, by this run, its answer lost."""


class Ending(StrEnum):
    """UNCLEAR: sent, and nobody knows whether it was made."""

    DONE = "done"
    FAILED = "failed"
    UNCLEAR = "unclear"


class Verdict(StrEnum):
    """What a failure means. UNSENT: AWS never saw the call; LOST: it may have made it."""

    THROTTLED = "throttled"
    PASSES = "passes"
    UNSENT = "unsent"
    LOST = "lost"
    FINAL = "final"


def verdict_of(error: Exception, step: Step, made: Collection[Fact]) -> Verdict:
    """made: the facts that earlier steps of this run made true."""
    if not isinstance(error, ClientError):
        return _without_answer(error)
    code = code_of(error)
    if code in THROTTLED:
        return Verdict.THROTTLED
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500:
        return Verdict.LOST
    return Verdict.PASSES if code in _BUSY or _not_yet_seen(error, code, step, made) else Verdict.FINAL


def _without_answer(error: Exception) -> Verdict:
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Verdict.FINAL
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ProxyConnectionError | UnsentTimeout):
        return Verdict.UNSENT
    lost = (HTTPClientError, SSLError, ResponseParserError, CallTimeout, AnswerTooLong)
    return Verdict.LOST if isinstance(error, lost) else Verdict.FINAL


def _not_yet_seen(error: ClientError, code: str, step: Step, made: Collection[Fact]) -> bool:
    ours = any(fact in made for fact in step.needs if fact[0] != ORDER)
    if code == "MalformedPolicyDocument":
        return ours and "Invalid principal" in str(error)
    return ours and code in ("NoSuchEntity", "DeleteConflict")


def already_done(error: Exception, step: Step) -> bool:
    """A deletion of what is gone already has reached its goal."""
    undoing = step.call.operation.startswith(("Delete", "Detach", "Remove", "Untag", "Deactivate"))
    return undoing and code_of(error) == "NoSuchEntity"


def send(
    connection: Connection, step: Step, made: Collection[Fact], pace: Pace, stopped: Waits
) -> tuple[Ending, Exception | None]:
    """Make one call, again and again while its failure passes; how it ended, and the last error where not well.

    `stopped` ends the waiting between two tries, never a call.
    """
    method: Callable[..., Any] = getattr(connection.iam_once, xform_name(step.call.operation))
    started, losses, lost = time.monotonic(), 0, False
    last: Exception | None = None
    for pause in _pauses():
        if not pace.wait(stopped):
            break
        try:
            method(**step.call.parameters)
        except AWS_ERRORS as error:
            last = error
        else:
            pace.answered()
            return Ending.DONE, None
        verdict = verdict_of(last, step, made)
        if verdict is Verdict.THROTTLED:
            pace.throttled()
        if already_done(last, step):
            return Ending.DONE, None
        lost = lost or verdict is Verdict.LOST
        if lost and (verdict is Verdict.LOST or code_of(last) in _TOLD_BY_AN_OWN_WRITE):
            seen = _seen(connection, step)
            if seen is Seen.MADE:
                return Ending.DONE, None
            if seen is Seen.NOTHING and code_of(last) == _EXISTS:
                verdict = Verdict.PASSES  # perhaps our own, which IAM takes its time to show
        losses += verdict in (Verdict.LOST, Verdict.UNSENT)
        if verdict is Verdict.FINAL or losses >= LOSSES or time.monotonic() + pause - started > PATIENCE:
            break
        if verdict is not Verdict.THROTTLED and stopped.wait(pause):
            break
    return Ending.UNCLEAR if lost else Ending.FAILED, last


def _seen(connection: Connection, step: Step) -> Seen:
    """What live IAM shows of a call whose answer is lost; something else, where it cannot be read."""
    try:
        return look(connection, step.call)
    except AWS_ERRORS:
        return Seen.OTHER


def _pauses() -> Iterator[float]:
    pause = 0.5
    while True:
        yield pause * random.uniform(0.8, 1.2)
        pause = min(pause * 1.6, 8.0)
