"""When waiting helps: IAM is busy, or does not yet see what this very run has made. A typo fails at once.

And what must not be sent twice is looked for before it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ssl import SSLCertVerificationError, SSLEOFError
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from reconciler.aws import retry, timing
from reconciler.aws.rate_limiter import RateLimiter
from reconciler.aws.retry import CallStatus, FailureKind, classify_error, is_already_done, send_step
from reconciler.aws.session import Connection
from reconciler.kinds.steps import link_removal_of, presence_elsewhere_of, presence_of
from reconciler.model.address import Address
from reconciler.model.plan import Phase, Step
from tests.support.steps import bare_step

APP, ALICE = Address("role", "app"), Address("user", "alice")
INVALID = 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/alice"'
URL = {"endpoint_url": "http://127.0.0.1:1"}


def error(code: str, message: str = "", status: int = 400) -> ClientError:
    said = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(cast(Any, said), "Anything")


LOST = ReadTimeoutError(**URL)


def make_step(*facts: tuple[str, ...], operation: str = "AttachRolePolicy", **parameters: object) -> Step:
    removes = operation.startswith(("Delete", "Detach", "Remove", "Untag", "Deactivate"))
    address = Address("group", "eng") if operation.endswith("Group") else APP
    return bare_step(address, Phase.WIDEN, operation, parameters, facts, removes=removes)


OURS, THEIRS = {presence_of(APP)}, {presence_of(ALICE)}
FOREIGN = presence_elsewhere_of("arn:aws:iam::210987654321:role/ci")

VERDICTS: dict[str, tuple[Exception, Step, set[tuple[str, ...]], FailureKind]] = {
    "busy": (error("ConcurrentModification", status=409), make_step(), set(), FailureKind.TRANSIENT),
    "busy with one entity": (
        error("EntityTemporarilyUnmodifiable", status=409),
        make_step(),
        set(),
        FailureKind.TRANSIENT,
    ),
    "throttled": (error("Throttling"), make_step(), set(), FailureKind.THROTTLED),
    "throttled, otherwise said": (
        error("TooManyRequestsException", status=429),
        make_step(),
        set(),
        FailureKind.THROTTLED,
    ),
    "not there, made by this run": (error("NoSuchEntity"), make_step(presence_of(APP)), OURS, FailureKind.TRANSIENT),
    "not there, made by nobody": (error("NoSuchEntity"), make_step(presence_of(APP)), set(), FailureKind.FINAL),
    "not there, this run made something else": (
        error("NoSuchEntity"),
        make_step(presence_of(APP)),
        THEIRS,
        FailureKind.FINAL,
    ),
    "not there, nothing needed": (error("NoSuchEntity"), make_step(), OURS, FailureKind.FINAL),
    "an unknown principal, made by another account of this run": (
        error("MalformedPolicyDocument", INVALID),
        make_step(FOREIGN),
        {FOREIGN},
        FailureKind.TRANSIENT,
    ),
    "an unknown principal of another account that this run does not create": (
        error("MalformedPolicyDocument", INVALID),
        make_step(FOREIGN),
        OURS,
        FailureKind.FINAL,
    ),
    "not there, and only a principal of another account was made": (
        error("NoSuchEntity"),
        make_step(FOREIGN, presence_of(APP)),
        {FOREIGN},
        FailureKind.FINAL,
    ),
    "an unknown principal, made by this run": (
        error("MalformedPolicyDocument", INVALID),
        make_step(presence_of(ALICE)),
        THEIRS,
        FailureKind.TRANSIENT,
    ),
    "an unknown principal, made by nobody": (
        error("MalformedPolicyDocument", INVALID),
        make_step(presence_of(ALICE)),
        set(),
        FailureKind.FINAL,
    ),
    "another flaw of a document": (
        error("MalformedPolicyDocument", "Syntax errors in policy."),
        make_step(presence_of(ALICE)),
        THEIRS,
        FailureKind.FINAL,
    ),
    "still held, by what this run let go": (
        error("DeleteConflict"),
        make_step(link_removal_of(APP, "arn"), operation="DeletePolicy"),
        {link_removal_of(APP, "arn")},
        FailureKind.TRANSIENT,
    ),
    "still held, by somebody else": (
        error("DeleteConflict"),
        make_step(operation="DeletePolicy"),
        OURS,
        FailureKind.FINAL,
    ),
    "a quota": (error("LimitExceeded"), make_step(presence_of(APP)), OURS, FailureKind.FINAL),
    "denied": (error("AccessDenied", status=403), make_step(presence_of(APP)), OURS, FailureKind.FINAL),
    "there already": (error("EntityAlreadyExists", status=409), make_step(presence_of(APP)), OURS, FailureKind.FINAL),
    "invalid": (error("ValidationError"), make_step(presence_of(APP)), OURS, FailureKind.FINAL),
    "a fault of AWS": (error("ServiceFailure", status=500), make_step(), set(), FailureKind.LOST),
    "a gateway": (error("502", status=502), make_step(), set(), FailureKind.LOST),
    "no answer in time": (LOST, make_step(), set(), FailureKind.LOST),
    "cut off": (ConnectionClosedError(**URL), make_step(), set(), FailureKind.LOST),
    "an answer that is none": (ResponseParserError("html"), make_step(), set(), FailureKind.LOST),
    "nobody there": (EndpointConnectionError(**URL), make_step(), set(), FailureKind.UNSENT),
    "no connection in time": (ConnectTimeoutError(**URL), make_step(), set(), FailureKind.UNSENT),
    "a certificate that is wrong": (
        SSLError(**URL, error=SSLCertVerificationError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")),
        make_step(),
        set(),
        FailureKind.FINAL,
    ),
    "an encrypted answer that was cut off": (
        SSLError(**URL, error=SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING]")),
        make_step(),
        set(),
        FailureKind.LOST,
    ),
    "no credentials": (NoCredentialsError(), make_step(), set(), FailureKind.FINAL),
}


@pytest.mark.parametrize(("failure", "failed", "made", "expected"), VERDICTS.values(), ids=VERDICTS.keys())
def test_each_failure_has_its_meaning(
    failure: Exception, failed: Step, made: set[tuple[str, ...]], expected: FailureKind
) -> None:
    assert classify_error(failure, failed, made) is expected


@pytest.mark.parametrize(
    ("operation", "code", "done"),
    [
        ("DeleteUser", "NoSuchEntity", True),
        ("DetachRolePolicy", "NoSuchEntity", True),
        ("RemoveUserFromGroup", "NoSuchEntity", True),
        ("UntagRole", "NoSuchEntity", True),
        ("DeactivateMFADevice", "NoSuchEntity", True),
        ("AttachRolePolicy", "NoSuchEntity", False),
        ("PutUserPolicy", "NoSuchEntity", False),
        ("DeleteUser", "DeleteConflict", False),
        ("CreateUser", "EntityAlreadyExists", False),
    ],
)
def test_taking_away_what_is_gone_already_is_done(operation: str, code: str, done: bool) -> None:
    assert is_already_done(error(code), make_step(operation=operation)) is done


GROUP = make_step(operation="CreateGroup", GroupName="eng", Path="/a/")
THERE = {"Group": {"GroupName": "eng", "Path": "/a/"}}
NAMESAKE = {"Group": {"GroupName": "eng", "Path": "/"}}


class Iam:
    """Answers calls from a list: what is an exception, is raised. get_group says whether the group is there."""

    def __init__(self, *answers: object, there: object = None) -> None:
        self.answers: Iterator[object] = iter(answers)
        self.there = there or error("NoSuchEntity")
        self.sent = self.looks = 0

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name == "get_group":
            return self._look
        return self._send

    def _send(self, **parameters: object) -> object:
        self.sent += 1
        return self._give_answer(next(self.answers))

    def _look(self, **parameters: object) -> object:
        self.looks += 1
        return self._give_answer(self.there)

    def _give_answer(self, answer: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    def make(self, what: Step, made: set[tuple[str, ...]] | None = None) -> CallStatus:
        connection = cast(Connection, SimpleNamespace(iam=self, iam_once=self, partition="aws", account="1" * 12))
        return send_step(connection, what, made or set(), RateLimiter(), Waiting()).status


class Waiting(Event):
    """An event that nobody sets, and whose waits take no time but count."""

    waited: list[float]

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0)
        return self.is_set()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses made, without making them; time passes with them."""
    pauses: list[float] = []
    monkeypatch.setattr(Waiting, "waited", pauses, raising=False)
    monkeypatch.setattr(retry.time, "monotonic", lambda: sum(pauses))
    return pauses


