"""`keys issue` and `keys rotate`: a key that nobody sees, and at every moment one that works."""

from __future__ import annotations

import configparser
import itertools
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.httpsession import URLLib3Session

from reconciler.aws import access_keys, timing
from reconciler.files import atomic
from reconciler.sandbox.query_protocol import AwsError, HttpRequest, Reply
from tests.support.account import Account, Result

NOT_ROOT = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")


class Person:
    """A user in an account of its own, and her files of the AWS CLI."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.path = account.folder / "home" / ".aws" / "credentials"
        self.config = self.path.with_name("config")
        account.iam.create_user(UserName="alice")

    def run(self, *words: str, **extra: str) -> Result:
        files = {"AWS_SHARED_CREDENTIALS_FILE": str(self.path), "AWS_CONFIG_FILE": str(self.config)}
        result = self.account.run_cli("keys", *words, **files | extra)
        for secret in self.secrets():
            assert secret not in result.out + result.err
        return result

    def ok(self, *words: str, **extra: str) -> Result:
        result = self.run(*words, **extra)
        assert result.code == 0, result.err
        return result

    def refusal_of(self, *words: str, **extra: str) -> str:
        result = self.run(*words, **extra)
        assert (result.code, result.out) == (1, ""), result
        assert "Traceback" not in result.err
        return result.err

    def profiles(self) -> configparser.RawConfigParser:
        parser = configparser.RawConfigParser()
        parser.read(self.path)
        return parser

    def secrets(self) -> list[str]:
        parser = self.profiles()
        return [parser.get(name, "aws_secret_access_key", fallback="-" * 40) for name in parser.sections()]

    def key_id_of(self, profile: str = "alice") -> str:
        return self.profiles().get(profile, "aws_access_key_id")

    def status(self) -> dict[str, str]:
        found = self.account.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in found}

    def who(self, profile: str = "alice") -> str:
        """Who boto3 is with the profile, asked by a service that refuses an inactive key."""
        section = self.profiles()[profile]
        sts: Any = boto3.client(
            "sts",
            endpoint_url=self.account.sandbox.url,
            region_name="us-east-1",
            aws_access_key_id=section["aws_access_key_id"],
            aws_secret_access_key=section["aws_secret_access_key"],
        )
        assert self.status()[section["aws_access_key_id"]] == "Active"
        return str(sts.get_caller_identity()["Arn"])


@pytest.fixture
def alice(account: Account, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(access_keys.time, "sleep", lambda seconds: None)
    return Person(account)


ALICE = "arn:aws:iam::123456789012:user/alice"
Layer = Callable[[HttpRequest], Reply]


def between(person: Person, monkeypatch: pytest.MonkeyPatch, layer: Callable[[HttpRequest, Layer], Reply]) -> None:
    """Put `layer` between the command and AWS."""
    proxy = person.account.sandbox._proxy
    whole = proxy.layer
    monkeypatch.setattr(proxy, "layer", lambda request: layer(request, whole))


def test_a_key_goes_straight_into_a_private_profile_and_works(alice: Person) -> None:
    result = alice.ok("issue", "alice")
    assert alice.who() == ALICE
    assert alice.key_id_of() in result.out
    assert stat.S_IMODE(alice.path.stat().st_mode) == 0o600 or os.name == "nt"
    assert stat.S_IMODE(alice.path.parent.stat().st_mode) == 0o700 or os.name == "nt"


def test_the_secret_reaches_no_log(alice: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    alice.ok("issue", "alice")
    alice.ok("rotate", "alice")
    assert "GetCallerIdentity" in caplog.text
    for secret in alice.secrets():
        assert secret not in caplog.text
    assert "SecretAccessKey>" not in caplog.text


def test_other_profiles_and_the_mode_stay(alice: Person) -> None:
    alice.path.parent.mkdir(parents=True)
    before = b"# mine\r\n[default]\r\naws_access_key_id=A\r\n\r\n[old]\r\nregion = x"
    alice.path.write_bytes(before)
    alice.path.chmod(0o644)
    result = alice.ok("issue", "user/alice", "--into", "work")
    assert alice.path.read_bytes().startswith(before + b"\r\n[work]\r\naws_access_key_id = AKIA")
    assert stat.S_IMODE(alice.path.stat().st_mode) == 0o644
    assert "Other users of this machine may read" in result.err and "chmod 600" in result.err
    alice.ok("rotate", "alice", "--into", "work")
    assert alice.path.read_bytes().startswith(before + b"\r\n[work]\r\n# reconcile replaced AKIA")
    alice.ok("rotate", "alice", "--into", "work", "--finish")
    assert alice.path.read_bytes().startswith(before + b"\r\n[work]\r\naws_access_key_id = AKIA")


def test_a_profile_that_exists_is_never_overwritten(alice: Person) -> None:
    alice.ok("issue", "alice")
    before = alice.path.read_bytes()
    assert "keys rotate alice" in alice.refusal_of("issue", "alice")
    alice.account.iam.create_user(UserName="bob")
    said = alice.refusal_of("issue", "bob", "--into", "alice")
    assert f"{alice.path}:1:1: error" in said and "--into" in said
    assert alice.path.read_bytes() == before
    assert len(alice.status()) == 1


@pytest.mark.parametrize("option", ["role_arn", "credential_process", "sso_session", "aws_access_key_id"])
def test_a_profile_whose_credentials_come_from_elsewhere_is_not_hidden(option: str, alice: Person) -> None:
    alice.config.parent.mkdir(parents=True)
    alice.config.write_text(f"[default]\nregion = x\n\n[profile alice]\n{option} = y\n")
    assert f"{alice.config}:4:1: error" in alice.refusal_of("issue", "alice")
    assert alice.status() == {}
    alice.config.write_text("[profile alice]\nregion = eu-west-1\n")
    alice.ok("issue", "alice")


def test_two_keys_are_as_many_as_there_can_be(alice: Person) -> None:
    for _ in range(2):
        alice.account.iam.create_access_key(UserName="alice")
    said = alice.refusal_of("issue", "alice")
    assert all(key in said for key in alice.status())
    assert "aws iam delete-access-key --user-name alice" in said


def test_the_other_key_of_a_user_is_told(alice: Person) -> None:
    other = alice.account.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    assert other in alice.ok("issue", "alice").err


def test_an_unknown_user_is_told_with_a_likely_name(alice: Person) -> None:
    assert "Did you mean 'alice'?" in alice.refusal_of("issue", "alcie")
    assert "There is no user zed" in alice.refusal_of("rotate", "zed")


def test_the_file_guards_the_account_and_the_number_of_keys(alice: Person) -> None:
    alice.account.write('version: 1\nowner: x\naccount: "210987654321"\n')
    assert "account 210987654321" in alice.refusal_of("issue", "alice")
    alice.account.write("version: 1\nowner: x\nusers: {alice: {access_keys: {max_count: 1}}}\n")
    alice.ok("issue", "alice")
    assert "allows 1" in alice.refusal_of("issue", "alice", "--into", "second")
    alice.ok("rotate", "alice")


def test_a_file_that_is_named_must_be_there(alice: Person) -> None:
    assert "gone.yaml does not exist" in alice.refusal_of("issue", "alice", "-f", "gone.yaml")
    assert alice.status() == {}


def test_nothing_is_asked_of_aws_if_the_file_cannot_be_written(alice: Person) -> None:
    alice.path.parent.mkdir(parents=True)
    alice.path.mkdir()
    alice.account.clear_calls()
    assert "annot" in alice.refusal_of("issue", "alice")
    assert "CreateAccessKey" not in alice.account.count_calls()


def test_a_key_that_cannot_be_put_away_is_deleted_again(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.ok("issue", "alice")
    before, known = alice.path.read_bytes(), alice.status()
    for words in (("issue", "alice", "--into", "second"), ("rotate", "alice")):
        _full_after(monkeypatch, 1)
        said = alice.refusal_of(*words)
        assert "No space left".lower() in said and "deleted again" in said
        assert (alice.path.read_bytes(), alice.status()) == (before, known)
        monkeypatch.undo()


def _full_after(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    count = itertools.count()
    real = atomic.replace_file

    def replace(path: Path, content: bytes, mode: int | None = None) -> None:
        if next(count) >= writes:
            raise OSError(28, "No space left on device")
        real(path, content, mode)

    monkeypatch.setattr(atomic, "replace_file", replace)


@pytest.mark.parametrize("made", [True, False])
def test_a_lost_answer_leaves_no_second_key(made: bool, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(request: HttpRequest, layer: Layer) -> Reply:
        if request.action != "CreateAccessKey":
            return layer(request)
        if made:
            layer(request)
        return AwsError("ServiceUnavailable", "try again", 503).to_reply(request.version)

    between(alice, monkeypatch, lose)
    alice.account.clear_calls()
    said = alice.refusal_of("issue", "alice")
    assert alice.account.count_calls()["CreateAccessKey"] == 1
    assert alice.status() == {}
    assert ("the key was deleted" in said) == made and ("has no new key so far" in said) == (not made)
    assert alice.path.read_text() == ""


def test_a_refused_key_is_not_looked_for(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(request: HttpRequest, layer: Layer) -> Reply:
        if request.action == "CreateAccessKey":
            raise AwsError("AccessDenied", "not you", 403)
        return layer(request)

    between(alice, monkeypatch, deny)
    alice.account.clear_calls()
    assert "access denied: not you" in alice.refusal_of("issue", "alice")
    assert alice.account.count_calls()["ListAccessKeys"] == 1


def test_a_key_that_aws_does_not_know_yet_is_waited_for(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    late = itertools.count()

    def slow(request: HttpRequest, layer: Layer) -> Reply:
        if request.action == "GetCallerIdentity" and request.access_key in alice.status() and next(late) < 3:
            raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        return layer(request)

    between(alice, monkeypatch, slow)
    alice.ok("issue", "alice")
    assert next(late) == 4


def test_a_key_that_never_works_takes_the_place_of_none(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "NEW_KEY_MAX_WAIT", 0.0)
    alice.ok("issue", "alice")
    before, known = alice.path.read_bytes(), alice.status()

    def never(request: HttpRequest, layer: Layer) -> Reply:
        if request.action == "GetCallerIdentity" and request.access_key not in (*known, "AKIASANDBOXSANDBOX00"):
            raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        return layer(request)

    between(alice, monkeypatch, never)
    assert "deleted again" in alice.refusal_of("rotate", "alice")
    assert (alice.path.read_bytes(), alice.status()) == (before, known)
    said = alice.refusal_of("issue", "alice", "--into", "late")
    assert "does not work yet" in said and alice.key_id_of("late") in said


def test_a_rotation_leaves_the_old_key_inactive_and_finish_deletes_it(alice: Person) -> None:
    alice.ok("issue", "alice")
    old = alice.key_id_of()
    result = alice.ok("rotate", "alice")
    assert alice.who() == ALICE
    assert alice.status() == {old: "Inactive", alice.key_id_of(): "Active"}
    assert "keys rotate alice --finish" in result.out
    assert "--finish" in alice.refusal_of("rotate", "alice")
    assert old in alice.ok("rotate", "alice", "--finish").out
    assert alice.status() == {alice.key_id_of(): "Active"}
    assert "Nothing to finish" in alice.ok("rotate", "alice", "--finish").out
    alice.ok("rotate", "alice")
    assert alice.who() == ALICE


def meanwhile(monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[], None]) -> None:
    """Another program acts just before a step of ours that asks AWS."""
    real = getattr(access_keys, step)

    def after_another(*arguments: Any) -> Any:
        act()
        return real(*arguments)

    monkeypatch.setattr(access_keys, step, after_another)


@pytest.mark.parametrize("step", ["list_access_keys", "create_key", "verify_key"])
def test_what_other_programs_write_meanwhile_stays(step: str, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.path.parent.mkdir(parents=True, exist_ok=True)
    theirs: list[str] = []

    def log_in() -> None:
        theirs.append(f"login-{len(theirs)}")
        with alice.path.open("a") as file:
            file.write(f"[{theirs[-1]}]\naws_access_key_id = AKIAX\n")

    meanwhile(monkeypatch, step, log_in)
    for words in (["issue", "alice"], ["rotate", "alice"], ["rotate", "alice", "--finish"]):
        alice.ok(*words)
        assert {"alice", *theirs} == set(alice.profiles().sections()), words
    assert len(theirs) >= 2


def test_a_profile_that_others_change_meanwhile_is_theirs(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.ok("issue", "alice")
    meanwhile(
        monkeypatch, "verify_key", lambda: alice.path.write_text("[alice]\naws_access_key_id = AKIATHEIRS\n") and None
    )
    assert "Another program changed the profile alice" in alice.refusal_of("rotate", "alice")
    assert (alice.key_id_of(), len(alice.status())) == ("AKIATHEIRS", 1)


def test_the_very_key_that_calls_is_rotated(alice: Person) -> None:
    alice.account.iam.put_user_policy(
        UserName="alice",
        PolicyName="own-keys",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}',
    )
    alice.ok("issue", "alice")
    old = alice.key_id_of()
    environ = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "alice"}
    alice.ok("rotate", "alice", **environ)
    assert alice.status() == {old: "Inactive", alice.key_id_of(): "Active"}
    alice.ok("rotate", "alice", "--finish", "--profile", "alice")
    assert alice.who() == ALICE


STEPS = ["CreateAccessKey", "GetCallerIdentity", "UpdateAccessKey", "first write", "second write", "renamed"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", [AwsError("AccessDenied", "no", 403), KeyboardInterrupt()], ids=["refused", "stopped"])
def test_wherever_a_rotation_ends_a_key_works_and_the_next_run_goes_on(
    step: str, how: BaseException, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.ok("issue", "alice")
    old = alice.key_id_of()
    _break_step(step, how, alice, monkeypatch)
    result = alice.run("rotate", "alice")
    assert result.code == (130 if isinstance(how, KeyboardInterrupt) else 1), result
    monkeypatch.undo()
    assert alice.who() == ALICE
    assert set(alice.status()) == {old, alice.key_id_of()}, "no key is left whose secret nobody has"
    alice.ok("rotate", "alice")
    assert alice.status() == {old: "Inactive", alice.key_id_of(): "Active"}
    assert alice.who() == ALICE
    alice.ok("rotate", "alice", "--finish")
    assert alice.who() == ALICE


def _break_step(step: str, how: BaseException, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rotation ends at `step`: an error of AWS or of the disk, or Ctrl-C in place of the call."""
    writes = {"first write": 0, "second write": 1, "renamed": 1}
    if step in writes:
        error = how if isinstance(how, KeyboardInterrupt) else OSError(28, "No space left on device")
        real, count = atomic.replace_file, itertools.count()

        def replace(path: Path, content: bytes, mode: int | None = None) -> None:
            broken = next(count) == writes[step]
            if not broken or step == "renamed":
                real(path, content, mode)
            if broken:
                raise error

        monkeypatch.setattr(atomic, "replace_file", replace)
    elif isinstance(how, KeyboardInterrupt):

        def stop(*_: Any, **__: Any) -> None:
            raise how

        functions = {
            "CreateAccessKey": "create_key",
            "GetCallerIdentity": "verify_key",
            "UpdateAccessKey": "deactivate_key",
        }
        monkeypatch.setattr(access_keys, functions[step], stop)
    else:
        known = {*alice.status(), "AKIASANDBOXSANDBOX00"}

        def refuse(request: HttpRequest, layer: Layer) -> Reply:
            if request.action == step and (step != "GetCallerIdentity" or request.access_key not in known):
                raise how
            return layer(request)

        between(alice, monkeypatch, refuse)


