"""Replace moto's request handler with one that keeps connections open.

werkzeug's handler closes the connection after each answer. A new connection and thread cost more than a small call.
Calls of IAM and STS go to moto without Flask (`direct_calls.py`).
"""

from __future__ import annotations

import io
import traceback
from collections.abc import Iterable
from http import HTTPStatus

from moto.moto_server import werkzeug_app
from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from reconciler.sandbox.direct_calls import answer_directly

_Handler: type[WSGIRequestHandler] = getattr(werkzeug_app, "MotoRequestHandler", WSGIRequestHandler)  # moto 5.2 has it
_OWN_HEADERS = {"content-length", "connection"}


class KeepAliveHandler(_Handler):  # type: ignore[misc, valid-type]
    """A request handler for moto that answers several requests on one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request; keep the connection open unless its body has no known length."""
        if self.headers.get("Transfer-Encoding"):
            super().run_wsgi()  # closes the connection, so an unread rest of the body does no harm
            return
        # Read the whole body: a rest would be read as the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            direct = answer_directly(self.command, self.path, self.headers.items(), body)
            if direct:
                self._write_response(*direct)
                return
            environ = self.make_environ() | {"wsgi.input": io.BytesIO(body)}
            answer, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            self._write_response(status, headers, b"".join(answer))
        except ConnectionError:
            raise
        except Exception:
            traceback.print_exc()
            status_code = HTTPStatus.INTERNAL_SERVER_ERROR
            self._write_response(f"{status_code.value} {status_code.phrase}", [], b"")

    def _write_response(self, status: str, headers: Iterable[tuple[str, str]], payload: bytes) -> None:
        lines = [
            f"HTTP/1.1 {status}",
            *(f"{key}: {value}" for key, value in headers if key.lower() not in _OWN_HEADERS),
        ]
        lines.append(f"Content-Length: {len(payload)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head if self.command == "HEAD" else head + payload)