def forever(failure: Exception) -> list[Exception]:
    return [failure] * 1000


ENDINGS: dict[str, tuple[Iam, Step, CallStatus, int, int]] = {
    "answered": (Iam({}), GROUP, CallStatus.DONE, 1, 0),
    "busy, then answered": (Iam(error("ConcurrentModification"), {}), GROUP, CallStatus.DONE, 2, 0),
    "throttled, then answered": (Iam(error("Throttling"), error("Throttling"), {}), GROUP, CallStatus.DONE, 3, 0),
    "denied": (Iam(error("AccessDenied")), GROUP, CallStatus.FAILED, 1, 0),
    "lost, and made": (Iam(LOST, there=THERE), GROUP, CallStatus.DONE, 1, 1),
    "lost, and not made": (Iam(LOST, {}), GROUP, CallStatus.DONE, 2, 1),
    "a fault of AWS, and made": (Iam(error("ServiceFailure", status=500), there=THERE), GROUP, CallStatus.DONE, 1, 1),
    "lost, not to be seen yet, then there already": (
        Iam(LOST, error("EntityAlreadyExists"), there=NAMESAKE),
        GROUP,
        CallStatus.UNCLEAR,
        2,
        2,
    ),
    "there already, nothing lost": (Iam(error("EntityAlreadyExists"), there=THERE), GROUP, CallStatus.FAILED, 1, 0),
    "lost, and a look that fails": (Iam(LOST, {}, there=error("AccessDenied")), GROUP, CallStatus.DONE, 2, 1),
    "lost, and then denied": (Iam(LOST, error("AccessDenied")), GROUP, CallStatus.UNCLEAR, 2, 1),
    "lost, and may be sent again": (Iam(LOST, {}), make_step(), CallStatus.DONE, 2, 0),
    "a deletion lost, then gone": (
        Iam(LOST, error("NoSuchEntity")),
        make_step(operation="DeleteRole"),
        CallStatus.DONE,
        2,
        0,
    ),
    "lost for good": (Iam(*forever(LOST)), make_step(), CallStatus.UNCLEAR, timing.WRITE_MAX_LOSSES, 0),
    "nobody there for good": (
        Iam(*forever(EndpointConnectionError(**URL))),
        make_step(),
        CallStatus.FAILED,
        timing.WRITE_MAX_LOSSES,
        0,
    ),
}


