"""Make calls to the sandbox fail as a real network and IAM do, and record every call.

    faults = FaultLayer()
    with Sandbox(wrap=faults.wrap_layer) as sandbox:
        rule = faults.break_call("CreateUser ann", drop_answer)

Sources: IAM API Reference, "Common errors" (Throttling 400, ServiceFailure 500). The docstring of each fault says
whether the call takes effect. `eventual.py` has IAM's delays.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest

from reconciler.sandbox.call_log import IDENTIFYING_PARAMETERS
from reconciler.sandbox.proxy import HangUp, Layer
from reconciler.sandbox.query_protocol import IAM_VERSION, AwsError, HttpRequest, Reply
from tests.support.eventual import EventualLayer, Lag

Fault = Callable[[HttpRequest, Layer], Reply]
"""Handles a call in place of the layer that it is given."""


def refuse_with(code: str, message: str, status: int = 400) -> Fault:
    """Return a fault that answers with this error. The call has no effect."""

    def fault(request: HttpRequest, layer: Layer) -> Reply:
        raise AwsError(code, message, status)

    return fault


throttle = refuse_with("Throttling", "Rate exceeded")
fail = refuse_with("ServiceFailure", "The request processing has failed because of an unknown error.", 500)


def drop_request(request: HttpRequest, layer: Layer) -> Reply:
    """Close the connection without an answer. The call has no effect."""
    raise HangUp


def drop_answer(request: HttpRequest, layer: Layer) -> Reply:
    """Let the call take effect, then close the connection without an answer. Refusals of IAM are answered."""
    layer(request)
    raise HangUp


def delay_answer(seconds: float) -> Fault:
    """Return a fault that lets the call take effect and answers after so many seconds, so that clients time out."""

    def fault(request: HttpRequest, layer: Layer) -> Reply:
        layer(request)
        time.sleep(seconds)
        raise HangUp

    return fault


class ProcessKiller:
    """Kill a process by SIGKILL: when its call arrives (`kill_before`), or when it has taken effect (`kill_after`)."""

    def __init__(self) -> None:
        self._process = Future[int]()

    def set_process(self, process: int) -> None:
        """Set the id of the process. A call that arrives before waits for it."""
        self._process.set_result(process)

    def kill_before(self, request: HttpRequest, layer: Layer) -> Reply:
        os.kill(self._process.result(30), signal.SIGKILL)
        raise HangUp

    def kill_after(self, request: HttpRequest, layer: Layer) -> Reply:
        layer(request)
        return self.kill_before(request, layer)


class TokenBucket:
    """A limit of calls a second, with `burst` at once. `take_token` returns False for calls beyond it."""

    def __init__(self, per_second: float, burst: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = per_second, burst, clock
        self._tokens, self._filled = float(burst), clock()
        self._lock = threading.Lock()

    def take_token(self) -> bool:
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


@dataclass
class RecordedCall:
    """A call. line: the action and the entities that it names, as in the sandbox's log. Times: monotonic seconds.

    outcome: "" for a successful answer, else the error's code, or "hung up".
    """

    line: str
    parameters: dict[str, str] = field(repr=False)
    is_write: bool
    began: float
    ended: float = float("inf")
    outcome: str = ""

    @property
    def action(self) -> str:
        return self.line.partition(" ")[0]


@dataclass
class FaultRule:
    """A rule that breaks a call. times: how often it does; hits: how often it did so far."""

    matches: Callable[[RecordedCall, int], bool]
    fault: Fault
    times: int
    hits: int = 0


class FaultLayer:
    """A layer in front of the strict one, which the test controls from the same process.

    latency: seconds before each call reaches IAM. rate: the limit of writes, beyond which they are throttled.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def wrap_layer(self, layer: Layer) -> Layer:
        """Return the layer to pass as `Sandbox(wrap=…)`."""
        self._layer = layer
        return self

    def clear(self) -> None:
        """Remove all faults and all recorded calls."""
        self.latency = 0.0
        self.rate: TokenBucket | None = None
        self.records: list[RecordedCall] = []
        self._rules: list[FaultRule] = []
        self._ordinals: dict[bytes, int] = {}
        self._eventual: EventualLayer | None = None

    def delay_visibility(self, lag: Lag, clock: Callable[[], float] = time.monotonic) -> None:
        """Make IAM show later writes only after a delay."""
        self._eventual = EventualLayer(self._layer, lag, clock)

    def break_write(self, number: int, fault: Fault, times: int = 1) -> FaultRule:
        """Break the write with this number, counted from 1 since `clear`. A repetition has the same number."""
        return self._add_rule(FaultRule(lambda record, ordinal: ordinal == number, fault, times))

    def break_call(self, line: str, fault: Fault, times: int = 1) -> FaultRule:
        """Break the call with this log line (`CreateUser ann`), or every call of an action (`CreateUser`)."""
        return self._add_rule(FaultRule(lambda record, ordinal: line in (record.line, record.action), fault, times))

    def break_last(self, line: str, fault: Fault, others: Collection[str]) -> FaultRule:
        """Break a call as `break_call` does, after the others have ended: parallel calls arrive in any order."""

        def wait_for_others(request: HttpRequest, layer: Layer) -> Reply:
            until = time.monotonic() + 30
            while not set(others) <= {record.line for record in self.records if record.ended < float("inf")}:
                assert time.monotonic() < until, f"{line} came, {others} did not"
                time.sleep(0.005)
            return fault(request, layer)

        return self.break_call(line, wait_for_others)

    def _add_rule(self, broken: FaultRule) -> FaultRule:
        self._rules.append(broken)
        return broken

    def list_writes(self) -> list[RecordedCall]:
        """Return the writes since `clear` in the order of their arrival, with repetitions and refused ones."""
        return [record for record in self.records if record.is_write]

    def wait_until_idle(self, besides: str = "") -> None:
        """Wait until every call has ended that a process left behind when it was killed.

        besides: the log line of a call that is held back. Calls that wait in a socket arrive after the process is gone.
        """
        until, before, quiet = time.monotonic() + 30, -1, 0
        while time.monotonic() < until:
            records = list(self.records)
            waits = any(record.ended == float("inf") and record.line != besides for record in records)
            quiet = quiet + 1 if not waits and len(records) == before else 0
            if quiet == 4:
                return
            before = len(records)
            time.sleep(0.05)
        raise AssertionError("calls of a process that was killed do not end")

    def __call__(self, request: HttpRequest) -> Reply:
        if not request.is_query:
            return self._layer(request)
        record = RecordedCall(_log_line_of(request), request.parameters, _is_write(request), time.monotonic())
        with self._lock:
            self.records.append(record)
            ordinal = self._ordinals.setdefault(request.body, len(self._ordinals) + 1) if record.is_write else 0
        try:
            reply = self._answer_call(request, record, ordinal)
            record.outcome = "" if reply.ok else _error_code_of(reply)
            return reply
        except AwsError as error:
            record.outcome = error.code
            raise
        except HangUp:
            record.outcome = "hung up"
            raise
        finally:
            record.ended = time.monotonic()

    def _answer_call(self, request: HttpRequest, record: RecordedCall, ordinal: int) -> Reply:
        if self.latency:
            time.sleep(self.latency)
        layer = self._eventual or self._layer
        if record.is_write and self.rate and not self.rate.take_token():
            return throttle(request, layer)
        fault = self._find_fault(record, ordinal)
        return fault(request, layer) if fault else layer(request)

    def _find_fault(self, record: RecordedCall, ordinal: int) -> Fault | None:
        with self._lock:
            for broken in self._rules:
                if broken.hits < broken.times and broken.matches(record, ordinal):
                    broken.hits += 1
                    return broken.fault
        return None


