"""No secret in a message: planted wherever one may be, none comes out of any command, however that command fails."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run_command

NOWHERE = "http://127.0.0.1:9"
SECRET = "PLANTED"
"""In every secret here, so that a part of one is found as well."""

FILE = """\
version: 1
account: "123456789012"
owner: me
roles: {app: {trust_policy: {Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: "123456789012"}}}}}
aliases: {ro: {role: app, mfa: true}}
"""
COMMANDS = (
    ["plan", "roles.yaml", "-v"],
    ["plan", "roles.yaml", "--format", "json", "--out", "plan.json"],
    ["apply", "roles.yaml", "--yes", "--log-format", "json", "--journal", "journal", "--summary", "summary"],
    ["plan", "roles.yaml", "-v", "--log-format", "json"],
    ["undo", "--last", "--log-format", "json"],
    ["export"],
    ["assume", "ro", "--print"],
    ["assume", "ro", "--explain", "--format", "json"],
    ["assume", "ro", "--console"],
    ["keys", "issue", "alice"],
    ["mfa", "enroll", "alice", "--seed-file", "seed"],
    ["mfa", "status"],
    ["profiles", "roles.yaml"],
)


FEW = ([*COMMANDS[2]], ["assume", "ro", "--print"])
"""The two ways to botocore, with what a person and what a pipeline reads."""


@dataclass(frozen=True)
class Planting:
    """Where secrets are: variables, files of the home folder, options of every command that calls AWS."""

    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    keys: bool = True


def profile(*lines: str) -> dict[str, str]:
    return {".aws/config": "\n".join(["[default]", *lines, ""])}


def process(script: str) -> Planting:
    return Planting(files={"say": script, **profile("credential_process = sh say")}, keys=False)


ROLE = "arn:aws:iam::123456789012:role/x"
SSO_SESSION = ("[sso-session test]", "sso_region = us-east-1", "sso_start_url = https://x/start")

PLANTINGS: dict[str, Planting] = {
    "a session token with a line break": Planting({"AWS_SESSION_TOKEN": f"{SECRET}1\n{SECRET}2"}),
    "a session token with a control character": Planting({"AWS_SESSION_TOKEN": f"{SECRET}1\x07"}),
    "a session token beyond Latin-1": Planting({"AWS_SESSION_TOKEN": f"{SECRET}1\u2028ü"}),
    "an access key with a line break": Planting({"AWS_ACCESS_KEY_ID": f"{SECRET}1\n{SECRET}2"}),
    "a secret key with a line break": Planting({"AWS_SECRET_ACCESS_KEY": f"{SECRET}1\n{SECRET}2"}),
    "the password of an endpoint": Planting({"AWS_ENDPOINT_URL": f"http://u:{SECRET}1@127.0.0.1:9"}),
    "the password of a service's endpoint": Planting(
        {f"AWS_ENDPOINT_URL_{name}": f"http://u:{SECRET}1@127.0.0.1:9" for name in ("STS", "IAM", "SIGNIN")}
    ),
    "the password of an endpoint over the net": Planting({"AWS_ENDPOINT_URL": f"http://u:{SECRET}1@192.0.2.1:99999"}),
    "the query of an endpoint": Planting(options=("--endpoint-url", f"{NOWHERE}/?token={SECRET}1")),
    "a password with a slash": Planting(options=("--endpoint-url", f"http://u:{SECRET}1/{SECRET}2@127.0.0.1:9")),
    "a password with a hash": Planting(options=("--endpoint-url", f"http://u:12#{SECRET}2@127.0.0.1:9")),
    "an endpoint without a scheme": Planting(options=("--endpoint-url", f"u:{SECRET}1@127.0.0.1:9")),
    "an endpoint that is none": Planting(options=("--endpoint-url", f"http://[{SECRET}1")),
    "the endpoint of a profile": Planting(
        {"AWS_ENDPOINT_URL": ""}, profile(f"endpoint_url = http://u:{SECRET}1@127.0.0.1:99999")
    ),
    "the password of a proxy": Planting(
        {"AWS_ENDPOINT_URL": "https://192.0.2.1", "HTTPS_PROXY": f"http://u:{SECRET}1@127.0.0.1:9"}
    ),
    "a program that says it as it fails": process(f"echo {SECRET}1 >&2; exit 1"),
    "a program that prints no JSON": process(f"echo {SECRET}1"),
    "a program that prints half of it": process(f'echo \'{{"Version": 1, "SecretAccessKey": "{SECRET}1"}}\''),
    "a program of another version": process(f'echo \'{{"Version": "{SECRET}1"}}\''),
    "a program that is not there": Planting(files=profile(f"credential_process = /no/such {SECRET}1"), keys=False),
    "a quote that is open": Planting(files=profile(f"credential_process = sh -c '{SECRET}1"), keys=False),
    "a token file": Planting(
        files={"token": f"{SECRET}1\n", **profile(f"role_arn = {ROLE}", "web_identity_token_file = token")}, keys=False
    ),
    "a line of a credentials file": Planting(files={".aws/credentials": f"[default]\n{SECRET}1\n"}, keys=False),
    "a line before any section": Planting(files={".aws/credentials": f"{SECRET}1 = x\n"}, keys=False),
    "the authorization of a container": Planting(
        {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOWHERE}/?x={SECRET}1",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{SECRET}2\r\n{SECRET}3",
        },
        keys=False,
    ),
    "a session of SSO": Planting(
        files={
            f".aws/sso/cache/{sha1(b'test').hexdigest()}.json": f"{SECRET}1",
            **profile("sso_session = test", "sso_account_id = 123456789012", "sso_role_name = r", *SSO_SESSION),
        },
        keys=False,
    ),
}


@dataclass
class Home:
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capture: Any

    def plant(self, planting: Planting) -> None:
        given = {"AWS_ENDPOINT_URL": NOWHERE, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(self.folder)}
        if planting.keys:
            given |= {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": f"{SECRET}0"}
        for name, value in {**given, **planting.environ}.items():
            self.monkeypatch.setenv(name, value)
        for name, text in {"roles.yaml": FILE, **planting.files}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def check(self, words: list[str]) -> str:
        before = set(self.folder.rglob("*"))
        try:
            run_command(words)
        finally:
            captured = self.capture.readouterr()
        said = captured.out + captured.err
        assert said
        assert SECRET not in said, (words, said)
        assert "Traceback" not in said
        for path in set(self.folder.rglob("*")) - before:
            assert not path.is_file() or SECRET not in path.read_text(), path
        return said


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *given: 0)
    monkeypatch.setattr("botocore.retryhandler.delay_exponential", lambda *given, **named: 0)
    monkeypatch.setattr("reconciler.aws.timing.SIGNIN_PAUSES", ())
    monkeypatch.setattr("reconciler.assume.tty.make_prompt", lambda: None)
    return Home(tmp_path, monkeypatch, capfd)


@pytest.mark.parametrize("planting", PLANTINGS.values(), ids=PLANTINGS.keys())
def test_no_command_shows_a_secret(planting: Planting, home: Home) -> None:
    home.plant(planting)
    for words in FEW:
        home.check([*words, *planting.options])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_none_of_the_commands_shows_a_secret(words: list[str], home: Home) -> None:
    planting = PLANTINGS["a session token with a line break"]
    home.plant(Planting({**planting.environ, "AWS_ENDPOINT_URL": f"http://u:{SECRET}3@127.0.0.1:9"}))
    home.check(words)


CODES: dict[str, list[str]] = {
    "a code that is none": ["--token-code", f"{SECRET}1"],
    "a command that prints none": ["--token-command", f"echo {SECRET}1"],
    "a command that fails": ["--token-command", f"sh -c 'exit 3' {SECRET}1"],
    "a command that is not there": ["--token-command", f"/no/such {SECRET}1"],
    "a command with an open quote": ["--token-command", f"'{SECRET}1"],
}
ANSWERS: dict[str, Callable[[str], str]] = {
    "a signature": lambda told: _xml("SignatureDoesNotMatch", f"The Canonical String should have been {told}"),
    "half a signature": lambda told: _xml("IncompleteSignature", f"'{told}' not a valid key=value pair"),
    "a code that nobody knows": lambda told: _xml("Strange", told),
    "a code that is none": lambda told: _xml(told, told),
    "no code": lambda told: f"<ErrorResponse><Error><Message>{told}</Message></Error></ErrorResponse>",
    "a page": lambda told: f"<html><body>{told}</body></html>",
    "no markup": lambda told: told,
}


def _xml(code: str, message: str) -> str:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"


@pytest.fixture
def echo() -> Iterator[http.server.ThreadingHTTPServer]:
    """A server that quotes the credentials of a request in its answer, as `form` puts them."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = f"{self.headers['X-Amz-Security-Token']} {self.headers['Authorization']}"
            answer = self.server.form(told).encode()  # type: ignore[attr-defined]
            self.send_response(403)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("form", ANSWERS.values(), ids=ANSWERS.keys())
