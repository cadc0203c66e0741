"""Writes that are made and answered by something else, or not whole: nothing is left behind, nothing is made twice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.app.mfa_enrolment import EnrolRequest, enroll_device
from reconciler.aws import access_keys, timing
from reconciler.model.problem import ReconcileError
from reconciler.sandbox.proxy import HangUp
from reconciler.sandbox.query_protocol import AwsError, HttpRequest, Reply
from tests.support.account import Account
from tests.support.dumps import dump_account
from tests.support.examples import EXPLORING
from tests.support.faults import shorten_retries
from tests.support.login_page import PAGE

Layer = Callable[[HttpRequest], Reply]
Way = Callable[[Reply], Reply]
ARN = "arn:aws:iam::123456789012"
SECRETS = rb"<(SecretAccessKey|Base32StringSeed)>[^<]*</\1>"


def hang_up(reply: Reply) -> Reply:
    raise HangUp


def page(status: int, body: bytes = PAGE) -> Way:
    return lambda reply: Reply(status, body, "text/html")


LOST: dict[str, Way] = {
    "the end of the connection": hang_up,
    "a page": page(200),
    "a redirect": page(302),
    "a refusal of a proxy": page(403),
    "XML that is not an error": page(400, b"<Blocked><Reason>x</Reason></Blocked>"),
    "an error without a code": page(403, b"<ErrorResponse><Error><Message>x</Message></Error></ErrorResponse>"),
    "a gateway's page": page(502),
    "nothing": page(200, b""),
    "half of it": lambda reply: Reply(200, reply.to_bytes()[:-40]),
    "another call's answer": page(200, b"<ListUsersResponse><ListUsersResult/></ListUsersResponse>"),
}
"""What becomes of the answer to a call that is done."""
SECRETLESS: dict[str, Way] = LOST | {
    "no secret": lambda reply: Reply(200, re.sub(SECRETS, b"", reply.payload())),
    "an empty secret": lambda reply: Reply(200, re.sub(SECRETS, rb"<\1></\1>", reply.payload())),
    "a secret of two lines": lambda reply: Reply(200, re.sub(SECRETS, rb"<\1>a&#10;b</\1>", reply.payload())),
}


SOME = dict.fromkeys(("the end of the connection", "a page", "a refusal of a proxy", "a gateway's page", "half of it"))
FEW = LOST if EXPLORING else {name: LOST[name] for name in SOME}
"""Where each way costs a whole run."""


class Between:
    """Stands between the commands and IAM: the first call of an action is answered otherwise, done or not."""

    def __init__(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        proxy = account.sandbox._proxy
        self._whole: Layer = proxy.layer
        self._ways: dict[str, list[tuple[Way, bool]]] = {}
        self.every: Way | None = None
        self._seen: set[str] = set()
        self.made: list[str] = []
        monkeypatch.setattr(proxy, "layer", self._answer)

    def break_(self, action: str, way: Way, *, done: bool = True, times: int = 1) -> None:
        self._ways[action] = [(way, done)] * times

    def _answer(self, request: HttpRequest) -> Reply:
        writes = bool(request.action) and not request.action.startswith(("Get", "List"))
        if writes:
            self.made.append(request.action)
        if self._ways.get(request.action):
            way, done = self._ways[request.action].pop()
            return way(self._whole(request) if done else Reply(200))
        line = request.body.decode()
        if self.every and writes and line not in self._seen:
            self._seen.add(line)
            return self.every(self._whole(request))
        return self._whole(request)


def deny_access(reply: Reply) -> Reply:
    raise AwsError("AccessDenied", "not you", 403)


@pytest.fixture
def alice(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(access_keys.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(timing, "DEVICE_PAUSES", ())
    monkeypatch.chdir(account.folder)
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    account.iam.create_user(UserName="alice")
    return account


@pytest.fixture
def between(alice: Account, monkeypatch: pytest.MonkeyPatch) -> Between:
    shorten_retries(monkeypatch)
    return Between(alice, monkeypatch)


def run(account: Account, *words: str) -> Any:
    file = str(account.folder / "credentials")
    result = account.run_cli("keys", *words, AWS_SHARED_CREDENTIALS_FILE=file, AWS_CONFIG_FILE=f"{file}.config")
    assert "Traceback" not in result.err
    return result


def statuses(account: Account) -> dict[str, str]:
    listed = account.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    return {item["AccessKeyId"]: item["Status"] for item in listed}


# Access keys


@pytest.mark.parametrize("way", SECRETLESS.values(), ids=SECRETLESS.keys())
def test_a_key_whose_answer_is_broken_is_deleted_and_made_once(way: Way, alice: Account, between: Between) -> None:
    between.break_("CreateAccessKey", way)
    result = run(alice, "issue", "alice")
    assert (result.code, result.out) == (1, "")
    assert "but its secret was lost with the answer: the key was deleted." in result.err
    assert statuses(alice) == {} and between.made == ["CreateAccessKey", "DeleteAccessKey"]
    assert "aws_access_key_id" not in (alice.folder / "credentials").read_text()


@pytest.mark.parametrize("way", FEW.values(), ids=FEW.keys())
def test_the_old_key_works_until_the_new_one_does(way: Way, alice: Account, between: Between) -> None:
    run(alice, "issue", "alice")
    before, (old,) = (alice.folder / "credentials").read_text(), statuses(alice)
    between.break_("CreateAccessKey", way)
    assert run(alice, "rotate", "alice").code == 1
    assert statuses(alice) == {old: "Active"} and (alice.folder / "credentials").read_text() == before
    between._ways["GetCallerIdentity"] = [*[(way, True)] * 20, (lambda reply: reply, True)]  # the last comes first
    assert run(alice, "rotate", "alice").code == 1
    between._ways.clear()
    assert statuses(alice) == {old: "Active"} and (alice.folder / "credentials").read_text() == before
    assert run(alice, "rotate", "alice").code == 0


@pytest.mark.parametrize("way", FEW.values(), ids=FEW.keys())
def test_a_key_that_was_deactivated_or_deleted_is_seen_to_be(way: Way, alice: Account, between: Between) -> None:
    run(alice, "issue", "alice")
    (old,) = statuses(alice)
    between.break_("UpdateAccessKey", way)
    result = run(alice, "rotate", "alice")
    assert result.code == 0, result.err
    assert statuses(alice)[old] == "Inactive"
    between.break_("DeleteAccessKey", way)
    result = run(alice, "rotate", "alice", "--finish")
    assert result.code == 0, result.err
    assert old not in statuses(alice)


@pytest.mark.parametrize("way", FEW.values(), ids=FEW.keys())
def test_a_key_that_was_not_deactivated_is_said_to_be_active(way: Way, alice: Account, between: Between) -> None:
    run(alice, "issue", "alice")
    (old,) = statuses(alice)
    between.break_("UpdateAccessKey", way, done=False, times=20)
    result = run(alice, "rotate", "alice")
    assert result.code == 1 and f"{old}, is still active" in result.err
    assert statuses(alice)[old] == "Active"


def test_an_orphan_that_cannot_be_deleted_is_named_with_the_command(alice: Account, between: Between) -> None:
    between.break_("CreateAccessKey", page(200))
    between.break_("DeleteAccessKey", deny_access, done=False)
    result = run(alice, "issue", "alice")
    (left,) = statuses(alice)
    assert f"Delete it: `aws iam delete-access-key --user-name alice --access-key-id {left}`" in result.err


def test_an_orphan_that_cannot_be_looked_for_is_told_of(alice: Account, between: Between) -> None:
    between.break_("CreateAccessKey", page(200))

    def refuse(reply: Reply) -> Reply:
        between._ways["ListAccessKeys"] = [(deny_access, False)]
        return reply

    between.break_("ListAccessKeys", refuse)
    result = run(alice, "issue", "alice")
    assert "aws iam list-access-keys --user-name alice" in result.err
    assert "aws iam delete-access-key --user-name alice --access-key-id ID" in result.err


# MFA devices


def owners(account: Account) -> dict[str, str | None]:
    found = account.iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    return {item["SerialNumber"]: item.get("User", {}).get("UserName") for item in found}


def enrol(account: Account, said: list[str]) -> str:
    """What the failure is, or "" where the device is enrolled: with a seed file, so that nobody is asked."""
    try:
        assert enroll_device(EnrolRequest("alice", seed_file="seed"), None, said.append) == f"{ARN}:mfa/alice"
    except ReconcileError as failed:
        return failed.problems[0].message
    return ""


@pytest.mark.parametrize("way", SECRETLESS.values(), ids=SECRETLESS.keys())
def test_a_device_whose_answer_is_broken_is_deleted_and_made_once(way: Way, alice: Account, between: Between) -> None:
    between.break_("CreateVirtualMFADevice", way)
    between.break_("DeleteVirtualMFADevice", way)
    assert "AWS created the device; it was deleted again" in enrol(alice, [])
    assert owners(alice) == {} and not Path("seed").exists()
    assert between.made.count("CreateVirtualMFADevice") == 1
    assert enrol(alice, []) == ""


@pytest.mark.parametrize("way", FEW.values(), ids=FEW.keys())
def test_a_device_is_enabled_whatever_becomes_of_the_answer(way: Way, alice: Account, between: Between) -> None:
    between.break_("EnableMFADevice", way)
    assert enrol(alice, []) == ""
    assert owners(alice) == {f"{ARN}:mfa/alice": "alice"}


@pytest.mark.parametrize("way", FEW.values(), ids=FEW.keys())
def test_a_device_that_was_not_enabled_is_deleted(way: Way, alice: Account, between: Between) -> None:
    between.break_("EnableMFADevice", way, done=False)
    said: list[str] = []
    assert "AWS may have made the call" in enrol(alice, said)
    assert owners(alice) == {} and said == [f"The device {ARN}:mfa/alice was deleted again."]


def test_a_device_that_cannot_be_deleted_is_named_with_the_command(alice: Account, between: Between) -> None:
    between.break_("CreateVirtualMFADevice", page(200))
    between.break_("DeleteVirtualMFADevice", deny_access, done=False)
    assert f"aws iam delete-virtual-mfa-device --serial-number {ARN}:mfa/alice" in enrol(alice, [])
    assert owners(alice) == {f"{ARN}:mfa/alice": None}


# Plans


FILE = """
version: 1
owner: platform
policies: {reader: {document: {Statement: [{Effect: Allow, Action: "sns:Get*", Resource: "*"}]}, tags: {a: b}}}
groups: {engineers: {policies: [reader]}}
users: {ann: {groups: [engineers], tags: {a: b}}}
roles: {app: {trust: [{users: [ann]}], policies: [reader], instance_profile: true}}
"""


@pytest.fixture
def undisturbed_dump(alice: Account) -> Iterator[dict[str, Any]]:
    alice.write(FILE)
    assert alice.run_cli("apply", "roles.yaml", "--yes").code == 0
    yield dump_account(alice.iam)


@pytest.mark.parametrize("way", FEW.values(), ids=FEW.keys())
def test_an_apply_whose_every_answer_is_broken_once_makes_what_it_should(
    way: Way, undisturbed_dump: dict[str, Any], alice: Account, between: Between
) -> None:
    alice.reset()
    alice.iam.create_user(UserName="alice")
    between.every = way
    result = alice.run_cli("apply", "roles.yaml", "--yes")
    assert result.code == 0, result.err
    assert dump_account(alice.iam) == undisturbed_dump


def test_an_apply_that_only_meets_pages_says_that_nothing_is_known(alice: Account, between: Between) -> None:
    """A portal that lets reads through: a page is not a `done`."""
    alice.write("version: 1\nowner: platform\ngroups: {engineers: {}}\n")
    between.break_("CreateGroup", page(200), done=False, times=20)
    result = alice.run_cli("apply", "roles.yaml", "--yes")
    assert result.code == 1 and "HTTP 200 with an HTML page" in result.err
    assert "Applied" not in result.out and "engineers" not in str(dump_account(alice.iam))


def test_a_write_whose_answer_trickles_is_cut_off_and_made_once(alice: Account, between: Between) -> None:
    def late(reply: Reply) -> Reply:
        time.sleep(1.3)
        return reply

    alice.write("version: 1\nowner: platform\ngroups: {engineers: {}}\n")
    between.break_("CreateGroup", late)
    result = alice.run_cli("apply", "roles.yaml", "--yes", RECONCILE_CALL_TIMEOUT="1")
    assert result.code == 0, result.err
    assert between.made.count("CreateGroup") == 1
