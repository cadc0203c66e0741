"""A proxy in front of the sandbox that answers AccessDenied to some operations, and passes all others on.

The answer is that of IAM (API reference, "Common Errors"): 403, code AccessDenied.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

_DENIED = (
    '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
    "<Code>AccessDenied</Code><Message>User is not authorized to perform: iam:{0}</Message></Error></ErrorResponse>"
)


@contextmanager
def deny_operations(url: str, operations: Iterable[str]) -> Iterator[str]:
    """Yield the address of a proxy in front of `url`. `*` at the beginning of an operation is a wildcard."""
    listed = tuple(operations)

    class DenyingProxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            action = parse_qs(body.decode()).get("Action", [""])[0]
            if any(action == item or (item[:1] == "*" and action.endswith(item[1:])) for item in listed):
                self._answer(403, _DENIED.format(action).encode())
                return
            asked = urllib.request.Request(url, body, dict(self.headers), method="POST")
            try:
                with urllib.request.urlopen(asked) as answer:
                    self._answer(answer.status, answer.read())
            except urllib.error.HTTPError as error:
                self._answer(error.code, error.read())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), DenyingProxy)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
