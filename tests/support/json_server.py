"""An HTTP server on this machine that answers in JSON, as the APIs of GitHub and GitLab do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class JsonRequest:
    """path: without the query; query: its last value of each name; fields: the body, {} if there is none."""

    method: str
    path: str
    query: dict[str, str]
    fields: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def serve_json(answer: Callable[[JsonRequest], Any]) -> Iterator[str]:
    """Yield the address of the server. answer: returns the JSON, or raises LookupError for a 404."""

    class Handler(BaseHTTPRequestHandler):
        def answer_request(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = JsonRequest(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                json.loads(body or b"{}"),
                {name.lower(): value for name, value in self.headers.items()},
            )
            try:
                status, content = 200, json.dumps(answer(request)).encode()
            except LookupError as error:
                status, content = 404, json.dumps({"message": str(error)}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = answer_request

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
