"""The HTTP server that clients of the sandbox talk to: keep-alive, threaded, on loopback only.

It counts every request, then lets the layer answer it (query protocol), or the emulator (JSON protocols, `/moto-api`).
It answers the console's sign-in, `GET /_sandbox/stats` and `POST /_sandbox/zero` itself.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reconciler.sandbox import signin
from reconciler.sandbox.call_log import CallLog
from reconciler.sandbox.query_protocol import AwsError, HttpRequest, Reply
from reconciler.sandbox.upstream import Upstream

Layer = Callable[[HttpRequest], Reply]


class HangUp(Exception):
    """Raised by a layer to close the connection without an answer."""


class Proxy(ThreadingHTTPServer):
    """The server. layer: answers requests of the query protocol. call_log: the calls that it received."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, upstream: Upstream, layer: Layer) -> None:
        super().__init__(("127.0.0.1", port), ProxyHandler)
        self.upstream = upstream
        self.layer = layer
        self.call_log = CallLog()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="sandbox").start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.upstream.close()

    def answer_request(self, request: HttpRequest) -> Reply:
        """Return the answer to a request; a failure of the sandbox becomes InternalFailure. Raises HangUp."""
        if request.target.startswith("/_sandbox/"):
            return self._answer_own_page(request)
        if request.action:
            self.call_log.record_call(request)
        try:
            return signin.answer_signin(request) if signin.is_signin(request) else self.layer(request)
        except AwsError as error:
            return error.to_reply(request.version)
        except HangUp:
            raise
        except Exception as error:
            # A bug here must not look like a lost connection, after which clients would try again.
            failure = AwsError("InternalFailure", f"The sandbox failed on {request.action}: {error!r}", 500)
            return failure.to_reply(request.version)

    def _answer_own_page(self, request: HttpRequest) -> Reply:
        match request.method, request.target:
            case "GET", "/_sandbox/stats":
                content = self.call_log.read_stats()
            case "POST", "/_sandbox/zero":
                self.call_log.clear()
                content = {}
            case _:
                return Reply(404, b'{"message": "no such page"}', "application/json")
        return Reply(200, json.dumps(content).encode(), "application/json")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report an error of a connection, unless the client hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class ProxyHandler(BaseHTTPRequestHandler):
    """Read HTTP requests, and write the answers of the `Proxy`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def _answer_http(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return self._write_reply(Reply(411, b"", "text/plain"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = HttpRequest(self.command, self.path, tuple(self.headers.items()), body)
        try:
            reply = self.server.answer_request(request)
        except HangUp:
            self.close_connection = True
            return None
        return self._write_reply(reply)

    def _write_reply(self, reply: Reply) -> None:
        payload = reply.to_bytes()
        lines = [f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('',))[0]}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        lines += [f"Content-Type: {reply.content_type}", f"Content-Length: {len(payload)}"]
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        # Write once: a second write could wait for the client to acknowledge the first.
        self.wfile.write(head if self.command == "HEAD" else head + payload)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _answer_http

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing here: `CallLog` records the calls."""
