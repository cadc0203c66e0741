"""A call ends in its time, and an answer within its size, however little or much the other side sends at once."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reconciler.aws import limits
from reconciler.aws.limits import AnswerTooLong, CallTimeout, UnsentTimeout, read_call_timeout
from reconciler.aws.session import connect, make_session
from reconciler.model.problem import ReconcileError
from tests.support.raw_server import (
    RawServer,
    Sender,
    build_http,
    repeat_bytes,
    send_before,
    send_bytes,
    serve_raw,
    trickle_bytes,
)

SECONDS = 0.3
TOLERANCE = 3.0
GOOD = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a</Arn>"
    b"<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with serve_raw() as running:
        yield running


def limit_session(seconds: float) -> Any:
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    limits.limit_clients(session.get_component("event_emitter"), seconds)
    return session


@pytest.fixture(scope="module")
def core() -> Any:
    return limit_session(SECONDS)


@pytest.fixture(scope="module")
def slow_core() -> Any:
    """With time for a handshake on a busy machine."""
    return limit_session(1.0)


def sts(core: Any, url: str, attempts: int = 1, **more: Any) -> Any:
    retries = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(retries=retries, connect_timeout=10, read_timeout=60, **more.pop("config", {}))
    return core.create_client("sts", "us-east-1", endpoint_url=url, config=config, **more)


@pytest.fixture(scope="module")
def client(core: Any, server: RawServer) -> Any:
    return sts(core, server.url)


def ends(call: Any, error: type[Exception] = CallTimeout) -> str:
    """What the call raises, in its time."""
    began = time.monotonic()
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert time.monotonic() - began < SECONDS + TOLERANCE
    return str(caught.value)


TRICKLES: dict[str, Sender] = {
    "nothing": lambda connection: time.sleep(5),
    "a status line": trickle_bytes(b"HTTP/1.1 200 " + b"O" * 5000),
    "endless headers": send_before(b"HTTP/1.1 200 OK\r\n", trickle_bytes(b"X: " + b"x" * 5000)),
    "interim answers": repeat_bytes(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
    "a body": send_before(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", trickle_bytes(b"x" * 5000)),
    "a body without an end": send_before(b"HTTP/1.1 200 OK\r\n\r\n", trickle_bytes(b"x" * 5000)),
    "chunks": send_before(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", repeat_bytes(b"1\r\nx\r\n", 0.02)),
    "the length of a chunk": send_before(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", trickle_bytes(b"0" * 5000)
    ),
    "an error": send_before(b"HTTP/1.1 403 No\r\nContent-Length: 5000\r\n\r\n", trickle_bytes(b"<" * 5000)),
}


@pytest.mark.parametrize("sender", TRICKLES.values(), ids=TRICKLES.keys())
def test_whoever_sends_a_byte_at_a_time_is_left(sender: Sender, client: Any, server: RawServer) -> None:
    server.sender = sender
    assert ends(client.get_caller_identity) == f"127.0.0.1:{server.port} did not answer in full within 0.3 seconds"


FLOODS: dict[str, Sender] = {
    "a body": send_before(b"HTTP/1.1 200 OK\r\n\r\n", repeat_bytes(b"x" * 65536)),
    "chunks": send_before(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", repeat_bytes(b"4000\r\n" + b"x" * 16384 + b"\r\n")
    ),
    "interim answers": repeat_bytes(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
}


@pytest.mark.parametrize("sender", FLOODS.values(), ids=FLOODS.keys())
def test_whoever_sends_without_an_end_is_left(
    sender: Sender, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_ANSWER_BYTES", 2**20)
    server.sender = sender
    client = sts(limit_session(60), server.url)
    with pytest.raises(AnswerTooLong, match=f"127.0.0.1:{server.port} sent more than 1 MiB"):
        client.get_caller_identity()


@pytest.mark.parametrize(
    "sender",
    [
        send_before(b"HTTP/1.1 200 OK\r\n", repeat_bytes(b"X: x\r\n")),
        send_before(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", repeat_bytes(b"0" * 65536)),
    ],
    ids=["headers", "the length of a chunk"],
)
def test_more_than_http_has_is_no_answer(sender: Sender, server: RawServer) -> None:
    server.sender = sender
    with pytest.raises(ConnectionClosedError):
        sts(limit_session(60), server.url).get_caller_identity()


@pytest.mark.parametrize(
    ("claimed", "sent", "whole"),
    [
        (-1, GOOD, True),  # which is not a length, so that the end of the connection is the end of the body
        (1, GOOD, False),
        (10**6, GOOD, True),
        (10**30, GOOD, True),
        (len(GOOD), GOOD[:-20], False),
        (10**6, GOOD[:-20], False),
    ],
)
def test_a_length_that_is_a_lie_hangs_nobody(
    claimed: int, sent: bytes, whole: bool, client: Any, server: RawServer
) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (claimed, sent))
        connection.shutdown(socket.SHUT_RDWR)

    server.sender = send
    began = time.monotonic()
    if whole:
        with contextlib.suppress(ConnectionClosedError):  # botocore before 1.44 minds the length
            assert client.get_caller_identity()["Account"] == "123456789012"
    else:
        with pytest.raises(Exception, match=r"Connection was closed|parse"):
            client.get_caller_identity()
    assert time.monotonic() - began < SECONDS + TOLERANCE
    server.sender = send_bytes(build_http(200, GOOD))
    with contextlib.suppress(ConnectionClosedError):  # it may take the old connection before its end has come through
        assert client.get_caller_identity()["Account"] == "123456789012", "the next call has its own answer"
    assert client.get_caller_identity()["Account"] == "123456789012"


def test_the_repeats_of_a_call_share_its_time(core: Any, server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    backoff = "botocore.retries.standard.ExponentialBackoff.delay_amount"
    monkeypatch.setattr(backoff, lambda self, context: 0)

    def send(connection: socket.socket) -> None:
        time.sleep(SECONDS * 0.2)
        connection.sendall(build_http(503, b""))

    server.sender = send
    server.requests.clear()
    ends(sts(core, server.url, attempts=10).get_caller_identity)
    assert 1 < len(server.requests) <= 5


def test_the_next_call_has_all_of_its_time(client: Any, server: RawServer) -> None:
    server.sender = trickle_bytes(b"x")
    ends(client.get_caller_identity)
    server.sender = send_bytes(build_http(200, GOOD))
    for _ in range(3):
        assert client.get_caller_identity()["Account"] == "123456789012"


def test_a_host_that_takes_no_connection_was_never_asked(core: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of its addresses together have the time of the call."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        held = [socket.socket() for _ in range(3)]
        for one in held:  # Linux takes a few more than it was told to
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", full.getsockname())
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address] * 5)
        said = ends(sts(core, f"http://127.0.0.1:{full.getsockname()[1]}").get_caller_identity, UnsentTimeout)
        assert "could not be reached within 0.3 seconds" in said
        for one in held:
            one.close()


@pytest.mark.parametrize("service", ["iam", "sts", "sso", "sso-oidc", "resourcegroupstaggingapi"])
def test_every_client_of_a_session_keeps_the_limits(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of botocore's credential providers are made by the same session: single sign-on, other roles."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    core: Any = make_session(None, "us-east-1")._session  # type: ignore[attr-defined]
    made = core.create_client(service, aws_access_key_id="a", aws_secret_access_key="b")
    assert type(made._endpoint.http_session) is limits.LimitedSession


# TLS and proxies


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*private))
    return path


@pytest.fixture(scope="module")
def secure(certificate: Path) -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve_raw(context) as running:
        yield running


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_an_encrypted_answer_ends_in_its_time(slow_core: Any, secure: RawServer) -> None:
    client = sts(slow_core, f"https://127.0.0.1:{secure.port}", verify=False)
    secure.sender = send_bytes(build_http(200, GOOD))
    assert client.get_caller_identity()["Account"] == "123456789012"
    secure.sender = TRICKLES["a body"]
    ends(client.get_caller_identity)


def test_a_handshake_ends_in_its_time(core: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ends(sts(core, f"https://127.0.0.1:{silent.getsockname()[1]}", verify=False).get_caller_identity)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_connect_of_a_proxy_ends_in_its_time(
    scheme: str, slow_core: Any, server: RawServer, secure: RawServer
) -> None:
    proxy = secure if scheme == "https" else server
    proxies = {"https": f"{scheme}://127.0.0.1:{proxy.port}"}
    client = sts(slow_core, "https://sts.example.com", verify=False, config={"proxies": proxies})
    proxy.requests.clear()
    proxy.sender = trickle_bytes(b"HTTP/1.1 200 " + b"O" * 5000)
    ends(client.get_caller_identity)
    assert proxy.requests[0].startswith(b"CONNECT sts.example.com:443 ")


def test_the_answer_that_a_proxy_hands_on_ends_in_its_time(core: Any, server: RawServer) -> None:
    client = sts(core, "http://sts.example.com", config={"proxies": {"http": server.url}})
    server.sender = TRICKLES["a body"]
    ends(client.get_caller_identity)


# The setting


@pytest.mark.parametrize(("text", "seconds"), [("", 60), (" ", 60), ("1", 1), ("90", 90), ("2.5", 2.5), ("3600", 3600)])
def test_the_time_of_a_call_is_a_number_of_seconds(text: str, seconds: float) -> None:
    assert read_call_timeout({"RECONCILE_CALL_TIMEOUT": text}) == seconds
    assert read_call_timeout({}) == 60


@pytest.mark.parametrize(
    "text", ["0", "-1", "0.5", "3601", "1e3", "nan", "inf", "60s", "soon", "１０", "9" * 5000, "1\n2"]
)
def test_what_is_no_such_number_is_an_error(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILE_CALL_TIMEOUT", text)
    with pytest.raises(ReconcileError) as failed:
        connect(None, "us-east-1", "http://127.0.0.1:1")
    (problem,) = failed.value.problems
    assert (problem.code, "\n" in problem.summary, len(problem.summary) < 200) == ("bad-call-timeout", False, True)
    assert "unset RECONCILE_CALL_TIMEOUT" in problem.hint


def test_a_call_whose_time_is_over_is_told_with_the_setting(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the first call of every run, whose attempts are several."""
    monkeypatch.setenv("RECONCILE_CALL_TIMEOUT", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    server.sender = TRICKLES["a body"]
    with pytest.raises(ReconcileError) as failed:
        connect(None, "us-east-1", server.url)
    (problem,) = failed.value.problems
    assert f"127.0.0.1:{server.port} did not answer in full within 1 seconds." in problem.summary
    assert "export RECONCILE_CALL_TIMEOUT=" in problem.hint
