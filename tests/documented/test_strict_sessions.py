"""Sessions of users: fresh keys that work, what they may not do, and how they end."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from strict_account import EntityMaker, client, refusal, trust

from reconciler.sandbox.query_protocol import STS_VERSION, AwsError, HttpRequest
from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.strict import clock, sessions
from reconciler.sandbox.strict.keyring import IssuedKey
from reconciler.sandbox.strict.ledger import USER, IamEntity
from tests.support.people import Person, create_person

INVALID = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
UNKNOWN_DEVICE = (
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
    "and associated with this user.",
)
WRONG_CODE = (403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")


@pytest.fixture
def someone(iam: Any, name: Any) -> Person:
    return create_person(iam, name("someone"))


@pytest.fixture
def mfa_person(iam: Any, name: Any) -> Person:
    return create_person(iam, name("someone"), mfa=True)


def sts_of(sandbox: Sandbox, who: Person) -> Any:
    return client(sandbox.url, "sts", who.access_key)


def inside(sandbox: Sandbox, session: Any, service: str = "sts") -> Any:
    return client(sandbox.url, service, session["AccessKeyId"], session["SessionToken"])


def mfa_of(who: Person, code: str = "") -> dict[str, str]:
    return {"SerialNumber": who.device.serial, "TokenCode": code or who.device.next_code()}


def test_a_session_is_the_user_with_keys_of_its_own(sandbox: Sandbox, someone: Person) -> None:
    sts = sts_of(sandbox, someone)
    one, other = sts.get_session_token()["Credentials"], sts.get_session_token()["Credentials"]
    for field in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
        assert one[field] != other[field]
    assert one["AccessKeyId"].startswith("ASIA")
    assert inside(sandbox, one).get_caller_identity()["Arn"] == someone.arn
    assert inside(sandbox, other).get_caller_identity()["UserId"] == sts.get_caller_identity()["UserId"]


@pytest.mark.parametrize(("asked", "seconds"), [({}, 43200), ({"DurationSeconds": 900}, 900)])
def test_a_session_ends_when_it_says(
    sandbox: Sandbox, someone: Person, monkeypatch: pytest.MonkeyPatch, asked: Any, seconds: int
) -> None:
    start = time.time()
    session = sts_of(sandbox, someone).get_session_token(**asked)["Credentials"]
    ends = session["Expiration"].timestamp()
    assert abs(ends - start - seconds) < 10
    sts = inside(sandbox, session)
    monkeypatch.setattr(clock, "now", lambda: ends - 1)
    sts.get_caller_identity()
    monkeypatch.setattr(clock, "now", lambda: ends + 1)
    expired = (403, "ExpiredToken", "The security token included in the request is expired")
    assert refusal(sts.get_caller_identity) == expired
    assert refusal(inside(sandbox, session, "iam").list_users) == expired


@pytest.mark.parametrize(("seconds", "bound"), [(899, "greater than or equal to 900"), (129601, "equal to 129600")])
def test_the_length_of_a_session_is_limited(sandbox: Sandbox, someone: Person, seconds: int, bound: str) -> None:
    refused = refusal(sts_of(sandbox, someone).get_session_token, DurationSeconds=seconds)
    assert refused[:2] == (400, "ValidationError") and bound in refused[2]
    sts_of(sandbox, someone).get_session_token(DurationSeconds=129600)


def test_the_root_users_session_lasts_an_hour_at_most(sandbox: Sandbox) -> None:
    session = client(sandbox.url, "sts", "testing").get_session_token()["Credentials"]
    assert abs((session["Expiration"] - datetime.now(UTC)).total_seconds() - 3600) < 10
    assert inside(sandbox, session).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"


@pytest.mark.parametrize("token", ["wrong", "", None])
def test_the_token_must_be_the_sessions(sandbox: Sandbox, someone: Person, token: str | None) -> None:
    session = sts_of(sandbox, someone).get_session_token()["Credentials"]
    assert refusal(client(sandbox.url, "sts", session["AccessKeyId"], token).get_caller_identity) == INVALID


def test_a_long_term_key_has_no_token(sandbox: Sandbox, someone: Person) -> None:
    session = sts_of(sandbox, someone).get_session_token()["Credentials"]
    mixed = client(sandbox.url, "sts", someone.access_key, session["SessionToken"])
    assert refusal(mixed.get_caller_identity) == INVALID


def test_without_mfa_a_session_may_not_call_iam(sandbox: Sandbox, someone: Person) -> None:
    session = sts_of(sandbox, someone).get_session_token()["Credentials"]
    assert refusal(inside(sandbox, session, "iam").get_user) == INVALID


def test_with_mfa_a_session_calls_iam_as_the_user(sandbox: Sandbox, iam: Any, mfa_person: Person) -> None:
    session = sts_of(sandbox, mfa_person).get_session_token(**mfa_of(mfa_person))["Credentials"]
    own = inside(sandbox, session, "iam")
    assert own.get_user()["User"]["UserName"] == mfa_person.name
    assert [key["AccessKeyId"] for key in own.list_access_keys()["AccessKeyMetadata"]] == [mfa_person.access_key]
    assert own.create_access_key()["AccessKey"]["UserName"] == mfa_person.name
    iam.delete_access_key(UserName=mfa_person.name, AccessKeyId=mfa_person.access_key)
    assert own.get_user()["User"]["UserName"] == mfa_person.name
    refused = refusal(own.update_access_key, AccessKeyId=mfa_person.access_key, Status="Active")
    assert refused == (400, "ValidationError", "Must specify userName when calling with non-User credentials")


def test_a_session_gets_no_further_session(sandbox: Sandbox, mfa_person: Person) -> None:
    session = sts_of(sandbox, mfa_person).get_session_token(**mfa_of(mfa_person))["Credentials"]
    refused = (403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    assert refusal(inside(sandbox, session).get_session_token) == refused
    assert refusal(inside(sandbox, session).get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")[1] == (
        "AccessDenied"
    )


def test_a_role_session_gets_none_either(sandbox: Sandbox, maker: EntityMaker, someone: Person) -> None:
    role = f"arn:aws:iam::123456789012:role/{maker.role(trust({'AWS': someone.arn}))}"
    session = sts_of(sandbox, someone).assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    sts = inside(sandbox, session)
    for call, name, given in (
        (sts.get_session_token, "GetSessionToken", {}),
        (sts.get_federation_token, "GetFederationToken", {"Name": "me"}),
    ):
        refused = (403, "AccessDenied", f"Cannot call {name} with session credentials")
        assert refusal(call, **given) == refused
    inside(sandbox, session, "iam").list_users()


def test_a_session_by_a_providers_token_is_its_role(sandbox: Sandbox, maker: EntityMaker) -> None:
    maker.iam.create_open_id_connect_provider(Url="https://token.example.com")
    provider = {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.example.com"}
    role = maker.role(trust(provider, action="sts:AssumeRoleWithWebIdentity"))
    arn, next_ = f"arn:aws:iam::123456789012:role/{role}", maker.role(trust({"AWS": "*"}))
    told = client(sandbox.url, "sts", "testing").assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="ci", WebIdentityToken="token", DurationSeconds=900
    )
    session = inside(sandbox, told["Credentials"])
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::123456789012:assumed-role/{role}/ci"
    session.assume_role(RoleArn=f"arn:aws:iam::123456789012:role/{next_}", RoleSessionName="me")
    assert refusal(session.assume_role, RoleArn=arn, RoleSessionName="me")[1] == "AccessDenied"


def test_a_session_ends_with_its_user(sandbox: Sandbox, iam: Any, someone: Person) -> None:
    session = sts_of(sandbox, someone).get_session_token()["Credentials"]
    iam.delete_access_key(UserName=someone.name, AccessKeyId=someone.access_key)
    iam.delete_user(UserName=someone.name)
    iam.create_user(UserName=someone.name)
    assert refusal(inside(sandbox, session).get_caller_identity) == INVALID


def test_a_code_works_once(sandbox: Sandbox, mfa_person: Person) -> None:
    sts, given = sts_of(sandbox, mfa_person), mfa_of(mfa_person)
    sts.get_session_token(**given)
    assert refusal(sts.get_session_token, **given) == WRONG_CODE
    sts.get_session_token(**mfa_of(mfa_person))


def test_a_code_that_enabled_the_device_is_used(sandbox: Sandbox, mfa_person: Person) -> None:
    spent = mfa_person.device.code_at(mfa_person.device.last_step)
    assert refusal(sts_of(sandbox, mfa_person).get_session_token, **mfa_of(mfa_person, spent)) == WRONG_CODE


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_one_step_before_and_after(
    sandbox: Sandbox, mfa_person: Person, monkeypatch: pytest.MonkeyPatch, steps: int, good: bool
) -> None:
    middle = mfa_person.device.last_step + 10
    monkeypatch.setattr(clock, "now", lambda: middle * 30 + 15)
    sts, given = sts_of(sandbox, mfa_person), mfa_of(mfa_person, mfa_person.device.code_at(middle + steps))
    if good:
        sts.get_session_token(**given)
    else:
        assert refusal(sts.get_session_token, **given) == WRONG_CODE


def test_a_device_must_be_the_callers(sandbox: Sandbox, iam: Any, mfa_person: Person, someone: Person) -> None:
    sts, free = sts_of(sandbox, someone), f"{someone.name}-free"
    given = mfa_of(mfa_person)
    assert refusal(sts.get_session_token, **given) == UNKNOWN_DEVICE
    sts_of(sandbox, mfa_person).get_session_token(**given)  # it was not used up
    unassigned = iam.create_virtual_mfa_device(VirtualMFADeviceName=free)["VirtualMFADevice"]["SerialNumber"]
    for serial in (unassigned, "arn:aws:iam::123456789012:mfa/nothing", "GAHT12345678"):
        assert refusal(sts.get_session_token, SerialNumber=serial, TokenCode="123456") == UNKNOWN_DEVICE
    assert refusal(client(sandbox.url, "sts", "testing").get_session_token, **mfa_of(mfa_person)) == UNKNOWN_DEVICE


def test_a_device_that_was_deactivated_is_nobodys(sandbox: Sandbox, iam: Any, mfa_person: Person) -> None:
    iam.deactivate_mfa_device(UserName=mfa_person.name, SerialNumber=mfa_person.device.serial)
    assert refusal(sts_of(sandbox, mfa_person).get_session_token, **mfa_of(mfa_person)) == UNKNOWN_DEVICE


@pytest.mark.parametrize("missing", ["SerialNumber", "TokenCode"])
def test_serial_and_code_go_together(sandbox: Sandbox, mfa_person: Person, missing: str) -> None:
    given = mfa_of(mfa_person)
    del given[missing]
    assert refusal(sts_of(sandbox, mfa_person).get_session_token, **given) == (
        403,
        "AccessDenied",
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
    )


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"TokenCode": "1234567"}, "tokenCode"),
        ({"TokenCode": "12345x"}, "tokenCode"),
        ({"TokenCode": "١٢٣٤٥٦"}, "tokenCode"),
        ({"SerialNumber": "with space"}, "serialNumber"),
    ],
)
def test_serial_and_code_have_a_grammar(sandbox: Sandbox, mfa_person: Person, given: Any, where: str) -> None:
    refused = refusal(sts_of(sandbox, mfa_person).get_session_token, **mfa_of(mfa_person, "123456") | given)
    assert refused[:2] == (400, "ValidationError") and f"at '{where}'" in refused[2]


def make_request(action: str) -> HttpRequest:
    return HttpRequest("GET", f"/?Action={action}&Version={STS_VERSION}", ())


@pytest.mark.parametrize("action", sessions.SESSION_ACTIONS)
def test_what_sts_takes_from_a_session_of_a_user_without_mfa(action: str) -> None:
    """STS API Reference, "Comparing the AWS STS APIs", and each action's own page."""
    user = IamEntity(USER, "x", "arn:aws:iam::123456789012:user/x")
    key = IssuedKey("ASIAX", "123456789012", user, token="t")
    sessions.refuse_forbidden(make_request(action), key)
    with pytest.raises(AwsError):
        sessions.refuse_forbidden(make_request("GetSessionToken"), key)
    with pytest.raises(AwsError):
        sessions.refuse_forbidden(make_request("GetAccessKeyInfo"), key)
