"""A warm `assume`, and what is kept: nobody is asked, `--list` shows it, `--logout` forgets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.aws import sts
from reconciler.model.sts_limits import Caller
from tests.support.account import Account, Result
from tests.support.people import Person, create_person
from tests.support.warm_python import cold_processes

FILE = """\
version: 1
owner: {user}
account: "123456789012"
users: {{{user}: {{}}}}
roles:
  reader-{user}: {{path: /deep/down/, trust: [{{users: [{user}]}}]}}
  guarded-{user}: {{trust: [{{users: [{user}], mfa: {{max_age: 1h}}}}]}}
  far-{user}: {{trust: [{{roles: [reader-{user}]}}]}}
aliases:
  s3: {{role: reader-{user}, region: eu-west-1}}
  far: {{role: far-{user}, via: s3, session_name: mine}}
  admin: {{role: guarded-{user}, duration: 45m}}
"""


@dataclass
class Someone:
    """A user with keys and without a device, and a cache of the test's own."""

    account: Account
    user: Person
    home: Path

    @property
    def more(self) -> dict[str, str]:
        return self.user.key_variables | {"HOME": str(self.home), "XDG_CACHE_HOME": "", "SHELL": "/bin/sh"}

    def cli(self, *words: str, **more: str) -> Result:
        return self.account.run_cli("assume", *words, **(self.more | more))

    def process(self, *words: str, **more: str) -> Result:
        """Run assume as a shell does, in a new process: a cached session takes the fast path."""
        command = [sys.executable, "-m", "reconciler", "assume", *words]
        environ = self.account.environment | self.more | {"PYTHONPATH": str(Path.cwd())} | more
        with cold_processes():
            done = subprocess.run(
                command,
                env={name: value for name, value in environ.items() if value or name == "XDG_CACHE_HOME"},
                cwd=self.account.folder,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return Result(done.returncode, done.stdout, done.stderr)

    def list_cached(self) -> dict[str, bool]:
        return {item["alias"]: bool(item["cached_until"]) for item in self.cli("--list", "--format", "json").json}


@pytest.fixture(scope="module")
def _account_and_person(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, Person]:
    account, name = Account(sandbox, tmp_path_factory.mktemp("warm")), f"u{uuid.uuid4().hex[:8]}"
    account.write(FILE.format(user=name))
    account.apply()
    return account, create_person(account.iam, name)


@pytest.fixture
def me(_account_and_person: tuple[Account, Person], tmp_path: Path) -> Someone:
    account, user = _account_and_person
    account.clear_calls()
    return Someone(account, user, tmp_path)


@pytest.mark.parametrize("alias", ["s3", "far"])
def test_a_warm_run_calls_nobody_and_says_the_same(me: Someone, alias: str) -> None:
    cold = me.cli(alias, "--format", "json")
    assert cold.code == 0 and me.account.count_calls()["AssumeRole"] == 1 + (alias == "far")
    me.account.clear_calls()
    assert me.cli(alias, "--format", "json") == cold
    assert me.process(alias, "--format", "json") == cold
    assert me.account.count_calls() == {}
    assert json.loads(me.process(alias, "--format", "credential-process").out)["Expiration"].endswith("Z")


def test_of_a_chain_the_hops_before_are_shared(me: Someone) -> None:
    me.cli("s3")
    me.account.clear_calls()
    assert me.cli("far").code == 0
    assert me.account.count_calls() == {"AssumeRole": 1}


def test_what_is_short_is_neither_kept_nor_served(me: Someone) -> None:
    for _ in range(2):
        assert me.cli("s3", "--duration", "15m").code == 0
    assert me.account.count_calls()["AssumeRole"] == 2
    refused = me.cli("s3", "--duration", "15m", "--format", "credential-process")
    assert refused.code == 1 and refused.out == ""


def test_no_cache_neither_reads_nor_writes(me: Someone) -> None:
    assert me.cli("s3", "--no-cache").code == 0
    assert list(me.home.iterdir()) == []
    me.cli("s3")
    me.cli("s3", "--no-cache")
    assert me.account.count_calls()["AssumeRole"] == 3


def test_another_key_of_the_same_user_is_another_source(me: Someone) -> None:
    me.cli("s3")
    other = create_person(me.account.iam, me.user.name)
    try:
        me.cli("s3", **other.key_variables)
        assert me.account.count_calls()["AssumeRole"] == 2
    finally:
        me.account.iam.delete_access_key(UserName=me.user.name, AccessKeyId=other.access_key)


@pytest.mark.parametrize("how", ["home is a file", "no home"])
def test_without_a_cache_it_works_and_says_so_once(me: Someone, how: str) -> None:
    home = me.home / "file"
    home.write_text("")
    me.home = home if how == "home is a file" else Path("relative")
    for run in (me.cli, me.process):
        found = run("far")
        assert found.code == 0 and "RECONCILE_ALIAS" in found.out
        assert found.err.count("nothing is cached") == found.err.count("\n") == 1, found.err


def test_a_corrupt_cache_is_a_cold_one(me: Someone) -> None:
    me.cli("s3")
    for entry in (me.home / ".cache" / "reconcile").rglob("*.json"):
        entry.write_text('{"keys": ["')
    found = me.process("s3")
    assert (found.code, found.err) == (0, "") and me.account.count_calls()["AssumeRole"] == 2
    assert me.process("s3") == found


def test_signals_reach_the_command_of_a_warm_run(me: Someone) -> None:
    me.cli("s3")
    script = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    command = [sys.executable, "-m", "reconciler", "assume", "s3", "--", "sh", "-c", script]
    environ = me.account.environment | me.more | {"PYTHONPATH": str(Path.cwd())}
    with (
        cold_processes(),
        subprocess.Popen(command, env=environ, cwd=me.account.folder, stdout=subprocess.PIPE, text=True) as running,
    ):
        assert running.stdout is not None and running.stdout.readline() == "ready\n"
        os.kill(running.pid, signal.SIGTERM)
        assert running.communicate(timeout=60)[0] == "caught\n" and running.returncode == 9


def test_a_list_shows_what_is_kept_and_asks_nobody(me: Someone) -> None:
    assert me.list_cached() == {"admin": False, "far": False, "s3": False}
    assert me.account.count_calls() == {}
    me.cli("far")
    me.account.clear_calls()
    assert me.list_cached() == {"admin": False, "far": True, "s3": True}
    (admin,) = me.cli("--list", "admin", "--format", "json").json
    assert (admin["mfa"], admin["duration"], admin["account"]) == (True, 2700, "123456789012")
    table = me.cli("--list").out
    assert all(name in table for name in ("s3", "far", "admin", "45m", me.user.name))
    assert me.account.count_calls() == {}
    unknown = me.cli("--list", "amin")
    assert (unknown.code, unknown.out) == (1, "") and "Did you mean 'admin'?" in unknown.err


def test_logout_forgets_one_alias_or_everything(me: Someone) -> None:
    me.cli("far")
    assert "deleted 1 cached session of s3." in me.cli("s3", "--logout").err
    assert me.list_cached() == {"admin": False, "far": True, "s3": False}
    me.cli("s3")
    assert "deleted 2 cached sessions." in me.cli("--logout").err
    assert set(me.list_cached().values()) == {False}
    assert "no session was cached." in me.cli("--logout").err
    assert me.cli("s3", "--logout").code == 0
    kept = [path.name for path in (me.home / ".cache" / "reconcile" / "credentials").iterdir()]
    assert kept == []
    me.account.clear_calls()
    assert me.process("s3").code == 0 and me.account.count_calls() == {"GetCallerIdentity": 1, "AssumeRole": 1}


def test_logout_of_a_misspelt_alias_forgets_nothing_and_says_which_was_meant(me: Someone) -> None:
    me.cli("far")
    for word, near in (("farr", "far"), ("zzz", "")):
        found = me.cli(word, "--logout")
        assert (found.code, found.out) == (1, "") and f"The file has no alias {word!r}." in found.err
        assert not near or f"Did you mean {near!r}?" in found.err
    assert me.list_cached() == {"admin": False, "far": True, "s3": True}
    assert me.cli("admin", "--logout").code == 0, "nothing is kept of it, and that is what was asked for"


def test_logout_needs_no_file_that_can_be_read(me: Someone) -> None:
    me.cli("s3")
    me.account.write("version: 2\n", "broken.yaml")
    found = me.cli("s33", "--logout", "-f", "broken.yaml")
    assert found.code == 1 and "No session of 's33' is cached. Did you mean 's3'?" in " ".join(found.err.split())
    assert me.cli("zzz", "--logout", "-f", "broken.yaml").code == 0
    gone = me.cli("s3", "--logout", "-f", "broken.yaml")
    assert gone.code == 0 and "deleted 1 cached session of s3." in gone.err


def test_verify_says_who_aws_says_it_is(me: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    me.cli("s3")
    found = me.cli("s3", "--verify")
    role = f"arn:aws:sts::123456789012:assumed-role/reader-{me.user.name}/{me.user.name}"
    assert (found.code, found.out) == (0, f"Verified: s3 is {role}.\n")
    assert me.account.count_calls()["AssumeRole"] == 2, "a session of its own, not the one that is kept"
    monkeypatch.setattr(
        sts.SourceCredentials, "identify_caller", lambda self, keys=None: Caller(f"{role}-not", "123456789012")
    )
    wrong = me.cli("s3", "--verify")
    assert wrong.code == 1 and f"{role}-not" in wrong.err and wrong.out == ""


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("s3", "more"),
        ("s3", "--"),
        ("s3", "--shell", "tcsh"),
        ("s3", "--format", "xml"),
        ("s3", "--console", "--list"),
        ("s3", "--console", "--verify"),
        ("s3", "--explain", "--logout"),
        ("s3", "--console", "--", "true"),
        ("s3", "--console", "--print"),
        ("s3", "--console", "--format", "json"),
        ("s3", "--verify", "--format", "env"),
        ("s3", "--print", "--", "true"),
        ("s3", "--format", "json", "--", "true"),
        ("--unset", "--format", "credential-process"),
        ("s3", "--duration", "soon"),
        ("s3", "--nonsense"),
        ("none",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_refused_with_1_and_nothing_is_printed(me: Someone, words: tuple[str, ...]) -> None:
    found = me.cli(*words)
    assert (found.code, found.out) == (1, "") and found.err and "Traceback" not in found.err
    assert me.account.count_calls() == {}


def test_whoever_was_the_default_profile_is_so_again(me: Someone) -> None:
    keys = "".join(f"{name.lower()} = {value}\n" for name, value in me.user.key_variables.items())
    (me.home / "credentials").write_text(f"[default]\n{keys}")
    source = {"AWS_SHARED_CREDENTIALS_FILE": str(me.home / "credentials")}
    none = dict.fromkeys(me.user.key_variables, "")
    first = me.cli("s3", "--format", "json", **none, **source)
    variables = first.json
    assert variables["RECONCILE_SOURCE_PROFILE"] == "default", first.err
    now = source | {name: value for name, value in variables.items() if value}
    nested = me.cli("far", "--format", "json", **now)
    assert nested.code == 0 and nested.err.count("Starting again from profile default") == 1
    assert nested.json["RECONCILE_SOURCE_PROFILE"] == "default"
    undone = me.cli("--unset", **now).out
    assert "unset RECONCILE_SOURCE_PROFILE;" in undone and "AWS_PROFILE=" not in undone
    assert me.process("far", "--format", "json", **now) == nested
