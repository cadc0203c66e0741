"""A network and an IAM that fail as the real ones do, in front of the sandbox, and a record of every call.

    front = Front()
    with Sandbox(wrap=front.around) as sandbox:
        hit = front.break_call("CreateUser ann", lost_answer)

Sources: IAM API Reference, "Common errors" (Throttling 400, ServiceFailure 500); what is done or not when an answer
is lost is in each fault's docstring. `eventual.py` has IAM's delays.
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
from reconciler.sandbox.query_protocol import IAM_VERSION, HttpRequest, Refusal, Reply
from tests.support.eventual import EventualLayer, Lag

Fault = Callable[[HttpRequest, Layer], Reply]
"""What becomes of a call in place of the layer's answer."""


def refuse_with(code: str, message: str, status: int = 400) -> Fault:
    """Refused with this error: nothing is done."""

    def fault(request: HttpRequest, layer: Layer) -> Reply:
        raise Refusal(code, message, status)

    return fault


throttle = refuse_with("Throttling", "Rate exceeded")
fail = refuse_with("ServiceFailure", "The request processing has failed because of an unknown error.", 500)


def drop_request(request: HttpRequest, layer: Layer) -> Reply:
    """The connection ends without an answer: nothing is done."""
    raise HangUp


def drop_answer(request: HttpRequest, layer: Layer) -> Reply:
    """It is done, and the connection ends without an answer. What IAM refuses is refused."""
    layer(request)
    raise HangUp


def delay_answer(seconds: float) -> Fault:
    """It is done, and nothing comes for so long; a client with less patience sees a timeout."""

    def fault(request: HttpRequest, layer: Layer) -> Reply:
        layer(request)
        time.sleep(seconds)
        raise HangUp

    return fault


class ProcessKiller:
    """SIGKILL for a process as its call arrives (`kill_before`), or once that is done but not answered
    (`kill_after`)."""

    def __init__(self) -> None:
        self._process = Future[int]()

    def set_process(self, process: int) -> None:
        """The id of the process; a call that comes sooner waits for it."""
        self._process.set_result(process)

    def kill_before(self, request: HttpRequest, layer: Layer) -> Reply:
        os.kill(self._process.result(30), signal.SIGKILL)
        raise HangUp

    def kill_after(self, request: HttpRequest, layer: Layer) -> Reply:
        layer(request)
        return self.kill_before(request, layer)


class TokenBucket:
    """So many calls a second, and `burst` at once; `take_token` is False where there are too many."""

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
    """One call. `line` as in the sandbox's log: the action and its subject. Times are monotonic seconds.

    outcome: "" where it was answered well, else the error's code, or "hung up".
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
    """A call that is broken `times` times; `hits` says how often it was."""

    matches: Callable[[RecordedCall, int], bool]
    fault: Fault
    times: int
    hits: int = 0


class FaultLayer:
    """The layer before the strict one; programmed from the test, which runs in the same process.

    latency: seconds before each call reaches IAM. rate: of writes, over which they are throttled.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def wrap_layer(self, layer: Layer) -> Layer:
        """For `Sandbox(wrap=…)`."""
        self._layer = layer
        return self

    def clear(self) -> None:
        """No faults any more, and an empty record."""
        self.latency = 0.0
        self.rate: TokenBucket | None = None
        self.records: list[RecordedCall] = []
        self._rules: list[FaultRule] = []
        self._ordinals: dict[bytes, int] = {}
        self._eventual: EventualLayer | None = None

    def delay_visibility(self, lag: Lag, clock: Callable[[], float] = time.monotonic) -> None:
        """From now on IAM shows what is written only after a while."""
        self._eventual = EventualLayer(self._layer, lag, clock)

    def break_write(self, number: int, fault: Fault, times: int = 1) -> FaultRule:
        """Break the write that arrives as the so-manyth since `clear`, from 1; a repetition is the same write."""
        return self._add_rule(FaultRule(lambda record, ordinal: ordinal == number, fault, times))

    def break_call(self, line: str, fault: Fault, times: int = 1) -> FaultRule:
        """Break what the log would say so (`CreateUser ann`), or every call of an action (`CreateUser`)."""
        return self._add_rule(FaultRule(lambda record, ordinal: line in (record.line, record.action), fault, times))

    def break_last(self, line: str, fault: Fault, others: Collection[str]) -> FaultRule:
        """`break_call`, but the call waits for these others to end: side by side, they come in any order."""

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
        """The writes since `clear`, in the order of their arrival, repetitions and refused ones among them."""
        return [record for record in self.records if record.is_write]

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
        except Refusal as refusal:
            record.outcome = refusal.code
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
    """How many of these calls were on their way at the same moment, at most."""
    moments = [(moment, change) for record in records for moment, change in ((record.began, 1), (record.ended, -1))]
    most = now = 0
    for _, change in sorted(moments):  # where one ends as another begins, the end counts first
        now += change
        most = max(most, now)
    return most


def _log_line_of(request: HttpRequest) -> str:
    given = request.parameters
    return " ".join([request.action, *(given[name] for name in IDENTIFYING_PARAMETERS if name in given)])


def _is_write(request: HttpRequest) -> bool:
    reads = ("Get", "List", "Simulate", "Generate")
    return request.version == IAM_VERSION and not request.action.startswith(reads)


def _error_code_of(reply: Reply) -> str:
    return (reply.root.findtext(".//Code") if reply.is_xml else None) or str(reply.status)


def shorten_retries(monkeypatch: pytest.MonkeyPatch, pause: float = 0.01) -> None:
    """Whoever waits before trying again, botocore and we, waits so many seconds only."""
    backoff = "botocore.retries.standard.ExponentialBackoff.delay_amount"
    monkeypatch.setattr(backoff, lambda self, context: pause)
    monkeypatch.setattr("reconciler.aws.retry._make_pauses", lambda: itertools.repeat(pause))
    monkeypatch.setattr("reconciler.aws.timing.MIN_RATE", 1 / pause)
