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

from reconciler.sandbox.proxy import HangUp, Layer
from reconciler.sandbox.tally import IDENTIFYING
from reconciler.sandbox.wire import IAM_VERSION, Refusal, Reply, Request
from tests.support.eventual import Eventual, Lag

Fault = Callable[[Request, Layer], Reply]
"""What becomes of a call in place of the layer's answer."""


def refused(code: str, message: str, status: int = 400) -> Fault:
    """Refused with this error: nothing is done."""

    def fault(request: Request, layer: Layer) -> Reply:
        raise Refusal(code, message, status)

    return fault


throttled = refused("Throttling", "Rate exceeded")
failing = refused("ServiceFailure", "The request processing has failed because of an unknown error.", 500)


def reset_before(request: Request, layer: Layer) -> Reply:
    """The connection ends without an answer: nothing is done."""
    raise HangUp


def lost_answer(request: Request, layer: Layer) -> Reply:
    """It is done, and the connection ends without an answer. What IAM refuses is refused."""
    layer(request)
    raise HangUp


def late_answer(seconds: float) -> Fault:
    """It is done, and nothing comes for so long; a client with less patience sees a timeout."""

    def fault(request: Request, layer: Layer) -> Reply:
        layer(request)
        time.sleep(seconds)
        raise HangUp

    return fault


class Killing:
    """SIGKILL for a process as its call arrives (`before`), or once that is done but not answered (`after`)."""

    def __init__(self) -> None:
        self._process = Future[int]()

    def aim(self, process: int) -> None:
        """The id of the process; a call that comes sooner waits for it."""
        self._process.set_result(process)

    def before(self, request: Request, layer: Layer) -> Reply:
        os.kill(self._process.result(30), signal.SIGKILL)
        raise HangUp

    def after(self, request: Request, layer: Layer) -> Reply:
        layer(request)
        return self.before(request, layer)


class Bucket:
    """So many calls a second, and `burst` at once; `take` is False where there are too many."""

    def __init__(self, per_second: float, burst: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = per_second, burst, clock
        self._tokens, self._filled = float(burst), clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


@dataclass
class Record:
    """One call. `line` as in the sandbox's log: the action and its subject. Times are monotonic seconds.

    outcome: "" where it was answered well, else the error's code, or "hung up".
    """

    line: str
    parameters: dict[str, str] = field(repr=False)
    write: bool
    began: float
    ended: float = float("inf")
    outcome: str = ""

    @property
    def action(self) -> str:
        return self.line.partition(" ")[0]


@dataclass
class Broken:
    """A call that is broken `times` times; `hits` says how often it was."""

    matches: Callable[[Record, int], bool]
    fault: Fault
    times: int
    hits: int = 0


class Front:
    """The layer before the strict one; programmed from the test, which runs in the same process.

    latency: seconds before each call reaches IAM. rate: of writes, over which they are throttled.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def around(self, layer: Layer) -> Layer:
        """For `Sandbox(wrap=…)`."""
        self._layer = layer
        return self

    def clear(self) -> None:
        """No faults any more, and an empty record."""
        self.latency = 0.0
        self.rate: Bucket | None = None
        self.records: list[Record] = []
        self._broken: list[Broken] = []
        self._ordinals: dict[bytes, int] = {}
        self._eventual: Eventual | None = None

    def eventually(self, lag: Lag, clock: Callable[[], float] = time.monotonic) -> None:
        """From now on IAM shows what is written only after a while."""
        self._eventual = Eventual(self._layer, lag, clock)

    def break_write(self, number: int, fault: Fault, times: int = 1) -> Broken:
        """Break the write that arrives as the so-manyth since `clear`, from 1; a repetition is the same write."""
        return self._add(Broken(lambda record, ordinal: ordinal == number, fault, times))

    def break_call(self, line: str, fault: Fault, times: int = 1) -> Broken:
        """Break what the log would say so (`CreateUser ann`), or every call of an action (`CreateUser`)."""
        return self._add(Broken(lambda record, ordinal: line in (record.line, record.action), fault, times))

    def break_last(self, line: str, fault: Fault, others: Collection[str]) -> Broken:
        """`break_call`, but the call waits for these others to end: side by side, they come in any order."""

        def last(request: Request, layer: Layer) -> Reply:
            until = time.monotonic() + 30
            while not set(others) <= {record.line for record in self.records if record.ended < float("inf")}:
                assert time.monotonic() < until, f"{line} came, {others} did not"
                time.sleep(0.005)
            return fault(request, layer)

        return self.break_call(line, last)

    def _add(self, broken: Broken) -> Broken:
        self._broken.append(broken)
        return broken

    def writes(self) -> list[Record]:
        """The writes since `clear`, in the order of their arrival, repetitions and refused ones among them."""
        return [record for record in self.records if record.write]

    def __call__(self, request: Request) -> Reply:
        if not request.is_query:
            return self._layer(request)
        record = Record(_line(request), request.parameters, _is_write(request), time.monotonic())
        with self._lock:
            self.records.append(record)
            ordinal = self._ordinals.setdefault(request.body, len(self._ordinals) + 1) if record.write else 0
        try:
            reply = self._answered(request, record, ordinal)
            record.outcome = "" if reply.ok else _code(reply)
            return reply
        except Refusal as refusal:
            record.outcome = refusal.code
            raise
        except HangUp:
            record.outcome = "hung up"
            raise
        finally:
            record.ended = time.monotonic()

    def _answered(self, request: Request, record: Record, ordinal: int) -> Reply:
        if self.latency:
            time.sleep(self.latency)
        layer = self._eventual or self._layer
        if record.write and self.rate and not self.rate.take():
            return throttled(request, layer)
        fault = self._fault(record, ordinal)
        return fault(request, layer) if fault else layer(request)

    def _fault(self, record: Record, ordinal: int) -> Fault | None:
        with self._lock:
            for broken in self._broken:
                if broken.hits < broken.times and broken.matches(record, ordinal):
                    broken.hits += 1
                    return broken.fault
        return None


def most_in_flight(records: Iterable[Record]) -> int:
    """How many of these calls were on their way at the same moment, at most."""
    moments = [(moment, change) for record in records for moment, change in ((record.began, 1), (record.ended, -1))]
    most = now = 0
    for _, change in sorted(moments):  # where one ends as another begins, the end counts first
        now += change
        most = max(most, now)
    return most


def _line(request: Request) -> str:
    given = request.parameters
    return " ".join([request.action, *(given[name] for name in IDENTIFYING if name in given)])


def _is_write(request: Request) -> bool:
    reads = ("Get", "List", "Simulate", "Generate")
    return request.version == IAM_VERSION and not request.action.startswith(reads)


def _code(reply: Reply) -> str:
    return (reply.root.findtext(".//Code") if reply.is_xml else None) or str(reply.status)


def hurry(monkeypatch: pytest.MonkeyPatch, pause: float = 0.01) -> None:
    """Whoever waits before trying again, botocore and we, waits so many seconds only."""
    backoff = "botocore.retries.standard.ExponentialBackoff.delay_amount"
    monkeypatch.setattr(backoff, lambda self, context: pause)
    monkeypatch.setattr("reconciler.aws.retry._pauses", lambda: itertools.repeat(pause))
    monkeypatch.setattr("reconciler.aws.pace.LEAST", 1 / pause)
