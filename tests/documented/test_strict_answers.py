"""Every call has an answer of AWS's form, and is counted; roles are updated as documented."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest
from strict_account import EntityMaker, client, fetch, refusal

from reconciler.sandbox.server import Sandbox

QUOTAS = {
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 20,
    "AttachedPoliciesPerUserQuota": 10,
    "AssumeRolePolicySizeQuota": 2048,
    "GroupsPerUserQuota": 10,
    "PolicySizeQuota": 6144,
    "VersionsPerPolicyQuota": 5,
    "UserPolicySizeQuota": 2048,
    "GroupPolicySizeQuota": 5120,
    "RolePolicySizeQuota": 10240,
    "AccessKeysPerUserQuota": 2,
    "PoliciesQuota": 1500,
    "RolesQuota": 1000,
    "InstanceProfilesQuota": 1000,
    "UsersQuota": 5000,
    "GroupsQuota": 300,
}


@pytest.mark.parametrize(
    ("operation", "listed"),
    [
        ("list_service_specific_credentials", "ServiceSpecificCredentials"),
        ("list_signing_certificates", "Certificates"),
        ("list_ssh_public_keys", "SSHPublicKeys"),
        ("list_mfa_devices", "MFADevices"),
        ("list_access_keys", "AccessKeyMetadata"),
        ("list_groups_for_user", "Groups"),
        ("list_user_policies", "PolicyNames"),
        ("list_attached_user_policies", "AttachedPolicies"),
        ("list_user_tags", "Tags"),
    ],
)
def test_a_list_of_nothing_is_empty_and_of_nobody_refused(
    iam: Any, maker: EntityMaker, operation: str, listed: str
) -> None:
    assert getattr(iam, operation)(UserName=maker.user())[listed] == []
    assert refusal(getattr(iam, operation), UserName="nobody")[:2] == (404, "NoSuchEntity")


def test_what_is_not_there_is_no_such_entity(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    assert refusal(iam.get_login_profile, UserName=user)[:2] == (404, "NoSuchEntity")
    assert refusal(iam.get_account_password_policy)[:2] == (404, "NoSuchEntity")
    serial = "arn:aws:iam::123456789012:mfa/none"
    assert refusal(iam.deactivate_mfa_device, UserName=user, SerialNumber=serial)[1] == "NoSuchEntity"
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=serial)[1] == "NoSuchEntity"


def test_the_summary_tells_the_quotas(iam: Any) -> None:
    told = iam.get_account_summary()["SummaryMap"]
    assert {name: told[name] for name in QUOTAS} == QUOTAS


def test_what_nobody_answers_is_a_proper_error(iam: Any) -> None:
    status, code, message = refusal(iam.get_organizations_access_report, JobId="x" * 36)
    assert (status, code) == (501, "NotImplemented")
    assert "GetOrganizationsAccessReport" in message


@pytest.mark.parametrize(
    ("change", "description", "duration"),
    [
        ({"Description": "new"}, "new", 3600),
        ({"MaxSessionDuration": 7200}, "old", 7200),
        ({"Description": "", "MaxSessionDuration": 7200}, "", 7200),
    ],
)
def test_update_role_resets_an_omitted_duration_and_keeps_an_omitted_description(
    iam: Any, maker: EntityMaker, change: dict[str, Any], description: str, duration: int
) -> None:
    role = maker.role(Description="old", MaxSessionDuration=4000)
    iam.update_role(RoleName=role, **change)
    told = iam.get_role(RoleName=role)["Role"]
    assert (told.get("Description", ""), told["MaxSessionDuration"]) == (description, duration)


def test_a_session_lasts_one_to_twelve_hours(iam: Any, maker: EntityMaker) -> None:
    refused = refusal(iam.update_role, RoleName=maker.role(), MaxSessionDuration=43201)
    assert refused[:2] == (400, "ValidationError")


def test_calls_are_counted_with_their_subject_in_order(sandbox: Sandbox, iam: Any, name: Any) -> None:
    fetch(f"{sandbox.url}/_sandbox/zero", "POST")
    user = name("user")
    iam.create_user(UserName=user)
    refusal(iam.create_user, UserName=user)
    iam.list_users()
    client(sandbox.url, "sts").get_caller_identity()
    stats = fetch(f"{sandbox.url}/_sandbox/stats")
    assert stats["calls"] == {"CreateUser": 2, "ListUsers": 1, "GetCallerIdentity": 1}
    create = f"CreateUser {user}"
    assert stats["log"] == [create, create, "ListUsers", "GetCallerIdentity"]
    fetch(f"{sandbox.url}/_sandbox/zero", "POST")
    assert fetch(f"{sandbox.url}/_sandbox/stats") == {"calls": {}, "log": []}


def test_json_protocols_pass_through_and_are_counted(sandbox: Sandbox) -> None:
    fetch(f"{sandbox.url}/_sandbox/zero", "POST")
    told = client(sandbox.url, "resourcegroupstaggingapi").get_resources()
    assert told["ResourceTagMappingList"] == []
    assert fetch(f"{sandbox.url}/_sandbox/stats")["calls"] == {"GetResources": 1}
    assert "iam" in fetch(f"{sandbox.url}/moto-api/data.json")


def test_a_page_of_the_sandbox_that_does_not_exist_is_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(urllib.request.HTTPError, match="404"):
        fetch(f"{sandbox.url}/_sandbox/nothing")


def test_access_keys_name_their_user(sandbox: Sandbox, iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    key = iam.create_access_key(UserName=user)["AccessKey"]
    told = client(sandbox.url, "sts", key["AccessKeyId"]).get_caller_identity()
    assert told["Arn"] == f"arn:aws:iam::123456789012:user/{user}"
    assert told["UserId"] == iam.get_user(UserName=user)["User"]["UserId"]
    assert client(sandbox.url, "iam", key["AccessKeyId"]).list_user_tags(UserName=user)["Tags"] == []


def test_client_ids_of_an_oidc_provider_come_and_go_one_by_one(iam: Any, name: Any) -> None:
    arn = iam.create_open_id_connect_provider(Url=f"https://{name('idp')}.example.com", ClientIDList=["one"])
    provider = {"OpenIDConnectProviderArn": arn["OpenIDConnectProviderArn"]}
    for client_id in ("two", "two"):
        iam.add_client_id_to_open_id_connect_provider(**provider, ClientID=client_id)
    for client_id in ("one", "never-there"):
        iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID=client_id)
    assert iam.get_open_id_connect_provider(**provider)["ClientIDList"] == ["two"]