def test_no_command_repeats_an_answer_that_quotes_the_credentials(
    form: Callable[[str], str], home: Home, echo: http.server.ThreadingHTTPServer
) -> None:
    echo.form = form  # type: ignore[attr-defined]
    url = f"http://127.0.0.1:{echo.server_address[1]}"
    home.plant(Planting({"AWS_ENDPOINT_URL": url, "AWS_SESSION_TOKEN": f"{SECRET}1"}))
    for words in FEW:
        home.check(words)


@pytest.mark.parametrize("options", CODES.values(), ids=CODES.keys())
def test_no_source_of_mfa_codes_is_shown(options: list[str], home: Home) -> None:
    home.plant(Planting())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reconciler.aws.sts.SourceCredentials.identify_caller", lambda self, keys=None: _caller())
        patch.setattr("reconciler.aws.sts.SourceCredentials.list_mfa_devices", lambda self: (_device(),))
        assert "token-co" in home.check(["assume", "ro", "--print", *options])


def _caller() -> Any:
    from reconciler.model.sts_limits import Caller

    return Caller("arn:aws:iam::123456789012:user/alice", "123456789012")


def _device() -> Any:
    from reconciler.model.live import MfaDevice

    return MfaDevice("arn:aws:iam::123456789012:mfa/alice")


def test_a_mistake_of_our_own_is_told_by_its_place_and_not_by_its_text() -> None:
    code = (
        "import sys, reconciler.cli.main as cli, reconciler.__main__ as program\n"
        f"def fail(words): raise ValueError('{SECRET}\\n::warning::x')\n"
        "cli.run_command, sys.argv = fail, ['reconcile', 'plan']\n"
        "program.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: reconcile failed because of a bug (ValueError).\n")
    assert "__main__.py" in done.stderr
    assert SECRET not in done.stderr
