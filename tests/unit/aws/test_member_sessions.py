"""Accounts are entered by their roles: one session for each role on the way, renewed before it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from reconciler.aws.member_sessions import MemberSessions
from reconciler.aws.session import connect
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.problem import ReconcileError
from tests.support.answering_server import HttpAnswer, serve_answers

HOME = "123456789012"
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def make_call(account: int, role: str = "reconciler", **more: Any) -> AssumeRoleCall:
    return AssumeRoleCall(role, f"arn:aws:iam::{account:012}:role/ci/{role}", "nightly", **more)


class Sts:
    """An STS that gives each session a key that tells its role. calls: (role's ARN, access key of the caller)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.lifetime = timedelta(hours=1)
        self.denied: set[str] = set()

    def answer(self, headers: Any, body: bytes) -> HttpAnswer:
        given = dict(parse_qsl(body.decode()))
        if given["Action"] == "GetCallerIdentity":
            content = f"<Arn>arn:aws:iam::{HOME}:user/alice</Arn><UserId>AIDA</UserId><Account>{HOME}</Account>"
            return HttpAnswer(200, self._wrap("GetCallerIdentity", content))
        role = given["RoleArn"]
        self.calls.append((role, headers["Authorization"].partition("Credential=")[2].partition("/")[0]))
        if role in self.denied:
            error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
            text = f'<ErrorResponse xmlns="{_NAMESPACE}">{error}<RequestId>r</RequestId></ErrorResponse>'
            return HttpAnswer(403, text.encode())
        end = datetime.now(UTC) + self.lifetime
        key = f"ASIA{role.split(':')[4]}"
        content = (
            f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
            f"<SessionToken>token</SessionToken><Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        )
        return HttpAnswer(200, self._wrap("AssumeRole", content))

    def _wrap(self, action: str, content: str) -> bytes:
        result = f"<{action}Result>{content}</{action}Result>"
        about = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        return f'<{action}Response xmlns="{_NAMESPACE}">{result}{about}</{action}Response>'.encode()


@pytest.fixture
def sts() -> Sts:
    return Sts()


@pytest.fixture
def sessions(sts: Sts, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemberSessions]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHOME000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with serve_answers(sts.answer) as url:
        yield MemberSessions(connect(None, None, url))


HUB, ONE, TWO = make_call(7, "hub"), make_call(1), make_call(2)
CALLER, HUB_KEY = "AKIAHOME000000000000", f"ASIA{7:012}"


def test_the_callers_own_account_is_the_callers_session(sessions: MemberSessions, sts: Sts) -> None:
    assert sessions.connect(HOME, ()) is sessions.home
    assert sts.calls == []


def test_an_account_has_a_session_of_its_own(sessions: MemberSessions) -> None:
    connection = sessions.connect(f"{1:012}", (ONE,))
    assert (connection.account, connection.partition) == (f"{1:012}", "aws")
    assert connection.caller_arn == f"arn:aws:sts::{1:012}:assumed-role/reconciler/nightly"
    credentials = connection.session.get_credentials()
    assert credentials is not None and credentials.access_key == f"ASIA{1:012}"
    own = sessions.home.session.get_credentials()
    assert own is not None and own.access_key == CALLER
    assert connection.meter is not sessions.home.meter


def test_a_role_on_the_way_is_assumed_once_and_enters_the_others(sessions: MemberSessions, sts: Sts) -> None:
    sessions.connect(f"{1:012}", (HUB, ONE))
    sessions.connect(f"{2:012}", (HUB, TWO))
    assert sts.calls == [(HUB.role_arn, CALLER), (ONE.role_arn, HUB_KEY), (TWO.role_arn, HUB_KEY)]


def test_a_role_on_the_way_that_ends_soon_is_assumed_again(sessions: MemberSessions, sts: Sts) -> None:
    sts.lifetime = timedelta(minutes=2)
    sessions.connect(f"{1:012}", (HUB, ONE))
    sessions.connect(f"{2:012}", (HUB, TWO))
    assert [role for role, _ in sts.calls].count(HUB.role_arn) == 2


@pytest.mark.parametrize(
    ("denied", "call", "caller"),
    [
        (ONE, ONE, f"arn:aws:iam::{HOME}:user/alice"),
        (HUB, HUB, f"arn:aws:iam::{HOME}:user/alice"),
    ],
)
def test_a_refused_role_is_named_with_who_must_be_let_in(
    denied: AssumeRoleCall, call: AssumeRoleCall, caller: str, sessions: MemberSessions, sts: Sts
) -> None:
    sts.denied.add(denied.role_arn)
    with pytest.raises(ReconcileError) as failed:
        sessions.connect(f"{1:012}", (call,))
    (problem,) = failed.value.problems
    assert problem.code == "assume-refused"
    assert f"Create {call.role_arn} with a trust policy that lets {caller} in" in problem.hint


def test_the_external_id_that_was_sent_is_told(sessions: MemberSessions, sts: Sts) -> None:
    call = make_call(1, external_id="example-7f3a")
    sts.denied.add(call.role_arn)
    with pytest.raises(ReconcileError) as failed:
        sessions.connect(f"{1:012}", (call,))
    assert "with the external id 'example-7f3a'" in failed.value.problems[0].hint


def test_the_hint_names_every_action_that_the_way_in_needs(sessions: MemberSessions, sts: Sts) -> None:
    call = make_call(1, session_tags=(("run", "nightly"),), source_identity="ci-job")
    sts.denied.add(call.role_arn)
    with pytest.raises(ReconcileError) as failed:
        sessions.connect(f"{1:012}", (call,))
    hint = failed.value.problems[0].hint
    assert "in, and that allows sts:TagSession and sts:SetSourceIdentity, too." in hint
    assert "Allow the caller sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity on it." in hint


def test_a_session_is_named_by_its_role_because_a_trust_names_that(sessions: MemberSessions, sts: Sts) -> None:
    session = f"arn:aws:sts::{HOME}:assumed-role/iam-plan/GitHubActions"
    sessions.home = replace(sessions.home, caller_arn=session)
    sts.denied.add(ONE.role_arn)
    with pytest.raises(ReconcileError) as failed:
        sessions.connect(f"{1:012}", (ONE,))
    assert f"lets the role iam-plan of account {HOME} in" in failed.value.problems[0].hint