def test_a_second_active_key_is_left_alone(alice: Person) -> None:
    alice.ok("issue", "alice")
    other = alice.account.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    before = alice.status()
    said = alice.refusal_of("rotate", "alice")
    assert f"aws iam delete-access-key --user-name alice --access-key-id {other}" in said
    assert "nothing was deleted" in alice.refusal_of("rotate", "alice", "--finish")
    assert alice.status() == before


def test_finish_deletes_only_the_key_that_was_replaced(alice: Person) -> None:
    alice.ok("issue", "alice")
    old = alice.key_id_of()
    alice.ok("rotate", "alice")
    alice.account.iam.delete_access_key(UserName="alice", AccessKeyId=old)
    other = alice.account.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    alice.account.iam.update_access_key(UserName="alice", AccessKeyId=other, Status="Inactive")
    assert "did not replace" in alice.refusal_of("rotate", "alice", "--finish")
    assert other in alice.status()


def test_finish_deletes_nothing_while_the_old_key_is_active(alice: Person) -> None:
    alice.ok("issue", "alice")
    old = alice.key_id_of()
    alice.ok("rotate", "alice")
    alice.account.iam.update_access_key(UserName="alice", AccessKeyId=old, Status="Active")
    assert "still active" in alice.refusal_of("rotate", "alice", "--finish")
    assert old in alice.status()
    alice.account.iam.update_access_key(UserName="alice", AccessKeyId=alice.key_id_of(), Status="Inactive")
    alice.account.iam.update_access_key(UserName="alice", AccessKeyId=old, Status="Inactive")
    assert "is inactive" in alice.refusal_of("rotate", "alice", "--finish")
    assert old in alice.status()


