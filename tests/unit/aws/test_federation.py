"""Asking for a sign-in token over real HTTP: what is tried again, what is said, and what never is."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from reconciler.aws import federation, limits, timing
from reconciler.model.problem import ReconcileError
from tests.support.raw_server import build_http, repeat_bytes, send_before, send_bytes, serve_raw, trickle_bytes

SECRET = "wJalrSECRET"
QUERY = f"/federation?Action=getSigninToken&Session=%7B{SECRET}%7D"
GOOD = (200, b'{"SigninToken": "the-token"}')
Answer = tuple[int, bytes] | None
"""Status and body; None hangs up."""


@pytest.fixture(autouse=True)
def _here_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(timing, "SIGNIN_PAUSES", (0.0, 0.0))


class Endpoint(HTTPServer):
    """Answers with what it is given, in turn, the last for ever; keeps the targets that were asked for."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.asked = list(answers), list[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{QUERY}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust us hangs up."""


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            return
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(answer[1])))
        if answer[0] == 302:
            self.send_header("Location", f"http://elsewhere.invalid{self.path}")
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def endpoint(*answers: Answer) -> Iterator[Endpoint]:
    server = Endpoint(*answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def find_closed_url() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def read_error(url: str, environ: dict[str, str] | None = None) -> str:
    """What a person is told of a failure, looked through for secrets."""
    with pytest.raises(ReconcileError) as caught:
        federation.fetch_signin_token(url, environ or {})
    error: BaseException = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None, "a traceback would show the URL"
    text = " ".join(f"{problem.code}: {problem.message}" for problem in caught.value.problems)
    assert SECRET not in text
    assert "federation?" not in text
    return text


def test_the_token_is_what_the_endpoint_answers() -> None:
    with endpoint(GOOD) as server:
        assert federation.fetch_signin_token(server.url, {}) == "the-token"
        assert server.asked == [QUERY]


def test_whoever_sends_a_byte_at_a_time_or_without_an_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_raw() as server:
        server.sender = trickle_bytes(b"HTTP/1.1 200 OK\r\n" + b"x" * 5000)
        text = read_error(f"{server.url}{QUERY}", {"RECONCILE_CALL_TIMEOUT": "1"})
        assert "127.0.0.1 did not answer in time" in text and len(server.requests) == 1
        monkeypatch.setattr(limits, "MAX_ANSWER_BYTES", 2**20)
        server.sender = send_before(b"HTTP/1.1 200 OK\r\n\r\n", repeat_bytes(b"x" * 65536))
        assert "without a sign-in token" in read_error(f"{server.url}{QUERY}")
        server.sender = send_bytes(build_http(200, b"[" * 100_000))
        assert "without a sign-in token" in read_error(f"{server.url}{QUERY}")
    assert "bad-call-timeout" in read_error("http://127.0.0.1:1", {"RECONCILE_CALL_TIMEOUT": "soon"})


@pytest.mark.parametrize("passing", [(500, b"x"), (503, b"x"), (429, b"x"), None])
def test_what_passes_is_tried_again(passing: Answer) -> None:
    with endpoint(passing, passing, GOOD) as server:
        assert federation.fetch_signin_token(server.url, {}) == "the-token"
        assert len(server.asked) == 3
    with endpoint(passing) as server:
        assert read_error(server.url).startswith("console-")
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            (400, b"no " + SECRET.encode()),
            "console-refused: AWS gives no console sign-in for these credentials (HTTP 400)",
        ),
        ((403, b""), "console-refused"),
        ((404, b""), "console-answer"),
        ((302, b""), "console-answer"),
        ((200, b"<html>" + SECRET.encode()), "console-answer"),
        ((200, b"\xff"), "console-answer"),
        ((200, b"[]"), "console-answer"),
        ((200, b'{"SigninToken": ""}'), "console-answer"),
        ((200, b'{"SigninToken": 1}'), "console-answer"),
    ],
)
def test_a_refusal_is_final_and_says_no_secret(answer: Answer, code: str) -> None:
    with endpoint(answer) as server:
        assert code in read_error(server.url)
        assert len(server.asked) == 1


def test_nobody_there() -> None:
    assert "127.0.0.1 cannot be reached" in read_error(find_closed_url() + QUERY)


def test_a_proxy_that_does_not_work_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", find_closed_url().replace("//", "//user:hush@"))
    text = read_error(f"https://signin.aws.amazon.com{QUERY}")
    assert "the proxy before signin.aws.amazon.com does not work" in text
    assert "hush" not in text


def test_no_proxy_reads_what_is_not_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(GOOD) as proxy, endpoint(GOOD) as server:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix(QUERY))
        assert federation.fetch_signin_token(server.url, {}) == "the-token"
        assert (len(proxy.asked), len(server.asked)) == (0, 1)


def test_with_all_logging_on_no_line_has_the_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "botocore", "botocore.httpsession"):
        caplog.set_level(logging.DEBUG, logger=name)
    with endpoint((500, b""), GOOD) as server:
        federation.fetch_signin_token(server.url, {})
        read_error(find_closed_url() + QUERY)
        assert SECRET not in caplog.text
        logging.getLogger("urllib3.connectionpool").debug("afterwards it logs as before")
    assert "afterwards" in caplog.text


def certificate(folder: Path) -> Path:
    """A key and its self-signed certificate for 127.0.0.1, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    from ipaddress import ip_address

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_certificates_are_checked_and_the_bundle_of_aws_clients_is_used(variable: str, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with endpoint(GOOD) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        assert "its certificate is not trusted" in read_error(url)
        assert "AWS_CA_BUNDLE" in read_error(url, {variable: str(tmp_path / "absent.pem")})
        assert server.asked == []
        assert federation.fetch_signin_token(url, {variable: str(pem)}) == "the-token"
