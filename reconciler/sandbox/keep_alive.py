"""The emulator's end of the wire: moto's request handler, but with the connection kept open from call to call.

werkzeug's closes it after each answer, and a connection and a thread of its own cost more than a small call.
"""

from __future__ import annotations

import io
import traceback
from collections.abc import Iterable
from http import HTTPStatus

from moto.moto_server import werkzeug_app
from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app

_Handler: type[WSGIRequestHandler] = getattr(werkzeug_app, "MotoRequestHandler", WSGIRequestHandler)  # moto 5.2 has it
_OWN_HEADERS = {"content-length", "connection"}


class KeepAliveHandler(_Handler):  # type: ignore[misc, valid-type]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            super().run_wsgi()  # which closes the connection, and so may leave something unread
            return
        # To its end, whatever the application needs of it: the rest would be taken for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environ = self.make_environ() | {"wsgi.input": io.BytesIO(body)}
        try:
            answer, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            self._write_response(status, headers, b"".join(answer))
        except ConnectionError:
            raise
        except Exception:
            traceback.print_exc()
            failed = HTTPStatus.INTERNAL_SERVER_ERROR
            self._write_response(f"{failed.value} {failed.phrase}", [], b"")

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
