"""One MFA code for many: the session that a code buys is kept and shared, and no code is ever sent twice."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from reconciler.app.assume import AssumedRole, assume_alias
from reconciler.app.assume_request import AssumeRequest, AssumeRun
from reconciler.assume.cache import CREDENTIALS, MFA_SESSIONS, Cache
from reconciler.assume.mfa_codes import CodeSources
from reconciler.model.problem import ReconcileError
from reconciler.model.sts_limits import MFA_CODE_REFUSED
from reconciler.sandbox.strict import clock
from tests.support.account import Account
from tests.support.people import Person, create_person, enable_device, speed_up_codes

ID = "123456789012"
FILE = f"""\
version: 1
owner: {{user}}
account: "{ID}"
users:
  {{user}}: {{{{policies: [devices-{{user}}]}}}}
policies:
  devices-{{user}}:
    document: {{{{Statement: {{{{Effect: Allow, Action: ["iam:ListMFADevices", "sts:AssumeRole"], Resource: "*"}}}}}}}}
roles:
  guarded-{{user}}: {{{{max_session_duration: 4h, trust: [{{{{users: [{{user}}], mfa: {{{{max_age: 1h}}}}}}}}]}}}}
  strict-{{user}}: {{{{trust: [{{{{users: [{{user}}], mfa: {{{{max_age: 5m}}}}}}}}]}}}}
aliases:
  admin: {{{{role: guarded-{{user}}}}}}
  second: {{{{role: guarded-{{user}}, session_name: second}}}}
  hour: {{{{role: guarded-{{user}}, duration: 1h, session_name: hour}}}}
  long: {{{{role: guarded-{{user}}, duration: 2h}}}}
  strict: {{{{role: strict-{{user}}}}}}
  outside: {{{{role: "arn:aws:iam::{ID}:role/strict-{{user}}", mfa: true, session_name: outside}}}}
  phone: {{{{role: guarded-{{user}}, session_name: phone, mfa_serial: "arn:aws:iam::{ID}:mfa/phone-{{user}}"}}}}
  {{many}}