@pytest.mark.parametrize(("iam", "what", "ending", "sent", "looks"), ENDINGS.values(), ids=ENDINGS.keys())
def test_a_call_ends_as_live_iam_has_it(iam: Iam, what: Step, ending: CallStatus, sent: int, looks: int) -> None:
    assert iam.make(what) is ending
    assert (iam.sent, iam.looks) == (sent, looks)


class Named(Iam):
    """get_group answers by name: what is not there, is no such entity."""

    def __init__(self, *answers: object, **ids: str) -> None:
        super().__init__(*answers)
        self.ids = ids

    def _look(self, **parameters: object) -> object:
        name = str(parameters["GroupName"])
        return {"Group": {"GroupId": self.ids[name]}} if name in self.ids else self._give_answer(error("NoSuchEntity"))


TAKEN = error("EntityAlreadyExists")


@pytest.mark.parametrize(
    ("iam", "ending", "sent"),
    [
        (Named(LOST, new="AGPA1"), CallStatus.DONE, 1),
        (Named(LOST, old="AGPA1", new="AGPA1"), CallStatus.DONE, 1),
        (Named(LOST, {}, old="AGPA1"), CallStatus.DONE, 2),
        (Named(LOST, TAKEN, old="AGPA1", new="AGPA2"), CallStatus.UNCLEAR, 2),
    ],
    ids=["made", "made, the old name still shown", "not made", "not made, the name taken by somebody else"],
)
def test_a_rename_whose_answer_is_lost_is_told_from_a_namesake(iam: Named, ending: CallStatus, sent: int) -> None:
    assert iam.make(make_step(operation="UpdateGroup", GroupName="old", NewGroupName="new")) is ending
    assert iam.sent == sent


