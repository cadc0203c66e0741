"""A server on loopback that sends any bytes: for answers that AWS would not give, or that never end."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

Sender = Callable[[socket.socket], None]
"""Answers a request after it was read."""


def build_http(status: int, body: bytes, *headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def send_bytes(data: bytes) -> Sender:
    return lambda connection: connection.sendall(data)


def trickle_bytes(data: bytes, pause: float = 0.02, size: int = 1) -> Sender:
    """Return a sender of a few bytes at a time, which repeats the last ones forever. pause: in seconds."""

    def send(connection: socket.socket) -> None:
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
            time.sleep(pause)
        repeat_bytes(data[-size:], pause)(connection)

    return send


def repeat_bytes(data: bytes, pause: float = 0.0) -> Sender:
    def send(connection: socket.socket) -> None:
        while True:
            connection.sendall(data)
            time.sleep(pause)

    return send


def send_before(first: bytes, then: Sender) -> Sender:
    def send(connection: socket.socket) -> None:
        connection.sendall(first)
        then(connection)

    return send


@dataclass
class RawServer:
    """A server. sender: answers each request. requests: the requests as they were read."""

    port: int
    sender: Sender = field(default=lambda connection: connection.close())
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serve_raw(tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = RawServer(listening.getsockname()[1])
        Thread(target=_accept, args=(listening, server, tls), daemon=True).start()
        yield server


def _accept(listening: socket.socket, server: RawServer, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            Thread(target=_serve, args=(connection, server, tls), daemon=True).start()


def _serve(connection: socket.socket, server: RawServer, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError), connection:
        made = tls.wrap_socket(connection, server_side=True) if tls else connection
        with made:
            while request := _read_request(made):
                server.requests.append(request)
                server.sender(made)


def _read_request(connection: socket.socket) -> bytes:
    """Return a request with its body; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