def count_most_in_flight(records: Iterable[RecordedCall]) -> int:
    """Return the largest number of these calls that ran at the same time."""
    moments = [(moment, change) for record in records for moment, change in ((record.began, 1), (record.ended, -1))]
    highest = now = 0
    for _, change in sorted(moments):  # if one ends at the moment that another begins, the end counts first
        now += change
        highest = max(highest, now)
    return highest


def _log_line_of(request: HttpRequest) -> str:
    parameters = request.parameters
    return " ".join([request.action, *(parameters[name] for name in IDENTIFYING_PARAMETERS if name in parameters)])


def _is_write(request: HttpRequest) -> bool:
    reads = ("Get", "List", "Simulate", "Generate")
    return request.version == IAM_VERSION and not request.action.startswith(reads)


def _error_code_of(reply: Reply) -> str:
    return (reply.root.findtext(".//Code") if reply.is_xml else None) or str(reply.status)


def shorten_retries(monkeypatch: pytest.MonkeyPatch, pause: float = 0.01) -> None:
    """Make botocore and reconcile wait only so many seconds before a retry."""
    backoff = "botocore.retries.standard.ExponentialBackoff.delay_amount"
    monkeypatch.setattr(backoff, lambda self, context: pause)
    monkeypatch.setattr("reconciler.aws.retry._make_pauses", lambda: itertools.repeat(pause))
    monkeypatch.setattr("reconciler.aws.timing.MIN_RATE", 1 / pause)