def test_a_profile_without_a_key_of_the_user_is_not_rotated(alice: Person) -> None:
    assert "keys issue alice" in alice.refusal_of("rotate", "alice")
    alice.ok("issue", "alice")
    before = alice.path.read_bytes()
    alice.account.iam.create_user(UserName="bob")
    assert "not a key of bob" in alice.refusal_of("rotate", "bob", "--into", "alice")
    alice.path.write_bytes(before + b"aws_session_token = t\n")
    assert "temporary" in alice.refusal_of("rotate", "alice")
    assert len(alice.status()) == 1


@pytest.mark.parametrize("name", ["a]b", "", " a", "DEFAULT", "a\nb", 'a"b'])
def test_a_name_that_no_profile_can_have_is_refused(name: str, alice: Person) -> None:
    assert "A profile cannot be named" in alice.refusal_of("issue", "alice", "--into", name or " ")
    assert alice.status() == {}


def test_a_key_whose_answer_was_interrupted_is_deleted(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    real = URLLib3Session.send

    def send(session: Any, request: Any) -> Any:
        answer = real(session, request)
        if "Action=CreateAccessKey" in str(request.body):
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(URLLib3Session, "send", send)
    result = alice.run("issue", "alice")
    assert result.code == 130
    assert "its secret was lost with the answer: the key was deleted" in result.err
    assert alice.status() == {}