"""
MANY = [f"m{number}" for number in range(10)]


@dataclass
class Caller:
    """A user with two devices before an empty cache; `asked` are the questions so far."""

    account: Account
    user: Person
    code: Callable[[], str]
    home: Path
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    endpoint: str = ""

    @property
    def environ(self) -> dict[str, str]:
        given = self.account.environment | self.user.key_variables | {"HOME": str(self.home), "XDG_CACHE_HOME": ""}
        return given | ({"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {})

    def make_request(self, alias: str, **more: Any) -> AssumeRequest:
        return AssumeRequest(alias, files=[str(self.account.folder / "roles.yaml")], **more)

    def run(self, alias: str, sources: CodeSources | None = None, **more: Any) -> AssumedRole:
        with patch.dict(os.environ, self.environ, clear=True):
            given = sources or CodeSources(ask=self.ask)
            return assume_alias(self.make_request(alias, codes=given, **more), dict(os.environ), self.said.append)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.code()

    def calls(self) -> tuple[int, int]:
        """Of GetSessionToken and of AssumeRole, since the test began."""
        made = self.account.count_calls()
        return made.get("GetSessionToken", 0), made.get("AssumeRole", 0)

    def count_questions(self) -> tuple[int, int, int]:
        return len(self.asked), *self.calls()

    @property
    def session(self) -> Path:
        (entry,) = (self.home / ".cache" / "reconcile" / MFA_SESSIONS).iterdir()
        return entry

    def change_session(self, **fields: object) -> None:
        self.session.write_text(json.dumps(json.loads(self.session.read_text()) | fields))


@pytest.fixture(scope="module")
def _account_and_person(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, Person]:
    account, name = Account(sandbox, tmp_path_factory.mktemp("once")), f"u{uuid.uuid4().hex[:8]}"
    many = "\n  ".join(f"{alias}: {{role: guarded-{name}, session_name: {alias}}}" for alias in MANY)
    account.write(FILE.format(user=name, many=many))
    account.apply()
    someone = create_person(account.iam, name, mfa=True)
    return account, someone


@pytest.fixture
def me(_account_and_person: tuple[Account, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Caller:
    account, someone = _account_and_person
    account.clear_calls()
    return Caller(account, someone, speed_up_codes(someone.device, monkeypatch), tmp_path)


def test_one_code_is_for_every_alias_of_an_hour_at_most(me: Caller) -> None:
    me.run("admin")
    assert me.count_questions() == (1, 1, 1)
    me.run("admin")
    assert me.count_questions() == (1, 1, 1)
    me.run("second")
    me.run("hour")
    assert me.count_questions() == (1, 1, 3)


def test_a_longer_session_takes_a_code_of_its_own(me: Caller) -> None:
    me.run("long")
    assert me.count_questions() == (1, 0, 1)
    me.run("admin")
    assert me.count_questions() == (2, 1, 2)
    me.run("second", duration=3601)
    assert me.count_questions() == (3, 1, 3)
    me.run("long", duration=3600)
    assert me.count_questions() == (3, 1, 4)


@pytest.mark.parametrize(("age", "asked"), [(230, 1), (245, 2)])
def test_the_session_is_younger_than_the_trust_asks_by_a_margin(me: Caller, age: int, asked: int) -> None:
    me.run("admin")
    me.change_session(asked=time.time() - age)
    me.run("strict")
    assert me.count_questions() == (asked, asked, 2)
    me.run("second")
    assert me.count_questions() == (asked, asked, 3)


@pytest.mark.parametrize(("left", "asked"), [(890, 2), (910, 1)])
def test_the_session_lasts_15_minutes_more_or_is_bought_anew(me: Caller, left: int, asked: int) -> None:
    me.run("admin")
    me.change_session(expires=time.time() + left)
    me.run("second")
    assert len(me.asked) == asked


def test_a_session_of_another_device_is_not_used(me: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = enable_device(me.account.iam, me.user.name, f"phone-{me.user.name}")
    try:
        me.run("admin")
        answer = speed_up_codes(phone, monkeypatch)
        me.run("phone", CodeSources(ask=lambda question: me.asked.append(question) or answer()))
        assert me.count_questions() == (2, 2, 2)
        assert phone.serial in me.asked[1]
        me.run("second")  # any device will do here
        assert me.count_questions() == (2, 2, 3)
    finally:
        me.account.iam.deactivate_mfa_device(UserName=me.user.name, SerialNumber=phone.serial)
        me.account.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)


def test_without_the_cache_each_run_asks_and_nothing_is_kept_or_read(me: Caller) -> None:
    me.run("admin")
    before = sorted(path.name for path in me.home.rglob("*"))
    me.run("admin", use_cache=False)
    me.run("second", use_cache=False)
    assert me.count_questions() == (3, 1, 3)
    assert sorted(path.name for path in me.home.rglob("*")) == before


@pytest.mark.parametrize(("first", "then"), [("admin", "long"), ("long", "admin"), ("long", "long")])
def test_a_code_that_one_run_sent_is_not_sent_by_another(me: Caller, first: str, then: str) -> None:
    given = CodeSources(code=me.code())
    me.run(first, given)
    before = me.calls()
    with pytest.raises(ReconcileError) as caught:
        me.run(then, given, duration=7201 if first == then else None)
    assert caught.value.problems[0].code == "mfa-code-used" and me.calls() == before


def test_a_used_code_at_the_prompt_is_asked_for_again(me: Caller) -> None:
    used = me.code()
    me.run("long", CodeSources(code=used))
    answers = iter([used, me.code()])
    me.run("admin", CodeSources(ask=lambda question: me.asked.append(question) or next(answers)))
    assert me.count_questions() == (2, 1, 2)
    assert me.asked[1].startswith("That code has been used")


@contextmanager
def _losing_answers(port: int) -> Iterator[str]:
    """An endpoint that passes calls on, and hangs up instead of answering those that carry a code."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = HTTPConnection("127.0.0.1", port)
            upstream.request("POST", self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            content = answer.read()
            if b"TokenCode" in body:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *what: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *what: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("alias", ["admin", "long"])
def test_a_code_whose_answer_was_lost_is_spent(me: Caller, alias: str) -> None:
    given = CodeSources(code=me.code())
    with _losing_answers(int(me.account.sandbox.url.rpartition(":")[2])) as me.endpoint:
        with pytest.raises(ReconcileError):
            me.run(alias, given)
        assert sum(me.calls()) == 1, "botocore repeats calls unless it is told not to"
        with pytest.raises(ReconcileError) as caught:
            me.run(alias, given)
        assert caught.value.problems[0].code == "mfa-code-used" and sum(me.calls()) == 1


@pytest.mark.parametrize("alias", ["admin", "long"])
def test_three_wrong_codes_end_it(me: Caller, alias: str) -> None:
    wrong = [f"{(int(me.user.device.code_at(0)) + number) % 10**6:06}" for number in range(1, 6)]
    answers = iter(wrong)
    with pytest.raises(ReconcileError) as caught:
        me.run(alias, CodeSources(ask=lambda question: me.asked.append(question) or next(answers)))
    assert caught.value.problems[0].code == MFA_CODE_REFUSED
    assert len(me.asked) == 3 and sum(me.calls()) == 3
    assert not any(code in str(caught.value) for code in wrong)


def test_a_session_that_aws_does_not_know_any_more_is_replaced(me: Caller) -> None:
    me.run("admin")
    keys = json.loads(me.session.read_text())["keys"]
    me.change_session(keys=["ASIAGONEGONEGONEGONE", *keys[1:]])
    me.run("second")
    assert len(me.asked) == 2 and me.calls()[0] == 2
    me.run("hour")
    assert len(me.asked) == 2


def test_a_session_too_old_for_a_trust_outside_the_file_leads_to_a_fresh_code(
    me: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    me.run("admin")
    later = (me.user.device.last_step + 20) * 30
    me.user.device.last_step += 20
    monkeypatch.setattr(clock, "now", lambda: float(later))
    me.run("outside")
    assert len(me.asked) == 2 and me.calls()[0] == 2
    assert any("AWS refused the cached MFA session; trying again with a new code" in line for line in me.said)


def test_a_session_too_old_is_the_end_if_nobody_can_give_a_code(me: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    me.run("admin")
    later = (me.user.device.last_step + 20) * 30
    monkeypatch.setattr(clock, "now", lambda: float(later))
    with pytest.raises(ReconcileError):
        me.run("outside", CodeSources())
    assert me.calls()[0] == 1


def test_ten_aliases_at_once_share_one_code(me: Caller) -> None:
    with patch.dict(os.environ, me.environ, clear=True), ThreadPoolExecutor(10) as pool:
        environ = dict(os.environ)
        tasks = [
            pool.submit(assume_alias, me.make_request(alias, codes=CodeSources(ask=me.ask)), environ, me.said.append)
            for alias in MANY
        ]
        keys = {task.result().credentials.access_key_id for task in tasks}
    assert len(keys) == 10 and me.count_questions() == (1, 1, 10)
    assert "another run is asking for an MFA code; waiting for it." in me.said


def test_ten_processes_at_once_ask_one_code_and_make_one_call(me: Caller, tmp_path: Path) -> None:
    asked, code = tmp_path / "asked", me.code()
    script = tmp_path / "device"
    script.write_text(f"import pathlib\npathlib.Path({str(asked)!r}).open('a').write('x')\nprint({code!r})\n")
    command = [sys.executable, "-m", "reconciler", "assume", "admin", "-f", str(me.account.folder / "roles.yaml")]
    command += ["--format", "json", "--token-command", shlex.join([sys.executable, str(script)])]
    environ = me.environ | {"PYTHONPATH": str(Path.cwd())}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    running = [subprocess.Popen(command, env=environ, text=True, start_new_session=True, **pipes) for _ in range(10)]
    done = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 10, done
    assert len({out for out, _ in done}) == 1
    assert asked.read_text() == "x" and me.calls() == (1, 1)
    assert not any(code in err for _, err in done)


def test_whoever_is_killed_while_it_holds_the_lock_is_in_nobodys_way(me: Caller) -> None:
    with patch.dict(os.environ, me.environ, clear=True):
        run = AssumeRun(me.make_request("admin"), dict(os.environ), Cache.from_environ(os.environ, me.said.append))
        key = run.cache_key_of(0)
    script = (
        "import os, time\nfrom reconciler.assume.cache import Cache\n"
        f"with Cache.from_environ(os.environ, print).lock_entry({CREDENTIALS!r}, {key!r}):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(600)\n"
    )
    environ = me.environ | {"PYTHONPATH": str(Path.cwd())}
    holder = subprocess.Popen([sys.executable, "-c", script], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(me.run, "admin")
            until = time.monotonic() + 60
            while not me.said and time.monotonic() < until:
                time.sleep(0.01)
            assert me.said == ["another run is assuming admin; waiting for it."]
            holder.kill()
            assert waiting.result(60).alias == "admin"
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()  # type: ignore[union-attr]
