"""Limit the total time of an AWS call, and the bytes of its answer.

A socket's timeout limits one `recv` only: an endpoint or a proxy that sends a byte a second never exceeds it. So each
socket asks here, before it waits, how much of its call's time is left. That covers connecting, TLS, a proxy's CONNECT,
sending, headers and body, for every client of a session (`limit_clients`), those of botocore's credential providers
included.

The time of a call is the sum over its attempts, without botocore's pauses between them. It does not include the lookup
of the host's name, which a program cannot interrupt.
"""

from __future__ import annotations

import math
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
)
from urllib3.exceptions import ConnectTimeoutError as NoConnectionInTime
from urllib3.exceptions import NewConnectionError
from urllib3.util.connection import allowed_gai_family

from reconciler.aws import timing
from reconciler.model.problem import make_error

TIMEOUT_VARIABLE = "RECONCILE_CALL_TIMEOUT"
MAX_ANSWER_BYTES = 64 * 2**20
"""Bytes of an answer. By IAM's limits, a page of a thousand entities is smaller."""

_BUDGET = "reconcile-seconds-left"


class CallTimeout(BotoCoreError):
    """The time of a call is over. The call was sent and may have been made. botocore does not repeat it."""

    fmt = "{host} did not answer in full within {seconds:g} seconds"


class UnsentTimeout(CallTimeout):
    """The time of a call was over before there was a connection. The call was not made."""

    fmt = "{host} could not be reached within {seconds:g} seconds"


class AnswerTooLong(BotoCoreError):
    """An answer with more than MAX_ANSWER_BYTES."""

    fmt = "{host} sent more than {mebibytes} MiB"


def read_call_timeout(environ: Mapping[str, str]) -> float:
    """Return the seconds that RECONCILE_CALL_TIMEOUT allows for a call. Raises ReconcileError for a wrong value."""
    text = environ.get(TIMEOUT_VARIABLE, "").strip()
    if not text:
        return timing.CALL_SECONDS
    if (
        re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text)
        and timing.MIN_CALL_SECONDS <= float(text) <= timing.MAX_CALL_SECONDS
    ):
        return float(text)
    raise make_error(
        "bad-call-timeout",
        f"{TIMEOUT_VARIABLE} is {text[:40]!r}, and must be a number of seconds from "
        f"{timing.MIN_CALL_SECONDS:g} to {timing.MAX_CALL_SECONDS:g}.",
        "It limits the total time of one AWS call.",
        f"Unset it for the default: `unset {TIMEOUT_VARIABLE}` ({timing.CALL_SECONDS:g} seconds).",
    )


def limit_clients(events: Any, seconds: float) -> None:
    """Make every client of a botocore session keep the limits. events: the session's emitter. seconds: per call."""

    class LimitedClient:
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)
            endpoint: Any = vars(self)["_endpoint"]
            endpoint.http_session = LimitedSession(endpoint.http_session, seconds)

    def add_base_class(base_classes: list[type], **_: object) -> None:
        base_classes.insert(0, LimitedClient)

    events.register("creating-client-class", add_base_class)


def get_answering_host() -> str:
    """Return host and port of the last request on this thread, or "" if there was none."""
    return str(getattr(_local, "host", ""))


@dataclass
class _Attempt:
    """One request under way on this thread.

    deadline: time.monotonic() at which it must end. max_idle: seconds to wait for a byte at most. received: bytes.
    """

    deadline: float
    max_idle: float
    received: int = field(default=0)

    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    @property
    def is_late(self) -> bool:
        return self.seconds_left() < timing.TIMEOUT_SLACK

    @property
    def is_flooded(self) -> bool:
        return self.received > MAX_ANSWER_BYTES


_local = threading.local()
"""`attempt`: the _Attempt of this thread. `host`: see `get_answering_host`."""


class LimitedSession:
    """An HTTP session of botocore (`URLLib3Session`) whose requests keep the limits."""

    def __init__(self, session: Any, seconds: float) -> None:
        self._session, self._seconds = session, seconds
        # All pool managers of the session share this mapping, those of proxies included.
        session._pool_classes_by_scheme.update(http=_Pool, https=_TlsPool)

    def send(self, request: Any) -> Any:
        """Send a request. Raises botocore's errors, CallTimeout and AnswerTooLong."""
        url = urlsplit(request.url)
        _local.host = f"{url.hostname}:{url.port}" if url.port else str(url.hostname)
        # The attempts of a call share their context. Without a context, each attempt has the whole time.
        context = getattr(request, "context", None)
        context = context if isinstance(context, dict) else {}
        budget = context.get(_BUDGET, self._seconds)
        attempt = _Attempt(time.monotonic() + budget, max(1.0, self._seconds / 2))
        outer, _local.attempt = getattr(_local, "attempt", None), attempt
        try:
            return self._session.send(request)
        except BotoCoreError as error:
            raise _explain_timeout(error, attempt, self._seconds) from None
        finally:
            _local.attempt = outer
            context[_BUDGET] = max(0.0, attempt.seconds_left())

    def close(self) -> None:
        self._session.close()


