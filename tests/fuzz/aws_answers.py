"""Fuzz target: AWS's answers over real HTTP and boto3, read by whole commands.

An input is JSON: a command, and the answers that differ from the recorded ones (`recording.py`). Sleeping takes no time
here: it only moves the clock forward, so that retries are fast.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, TextIOWrapper
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs

from botocore.loaders import Loader

from reconciler.aws import executor
from reconciler.cli.main import run_command
from tests.fuzz.mutations import spoil_json, spoil_text
from tests.fuzz.recording import COMMANDS, CREDENTIALS, FILES, HERE, Answers, RecordedAnswer, load_answers
from tests.fuzz.target import write_input
from tests.support.account import wait_for_reads

_STATUSES = (0, 200, 200, 200, 204, 206, 301, 307, 400, 400, 403, 404, 409, 413, 429, 500, 502, 503, 599)
_TYPES = ("text/xml", "application/json", "text/html; charset=utf-16", "application/x-amz-json-1.1", "", "\u00e9")
_CODES = (
    "AccessDenied", "ExpiredToken", "InvalidClientTokenId", "Throttling", "NoSuchEntity", "EntityAlreadyExists", "",
    "DeleteConflict", "LimitExceeded", "MalformedPolicyDocument", "ServiceFailure", "ValidationError", "\n::error::x",
)  # fmt: skip
_BODIES = (
    "", " ", "<html><body>Log in</body></html>", "{}", "[]", "null", "<a/>", "<Response/>", "not XML",
    "<?xml version='1.0'?>",
    '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><a>&d;</a>', "<a>" * 5000, "\ufeff<a/>", '{"__type": 5}',
)  # fmt: skip
_LEAF = re.compile(r"<([\w:]+)>([^<>]*)</\1>")
_ELEMENT = re.compile(r"<([\w:]+)(?: [^<>]*)?>")
_VALUES = (
    "",
    " ",
    "true",
    "x",
    "-1",
    "9" * 400,
    "NaN",
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00Z",
    "&lt;",
    "%7B%7D",
    "%7B",
)


class AwsAnswers:
    name = "aws"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recorded = load_answers()
        self._loader = Loader(include_default_search_paths=True)
        for name in FILES:
            write_input(folder / name, (HERE / name).read_bytes())
        self._server = _AnswerServer()

    def make_seeds(self) -> Sequence[bytes]:
        return [json.dumps({"command": command, "answers": {}}).encode() for command in COMMANDS]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        said = json.loads(data)
        recorded = self._recorded[said["command"]]
        operation = random.choice(sorted(recorded))
        index = random.randrange(len(recorded[operation]))
        key = f"{operation} {index}"
        answer = RecordedAnswer(**said["answers"].get(key, asdict(recorded[operation][index])))
        said["answers"][key] = asdict(_spoil_answer(random, answer))
        return json.dumps(said).encode()

    def read(self, data: bytes) -> Iterable[str]:
        try:
            said = json.loads(data)
            answers = dict(self._recorded[said["command"]])
            for key, answer in said["answers"].items():
                operation, _, index = key.partition(" ")
                of_it = list(answers[operation])
                of_it[int(index)] = RecordedAnswer(**answer)
                answers[operation] = of_it
        except (ValueError, LookupError, TypeError, AttributeError):
            return ["not an input of this target"]
        self._server.begin(answers)
        return self._run_command(said["command"])

    def _run_command(self, command: str) -> set[str]:
        """Run a command as a process would. Return its exit code and the beginnings of its error lines."""
        self._reset()
        out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with (
            patch.dict(os.environ, self._build_environment(), clear=True),
            patch(
                "botocore.session.create_loader", lambda *_: self._loader
            ),  # loading takes longer than everything else
            chdir(self._folder),
            _skip_waits(),
            _raise_thread_exceptions(),
            redirect_stdout(out),
            redirect_stderr(err),
            wait_for_reads(),
        ):
            code = run_command(list(COMMANDS[command]))
        said = err.buffer.getvalue().decode()  # type: ignore[attr-defined]
        assert "Traceback" not in said, said
        lines = [" ".join(re.findall(r"[a-z]{3,}", line)[:5]) for line in said.splitlines()]
        return {f"{command} {code}", *lines[:6]}

    def _reset(self) -> None:
        keys = re.search(r"<AccessKeyId>(\w+)<", self._recorded["rotate"]["ListAccessKeys"][0].body)
        write_input(self._folder / "credentials", CREDENTIALS.format(keys[1] if keys else "AKIA").encode())
        (self._folder / "journal.jsonl").unlink(missing_ok=True)

    def _build_environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "AWS_ENDPOINT_URL": self._server.url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": f"{folder}/config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials",
            "XDG_CACHE_HOME": f"{folder}/cache",
            "XDG_STATE_HOME": f"{folder}/state",
            "HOME": folder,
            "PATH": os.environ.get("PATH", ""),
            "NO_PROXY": "*",
            "NO_COLOR": "1",
        }


def _spoil_answer(random: Random, answer: RecordedAnswer) -> RecordedAnswer:
    body, status, content_type = answer.body, answer.status, answer.content_type
    match random.randrange(8):
        case 0:
            status = random.choice(_STATUSES)
        case 1:
            code = random.choice(_CODES)
            status = random.choice((400, 403, 404, 409, 500, 200))
            message = random.choice(("a message", "", "with an explicit deny", "\u202e", "because no policy allows it"))
            body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        case 2:
            body = random.choice(_BODIES)
            content_type = random.choice(_TYPES)
        case 3:
            body = body[: random.randrange(len(body) + 1)]
        case 4:
            body = spoil_text(random, body)
        case _:
            body = _spoil_json_or_xml(random, body)
    return RecordedAnswer(status, content_type, body)


def _spoil_json_or_xml(random: Random, body: str) -> str:
    if body.startswith("{"):
        try:
            return json.dumps(spoil_json(random, json.loads(body)))
        except ValueError:  # the body was spoilt before
            return spoil_text(random, body)
    for _ in range(random.choice((1, 1, 2, 4))):
        body = _spoil_xml(random, body)
    return body


def _spoil_xml(random: Random, body: str) -> str:
    """Return the XML with one element removed, doubled, renamed, or with another value."""
    leaves, elements = list(_LEAF.finditer(body)), list(_ELEMENT.finditer(body))
    if not leaves or not elements:
        return body + "<a/>"
    leaf, element = random.choice(leaves), random.choice(elements)
    match random.randrange(7):
        case 0:
            return body[: leaf.start()] + body[leaf.end() :]
        case 1:
            return body[: leaf.start(2)] + random.choice((*_VALUES, random.choice(leaves)[2])) + body[leaf.end(2) :]
        case 2:
            return body[: leaf.start(2)] + "<member><a>b</a></member>" + body[leaf.end(2) :]
        case 3:
            return body.replace(f"<{element[1]}>", f"<{element[1]}x>").replace(f"</{element[1]}>", f"</{element[1]}x>")
        case 4:
            return body[: leaf.start(2)] + spoil_text(random, leaf[2]) + body[leaf.end(2) :]
        case _:
            end = body.find(f"</{element[1]}>", element.end())
            whole = body[element.start() : end + len(element[1]) + 3] if end > 0 else element[0]
            again = whole * random.choice((0, 0, 2, 3))
            return body[: element.start()] + again + body[element.start() + len(whole) :]


class _AnswerServer:
    """An HTTP server on loopback. The n-th call of an operation gets its n-th answer; later calls get the last one."""

    def __init__(self) -> None:
        self._answers: Answers = {}
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def begin(self, answers: Answers) -> None:
        with self._lock:
            self._answers, self._calls = answers, Counter()

    def next_answer(self, operation: str) -> RecordedAnswer:
        with self._lock:
            of_it = self._answers.get(operation) or [RecordedAnswer(400, "text/xml", _UNKNOWN)]
            index = min(self._calls[operation], len(of_it) - 1)
            self._calls[operation] += 1
            return of_it[index]


_UNKNOWN = "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>Not recorded.</Message></Error></ErrorResponse>"


def _handler_of(server: _AnswerServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            target = self.headers.get("X-Amz-Target", "")
            answer = server.next_answer(target.rpartition(".")[2] or parse_qs(body).get("Action", [""])[0])
            if not answer.status:
                self.close_connection = True
                return
            data = b"" if answer.status == 204 else answer.body.encode("utf-8", "surrogatepass")
            kind = answer.content_type.encode("ascii", "ignore").decode()
            head = f"HTTP/1.1 {answer.status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
            self.wfile.write(head.encode() + data)

        do_GET = do_PUT = do_HEAD = do_POST

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # the client closed the connection

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler


@contextmanager
def _skip_waits() -> Iterator[None]:
    """Make every wait return at once, and move `time.monotonic` forward by its length."""
    real, ahead, lock = time.monotonic, [0.0], threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            ahead[0] += max(0.0, seconds)

    class QuickEvent(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is None:
                return super().wait()
            sleep(timeout)
            return self.is_set()

    class QuickStop(executor.StopSignal):
        def __init__(self) -> None:
            super().__init__()
            self.event = QuickEvent()

    with (
        patch.object(time, "sleep", sleep),
        patch.object(time, "monotonic", lambda: real() + ahead[0]),
        patch.object(executor, "StopSignal", QuickStop),
    ):
        yield


@contextmanager
def _raise_thread_exceptions() -> Iterator[None]:
    """Raise exceptions that a thread of the product did not catch: their tracebacks would be on the terminal."""
    raised: list[BaseException] = []

    def keep_exception(arguments: Any) -> None:
        if arguments.exc_value is not None:
            raised.append(arguments.exc_value)

    with ExitStack() as stack:
        stack.enter_context(patch.object(threading, "excepthook", keep_exception))
        yield
    if raised:
        raise raised[0]