def test_patience_ends(pauses: list[float]) -> None:
    iam = Iam(*forever(error("NoSuchEntity")))
    assert iam.make(make_step(presence_of(APP)), OURS) is CallStatus.FAILED
    assert 100 < sum(pauses) <= timing.WRITE_MAX_WAIT


def test_throttling_is_waited_for_as_long(pauses: list[float]) -> None:
    assert Iam(*forever(error("Throttling"))).make(make_step()) is CallStatus.FAILED
    assert 100 < sum(pauses) <= timing.WRITE_MAX_WAIT + 10


def test_a_run_that_is_stopped_waits_no_more() -> None:
    stopped = Event()
    iam = Iam(error("ConcurrentModification"), {})
    connection = cast(Connection, SimpleNamespace(iam_once=iam))

    class Pressed(RateLimiter):
        def record_throttling(self) -> None: ...

        def acquire(self, event: Any) -> bool:
            free = super().acquire(event)
            stopped.set()
            return free

    sent = send_step(connection, make_step(), set(), Pressed(), stopped)
    assert (sent.status, sent.attempts, iam.sent) == (CallStatus.FAILED, 1, 1)
    assert "ConcurrentModification" in str(sent.error)


def test_a_call_that_was_stopped_before_its_first_attempt_was_not_sent() -> None:
    stopped = Event()
    stopped.set()
    iam = Iam({})
    sent = send_step(cast(Connection, SimpleNamespace(iam_once=iam)), make_step(), set(), RateLimiter(), stopped)
    assert (sent.status, sent.error, sent.attempts, sent.retries, iam.sent) == (CallStatus.FAILED, None, 0, 0, 0)


@pytest.mark.parametrize(
    ("answer", "request_id"),
    [
        (
            {"ResponseMetadata": {"RequestId": "7a62c49f-347e-4fc4-9331-6e8e00000000"}},
            "7a62c49f-347e-4fc4-9331-6e8e00000000",
        ),
        ({"ResponseMetadata": {"RequestId": "x\x1b[2J"}}, None),
        ({"ResponseMetadata": {"RequestId": "x" * 1000}}, None),
        ({"ResponseMetadata": {"RequestId": ""}}, None),
        ({"ResponseMetadata": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_id_of_an_answer_is_kept_if_it_is_one(answer: object, request_id: str | None) -> None:
    iam = Iam(error("ConcurrentModification"), answer)
    connection = cast(Connection, SimpleNamespace(iam=iam, iam_once=iam, partition="aws", account="1" * 12))
    sent = send_step(connection, make_step(), set(), RateLimiter(), Waiting())
    assert (sent.status, sent.attempts, sent.retries, sent.request_id) == (CallStatus.DONE, 2, 1, request_id)
