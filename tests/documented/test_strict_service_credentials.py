"""Service-specific credentials: passwords and API keys of one service (API Reference; LocalStack's verified tests)."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from strict_account import ADMINISTRATOR, EntityMaker, client, refusal

from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.strict import clock

GIT, KEYSPACES, BEDROCK = "codecommit.amazonaws.com", "cassandra.amazonaws.com", "bedrock.amazonaws.com"
CREATED = "ServiceSpecificCredential"
LISTED = "ServiceSpecificCredentials"
BAD_ID = r"Member must satisfy regular expression pattern: [\w]+"


def unsupported_error(service: str) -> tuple[int, str, str]:
    return 404, "NoSuchEntity", f"No such service {service} is supported for Service Specific Credentials"


def detected_error(where: str, constraint: str) -> tuple[int, str, str]:
    message = f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {constraint}"
    return 400, "ValidationError", message


def test_a_password_for_git_has_a_user_name_and_is_told_once(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    credential = iam.create_service_specific_credential(UserName=user, ServiceName=GIT)[CREATED]
    assert credential["ServiceUserName"] == f"{user}-at-123456789012"
    assert re.fullmatch(r"ACCA[A-Z0-9]{17}", credential["ServiceSpecificCredentialId"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{59}=", credential["ServicePassword"])
    assert (credential["Status"], credential["UserName"]) == ("Active", user)
    assert "ExpirationDate" not in credential
    (told,) = iam.list_service_specific_credentials(UserName=user, ServiceName=GIT)[LISTED]
    assert told == {key: value for key, value in credential.items() if key != "ServicePassword"}


def test_a_credential_is_switched_off_reset_and_deleted(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    credential = iam.create_service_specific_credential(UserName=user, ServiceName=GIT)[CREATED]
    named = {"UserName": user, "ServiceSpecificCredentialId": credential["ServiceSpecificCredentialId"]}
    iam.update_service_specific_credential(**named, Status="Inactive")
    assert iam.list_service_specific_credentials(UserName=user)[LISTED][0]["Status"] == "Inactive"
    again = iam.reset_service_specific_credential(**named)[CREATED]
    assert again["ServicePassword"] != credential["ServicePassword"]
    assert (again["ServiceUserName"], again["Status"]) == (credential["ServiceUserName"], "Inactive")
    iam.delete_service_specific_credential(**named)
    assert iam.list_service_specific_credentials(UserName=user)[LISTED] == []
    message = f"No such credential {named['ServiceSpecificCredentialId']} exists"
    assert refusal(iam.delete_service_specific_credential, **named) == (404, "NoSuchEntity", message)


def test_a_user_has_two_credentials_for_each_service(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    create = iam.create_service_specific_credential
    names = [create(UserName=user, ServiceName=GIT)[CREATED]["ServiceUserName"] for _ in range(2)]
    assert names == [f"{user}-at-123456789012", f"{user}+1-at-123456789012"]
    assert refusal(create, UserName=user, ServiceName=GIT)[:2] == (409, "LimitExceeded")
    create(UserName=user, ServiceName=KEYSPACES)
    create(UserName=maker.user(), ServiceName=GIT)


@pytest.mark.parametrize("service", ["nonexistentservice.amazonaws.com", "o3on3n3onosneo", "lambda.amazonaws.com"])
def test_a_service_without_such_credentials_is_no_such_entity(iam: Any, maker: EntityMaker, service: str) -> None:
    user = maker.user()
    assert refusal(iam.create_service_specific_credential, UserName=user, ServiceName=service) == unsupported_error(
        service
    )
    assert refusal(iam.list_service_specific_credentials, UserName=user, ServiceName=service) == unsupported_error(
        service
    )
    nobody = (404, "NoSuchEntity", "The user with name nobody cannot be found.")
    assert refusal(iam.create_service_specific_credential, UserName="nobody", ServiceName=service) == nobody


def test_a_list_is_of_one_service_of_one_user_or_of_all(iam: Any, maker: EntityMaker) -> None:
    one, other = maker.user(), maker.user()
    for user, service in ((one, GIT), (one, KEYSPACES), (other, GIT)):
        iam.create_service_specific_credential(UserName=user, ServiceName=service)

    def list_credentials(**given: object) -> set[tuple[str, str]]:
        listed = iam.list_service_specific_credentials(**given)[LISTED]
        return {(item["UserName"], item["ServiceName"]) for item in listed if item["UserName"] in (one, other)}

    assert list_credentials(UserName=one) == {(one, GIT), (one, KEYSPACES)}
    assert list_credentials(UserName=one, ServiceName=KEYSPACES) == {(one, KEYSPACES)}
    assert list_credentials(UserName=other, ServiceName=KEYSPACES) == set()
    assert list_credentials(AllUsers=True, ServiceName=GIT) == {(one, GIT), (other, GIT)}
    both = refusal(iam.list_service_specific_credentials, AllUsers=True, UserName=one)
    assert both[:2] == (400, "ValidationError")
    page = iam.list_service_specific_credentials(UserName=one, MaxItems=1)
    assert (len(page[LISTED]), page["IsTruncated"]) == (1, True)
    assert len(iam.list_service_specific_credentials(UserName=one, Marker=page["Marker"])[LISTED]) == 1


@pytest.mark.parametrize("operation", ["update", "reset", "delete"])
def test_a_credential_is_found_by_its_user_and_its_id(iam: Any, maker: EntityMaker, operation: str) -> None:
    user = maker.user()
    credential = iam.create_service_specific_credential(UserName=user, ServiceName=GIT)[CREATED]
    call = getattr(iam, f"{operation}_service_specific_credential")
    more = {"Status": "Inactive"} if operation == "update" else {}
    identifier = credential["ServiceSpecificCredentialId"]
    wrong_user = refusal(call, UserName="wrong-user-name", ServiceSpecificCredentialId=identifier, **more)
    assert wrong_user == (404, "NoSuchEntity", "The user with name wrong-user-name cannot be found.")
    hyphens = refusal(call, UserName=user, ServiceSpecificCredentialId="wrong-id-with-hyphens", **more)
    assert hyphens == detected_error("serviceSpecificCredentialId", BAD_ID)
    wrong = refusal(call, UserName=user, ServiceSpecificCredentialId="satisfiesregexbutstillinvalid", **more)
    assert wrong == (404, "NoSuchEntity", "No such credential satisfiesregexbutstillinvalid exists")
    of_another = refusal(call, UserName=maker.user(), ServiceSpecificCredentialId=identifier, **more)
    assert of_another == (404, "NoSuchEntity", f"No such credential {identifier} exists")


def test_a_status_is_active_or_inactive(iam: Any) -> None:
    given = {"ServiceSpecificCredentialId": "ACCA" + "X" * 17, "Status": "Invalid"}
    expected = detected_error("status", "Member must satisfy enum value set")
    assert refusal(iam.update_service_specific_credential, **given) == expected


def test_a_user_with_a_credential_cannot_be_deleted(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    credential = iam.create_service_specific_credential(UserName=user, ServiceName=GIT)[CREATED]
    message = "Cannot delete entity, must remove referenced objects first."
    assert refusal(iam.delete_user, UserName=user) == (409, "DeleteConflict", message)
    iam.delete_service_specific_credential(
        UserName=user, ServiceSpecificCredentialId=credential["ServiceSpecificCredentialId"]
    )
    iam.delete_user(UserName=user)


def test_a_user_that_is_renamed_keeps_its_credentials_and_their_user_names(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    before = iam.create_service_specific_credential(UserName=user, ServiceName=GIT)[CREATED]
    iam.update_user(UserName=user, NewUserName=f"{user}-new")
    (told,) = iam.list_service_specific_credentials(UserName=f"{user}-new")[LISTED]
    assert told["UserName"] == f"{user}-new"
    for key in ("ServiceUserName", "ServiceSpecificCredentialId", "CreateDate"):
        assert told[key] == before[key]


def test_an_api_key_has_an_alias_and_a_secret_and_expires(
    iam: Any, maker: EntityMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = maker.user()
    given = {"UserName": user, "ServiceName": BEDROCK, "CredentialAgeDays": 30}
    key = iam.create_service_specific_credential(**given)[CREATED]
    assert not {"ServiceUserName", "ServicePassword"} & key.keys()
    secret = key["ServiceCredentialSecret"]
    assert secret.startswith("ABSK")
    assert base64.b64decode(secret.removeprefix("ABSK")).decode().startswith(f"{key['ServiceCredentialAlias']}:")
    assert (key["ExpirationDate"] - key["CreateDate"]).days == 30
    (told,) = iam.list_service_specific_credentials(UserName=user)[LISTED]
    assert told["ExpirationDate"] == key["ExpirationDate"]
    assert "ServiceCredentialSecret" not in told
    ends = key["ExpirationDate"].timestamp()
    monkeypatch.setattr(clock, "now", lambda: ends + 1)
    assert iam.list_service_specific_credentials(UserName=user)[LISTED][0]["Status"] == "Expired"
    fresh = iam.reset_service_specific_credential(
        UserName=user, ServiceSpecificCredentialId=key["ServiceSpecificCredentialId"]
    )[CREATED]
    assert fresh["ServiceCredentialSecret"] != secret


@pytest.mark.parametrize(
    ("service", "days", "message"),
    [
        (BEDROCK, 0, "Member must have value greater than or equal to 1"),
        (BEDROCK, -1, "Member must have value greater than or equal to 1"),
        (BEDROCK, 36601, "Member must have value less than or equal to 36600"),
        (GIT, 30, "CredentialAgeDays is not valid for codecommit.amazonaws.com."),
    ],
)
def test_only_api_keys_expire_and_within_a_hundred_years(
    iam: Any, maker: EntityMaker, service: str, days: int, message: str
) -> None:
    given = {"UserName": maker.user(), "ServiceName": service, "CredentialAgeDays": days}
    status, code, said = refusal(iam.create_service_specific_credential, **given)
    assert (status, code) == (400, "ValidationError")
    assert said.endswith(message)


def test_a_user_may_leave_its_own_name_out(sandbox: Sandbox, iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    iam.attach_user_policy(UserName=user, PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    own = client(sandbox.url, "iam", key)
    credential = iam.create_service_specific_credential(UserName=user, ServiceName=GIT)[CREATED]
    assert [one["UserName"] for one in own.list_service_specific_credentials()[LISTED]] == [user]
    own.delete_service_specific_credential(ServiceSpecificCredentialId=credential["ServiceSpecificCredentialId"])
    assert own.list_service_specific_credentials()[LISTED] == []