def _explain_timeout(error: BotoCoreError, attempt: _Attempt, seconds: float) -> BotoCoreError:
    host = get_answering_host()
    if attempt.is_flooded:
        return AnswerTooLong(host=host, mebibytes=MAX_ANSWER_BYTES // 2**20)
    if not attempt.is_late:
        return error
    unsent = isinstance(error, ConnectTimeoutError | EndpointConnectionError | ProxyConnectionError)
    return (UnsentTimeout if unsent else CallTimeout)(host=host, seconds=seconds)


class _SocketLimits:
    """A mixin for sockets: wait no longer than the call may, and count the received bytes."""

    _requested_timeout: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._requested_timeout = value
        self._apply_limit()

    def _apply_limit(self) -> None:
        attempt: _Attempt | None = getattr(_local, "attempt", None)
        seconds = math.inf if self._requested_timeout is None else self._requested_timeout
        if attempt is not None:
            seconds = min(seconds, attempt.seconds_left(), attempt.max_idle)
            if seconds <= 0:
                raise TimeoutError("the time of the call is over")
        above: Any = super()
        above.settimeout(None if seconds == math.inf else seconds)

    def _call_limited(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        self._apply_limit()
        return getattr(super(), method)(*arguments, **keywords)

    def connect(self, *arguments: Any) -> None:
        self._call_limited("connect", *arguments)

    def do_handshake(self, *arguments: Any) -> None:
        self._call_limited("do_handshake", *arguments)

    def send(self, *arguments: Any) -> Any:
        return self._call_limited("send", *arguments)

    def sendall(self, *arguments: Any) -> Any:
        return self._call_limited("sendall", *arguments)

    def recv(self, *arguments: Any) -> Any:
        data = self._call_limited("recv", *arguments)
        _count_received(len(data))
        return data

    def recv_into(self, *arguments: Any) -> Any:
        size = self._call_limited("recv_into", *arguments)
        _count_received(size)
        return size


def _count_received(size: int) -> None:
    attempt: _Attempt | None = getattr(_local, "attempt", None)
    if attempt is not None:
        attempt.received += size
        if attempt.is_flooded:
            raise OSError("the answer is too long")


class _Socket(_SocketLimits, socket.socket):
    pass


class _TlsSocket(_SocketLimits, ssl.SSLSocket):
    pass


class _Connection(AWSHTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _open_connection(self)


class _TlsConnection(AWSHTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _open_connection(self)

    def connect(self) -> None:
        if self.ssl_context is not None:
            self.ssl_context.sslsocket_class = _TlsSocket
        super().connect()

    def _connect_tls_proxy(self, *arguments: Any) -> Any:
        """Limit the socket to an https proxy, too, for which urllib3 makes a TLS context of its own."""
        above: Any = super()
        tls_socket = above._connect_tls_proxy(*arguments)
        tls_socket.__class__ = _TlsSocket
        return tls_socket


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _connect_socket(new_socket: _Socket, connection: Any, address: Any) -> _Socket:
    try:
        for option in connection.socket_options or ():
            new_socket.setsockopt(*option)
        new_socket.settimeout(connection.timeout)
        new_socket.connect(address)
    except BaseException:
        new_socket.close()
        raise
    return new_socket


def _open_connection(connection: Any) -> socket.socket:
    """Connect to the first address of the host that accepts, like urllib3, but within the time of the call."""
    host, last = connection._dns_host.strip("[]"), None
    try:
        addresses = socket.getaddrinfo(host, connection.port, allowed_gai_family(), socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NewConnectionError(connection, f"Failed to resolve {connection.host!r} ({error})") from None
    for family, kind, protocol, _, address in addresses:
        try:
            return _connect_socket(_Socket(family, kind, protocol), connection, address)
        except OSError as error:
            last = error
    if isinstance(last, TimeoutError):
        raise NoConnectionInTime(connection, f"Connection to {connection.host} timed out.")
    raise NewConnectionError(connection, f"Failed to establish a new connection: {last}")
