"""The replay server: a stand-in for AWS that takes almost no time, so that only the client is measured.

`python -m benchmarks.replay SIZE [--empty] [--latency MS] [--writes-per-second N]` prints its address and serves the
account of that size on loopback until its standard input ends. Calls wait for their latency in parallel. A write beyond
the limit gets the answer Throttling, as from IAM, and has no effect. `GET /stats` returns the calls since `POST /zero`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from collections import Counter
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from benchmarks.account import ReplayAccount, ReplayError
from benchmarks.answers import ReplayAnswers, render_error
from benchmarks.documents import ACCOUNT
from benchmarks.workload import SIZES, make_workload

XML, JSON, TAGGING = "text/xml", "application/json", "application/x-amz-json-1.1"
READS = ("Get", "List")


class WriteLimiter:
    """A token bucket. rate: tokens a second, and the most that it holds; 0: no limit."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.refill()

    def refill(self) -> None:
        self._tokens, self._last = self.rate, time.monotonic()

    def take_token(self) -> bool:
        if not self.rate:
            return True
        now = time.monotonic()
        self._tokens = min(self.rate, self._tokens + (now - self._last) * self.rate)
        self._last = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class CallCounts:
    """The calls since the last `clear`. seconds: second since the first call → number of calls in it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.calls: Counter[str] = Counter()
        self.seconds: Counter[int] = Counter()
        self.throttled = self.in_flight = self.most_in_flight = self.sent = 0
        self._cpu = time.process_time()
        self._began: float | None = None

    def begin(self, operation: str) -> None:
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        self.seconds[int(now - self._began)] += 1
        self.calls[operation] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def read_stats(self) -> dict[str, Any]:
        return {
            "calls": dict(self.calls),
            "total": self.calls.total(),
            "throttled": self.throttled,
            "most_in_flight": self.most_in_flight,
            "per_second": [self.seconds[number] for number in range(max(self.seconds, default=-1) + 1)],
            "bytes": self.sent,
            "cpu_seconds": time.process_time() - self._cpu,
        }


class Service:
    """The account behind the server. Its methods return status, content type and body."""

    def __init__(self, account: ReplayAccount, writes_per_second: float) -> None:
        self.answers = ReplayAnswers(account)
        self.bucket = WriteLimiter(writes_per_second)
        self.counts = CallCounts()

    def answer_own_page(self, path: bytes) -> tuple[int, str, bytes]:
        if path == b"/zero":
            self.counts.clear()
            self.bucket.refill()
        return 200, JSON, json.dumps(self.counts.read_stats()).encode()

    def answer_call(self, operation: str, parameters: dict[str, Any]) -> tuple[int, str, bytes]:
        try:
            if operation == "GetResources":
                return 200, TAGGING, self.answers.answer_resources(parameters)
            if not operation.startswith(READS) and not self.bucket.take_token():
                self.counts.throttled += 1
                raise ReplayError(400, "Throttling", "Rate exceeded")
            return 200, XML, self.answers.answer_call(operation, parameters)
        except KeyError as missing:
            return 400, XML, render_error(ReplayError(400, "ValidationError", f"{operation} lacks {missing}."))
        except ReplayError as error:
            return error.status, XML, render_error(error)


class HttpProtocol(asyncio.Protocol):
    """The part of HTTP/1.1 that AWS's clients need: open connections, with one call at a time on each."""

    def __init__(self, service: Service, latency: float) -> None:
        self.service, self.latency = service, latency
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = self.buffer[:end].split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            length = end + 4 + int(headers.get(b"content-length", b"0"))
            if len(self.buffer) < length:
                return
            body, self.buffer = self.buffer[end + 4 : length], self.buffer[length:]
            self._handle_call(first.split(b" ")[1], headers, body)

    def _handle_call(self, path: bytes, headers: dict[bytes, bytes], body: bytes) -> None:
        if path in (b"/stats", b"/zero"):
            return self._send_response(*self.service.answer_own_page(path))
        if target := headers.get(b"x-amz-target"):
            operation, parameters = target.rpartition(b".")[2].decode(), json.loads(body or b"{}")
        else:
            parameters = dict(parse_qsl(body.decode(), keep_blank_values=True))
            operation = parameters.get("Action", "?")
        self.service.counts.begin(operation)
        account = _account_of(headers)
        if not self.latency:
            return self._finish_call(operation, parameters, account)
        asyncio.get_running_loop().call_later(self.latency, self._finish_call, operation, parameters, account)
        return None

    def _finish_call(self, operation: str, parameters: dict[str, Any], account: bytes) -> None:
        self.service.counts.in_flight -= 1
        status, kind, body = self.service.answer_call(operation, parameters)
        self._send_response(status, kind, body.replace(ACCOUNT.encode(), account))

    def _send_response(self, status: int, kind: str, body: bytes) -> None:
        phrase = HTTPStatus(status).phrase
        head = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.service.counts.sent += len(head) + len(body)
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(head + body)


def _account_of(headers: dict[bytes, bytes]) -> bytes:
    """Return the account that a call is for: the key id of a role's session names it (`answers.py`)."""
    _, assumed, key = headers.get(b"authorization", b"").partition(b"Credential=ASIA")
    return key[:12] if assumed else ACCOUNT.encode()


async def _serve(service: Service, latency: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: HttpProtocol(service, latency), "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay")
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--empty", action="store_true", help="an account without entities, which a plan then creates")
    parser.add_argument("--latency", type=float, default=0, metavar="MS")
    parser.add_argument("--writes-per-second", type=float, default=0, metavar="N")
    arguments = parser.parse_args()
    account = ReplayAccount() if arguments.empty else ReplayAccount.of(make_workload(SIZES[arguments.size]))
    service = Service(account, arguments.writes_per_second)
    service.answers.answer_call(
        "GetAccountAuthorizationDetails", {}
    )  # renders every entity before the first measurement
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(_serve(service, arguments.latency / 1000))


if __name__ == "__main__":
    main()
