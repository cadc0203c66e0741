"""Answers as real AWS gave them, recorded by LocalStack's and moto's verified tests (facts/corrections.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from strict_account import ADMINISTRATOR, ALLOW, EC2, EntityMaker, client, refusal, trust

from reconciler.sandbox.server import Sandbox

ACCOUNT = "123456789012"
NONE = f"arn:aws:iam::{ACCOUNT}:policy/none"
UNPARSABLE = (400, "ValidationError", "Invalid ARN:  Could not be parsed!")
KINDS = ["user", "group", "role"]


def detected_error(where: str, constraint: str) -> tuple[int, str, str]:
    message = f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {constraint}"
    return 400, "ValidationError", message


def absent(message: str) -> tuple[int, str, str]:
    return 404, "NoSuchEntity", message


def make_name_parameter(kind: str, name: str) -> dict[str, str]:
    return {f"{kind.title()}Name": name}


def test_create_role_tells_no_duration_no_last_use_and_no_description(iam: Any, name: Any) -> None:
    given = {"MaxSessionDuration": 7200, "Description": "d"}
    made = iam.create_role(RoleName=name("role"), AssumeRolePolicyDocument=EC2, **given)["Role"]
    assert not {"MaxSessionDuration", "RoleLastUsed", "Description", "Tags"} & made.keys()
    got = iam.get_role(RoleName=made["RoleName"])["Role"]
    assert {key: got[key] for key in given} == given
    assert got["RoleLastUsed"] == {}
    listed = iam.get_paginator("list_roles").paginate().build_full_result()["Roles"]
    told = next(one for one in listed if one["RoleName"] == made["RoleName"])
    assert {key: told[key] for key in given} == given
    assert "RoleLastUsed" not in told


def test_update_role_description_tells_the_description_alone(iam: Any, maker: EntityMaker) -> None:
    told = iam.update_role_description(RoleName=maker.role(), Description="new")["Role"]
    assert told["Description"] == "new"
    assert not {"MaxSessionDuration", "RoleLastUsed"} & told.keys()


def test_create_role_tells_the_trust_as_it_was_sent_and_get_role_its_root(iam: Any, name: Any) -> None:
    made = iam.create_role(RoleName=name("role"), AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))["Role"]
    assert made["AssumeRolePolicyDocument"] == json.loads(trust({"AWS": ACCOUNT}))
    got = iam.get_role(RoleName=made["RoleName"])["Role"]["AssumeRolePolicyDocument"]
    assert got["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def test_update_role_with_nothing_changes_nothing(iam: Any, maker: EntityMaker) -> None:
    role = maker.role(Description="d", MaxSessionDuration=7200)
    iam.update_role(RoleName=role)
    told = iam.get_role(RoleName=role)["Role"]
    assert (told["Description"], told["MaxSessionDuration"]) == ("d", 7200)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_the_type_of_a_boundary_is_policy(iam: Any, maker: EntityMaker, kind: str) -> None:
    boundary = maker.policy()
    holder = getattr(maker, kind)(PermissionsBoundary=boundary)
    expected = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    assert (
        getattr(iam, f"get_{kind}")(**make_name_parameter(kind, holder))[kind.title()]["PermissionsBoundary"]
        == expected
    )
    details = iam.get_account_authorization_details(Filter=[kind.title()], MaxItems=1000)[f"{kind.title()}DetailList"]
    told = next(one for one in details if one[f"{kind.title()}Name"] == holder)
    assert told["PermissionsBoundary"] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_arn_of_a_policy_cannot_be_attached(iam: Any, maker: EntityMaker, kind: str) -> None:
    holder, attach = make_name_parameter(kind, getattr(maker, kind)()), getattr(iam, f"attach_{kind}_policy")
    assert refusal(attach, **holder, PolicyArn="longpolicynamebutnoarn") == UNPARSABLE
    other = f"arn:aws:iam::{ACCOUNT}:not_a_policy/x"
    assert refusal(attach, **holder, PolicyArn=other) == (400, "InvalidInput", f"ARN {other} is not valid.")
    message = f"Policy {NONE} does not exist or is not attachable."
    assert refusal(attach, **holder, PolicyArn=NONE) == absent(message)
    attach(**holder, PolicyArn=ADMINISTRATOR)


def test_a_boundary_must_be_the_arn_of_a_policy_that_exists(iam: Any, maker: EntityMaker, name: Any) -> None:
    other = f"arn:aws:iam::{ACCOUNT}:not_a_policy/invalid"
    wanted = {
        "longpolicynamebutnoarn": UNPARSABLE,
        other: (400, "InvalidInput", f"ARN {other} is not valid."),
        NONE: absent(f"Scope ARN: {NONE} does not exist or is not attachable."),
    }
    role = maker.role()
    for arn, expected in wanted.items():
        assert refusal(iam.put_role_permissions_boundary, RoleName=role, PermissionsBoundary=arn) == expected
        given = {"AssumeRolePolicyDocument": EC2, "PermissionsBoundary": arn}
        assert refusal(iam.create_role, RoleName=name("role"), **given) == expected
    nobody = {"RoleName": "nobody", "PermissionsBoundary": maker.policy()}
    message = "The role with name nobody cannot be found."
    assert refusal(iam.put_role_permissions_boundary, **nobody) == absent(message)


@pytest.mark.parametrize(
    ("operation", "more", "message"),
    [
        ("get_policy", {}, f"Policy {NONE} was not found."),
        ("delete_policy", {}, f"Policy {NONE} was not found."),
        ("list_policy_versions", {}, f"Policy {NONE} was not found."),
        ("get_policy_version", {"VersionId": "v1"}, f"Policy {NONE} version v1 does not exist or is not attachable."),
        (
            "delete_policy_version",
            {"VersionId": "v1"},
            f"Policy {NONE} version v1 does not exist or is not attachable.",
        ),
        ("tag_policy", {"Tags": [{"Key": "a", "Value": "b"}]}, f"Policy {NONE} was not found."),
    ],
)
def test_a_policy_that_is_not_there_was_not_found(iam: Any, operation: str, more: dict[str, Any], message: str) -> None:
    assert refusal(getattr(iam, operation), PolicyArn=NONE, **more) == absent(message)


@pytest.mark.parametrize(
    ("operation", "given", "message"),
    [
        ("get_role", {"RoleName": "x"}, "The role with name x cannot be found."),
        ("delete_role", {"RoleName": "x"}, "The role with name x cannot be found."),
        ("get_group", {"GroupName": "x"}, "The group with name x cannot be found."),
        ("get_login_profile", {"UserName": "x"}, "The user with name x cannot be found."),
        ("get_instance_profile", {"InstanceProfileName": "x"}, "Instance Profile x cannot be found."),
        ("delete_instance_profile", {"InstanceProfileName": "x"}, "Instance Profile x cannot be found."),
        ("get_role_policy", {"RoleName": "x", "PolicyName": "p"}, "The role with name x cannot be found."),
        ("detach_role_policy", {"RoleName": "x", "PolicyArn": NONE}, "The role with name x cannot be found."),
    ],
)
def test_who_is_not_there_cannot_be_found(iam: Any, operation: str, given: dict[str, str], message: str) -> None:
    assert refusal(getattr(iam, operation), **given) == absent(message)


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_entity_does_not_have_cannot_be_found(iam: Any, maker: EntityMaker, kind: str) -> None:
    holder, policy = make_name_parameter(kind, getattr(maker, kind)()), maker.policy()
    for verb in ("get", "delete"):
        message = f"The {kind} policy with name p cannot be found."
        assert refusal(getattr(iam, f"{verb}_{kind}_policy"), **holder, PolicyName="p") == absent(message)
    detach = getattr(iam, f"detach_{kind}_policy")
    assert refusal(detach, **holder, PolicyArn=policy) == absent(f"Policy {policy} was not found.")


def test_credentials_that_a_user_lacks_or_has_already(iam: Any, maker: EntityMaker) -> None:
    user, password = {"UserName": maker.user()}, "Correct-Horse-7-Battery"
    message = f"Login Profile for User {user['UserName']} cannot be found."
    assert refusal(iam.get_login_profile, **user) == absent(message)
    assert refusal(iam.delete_login_profile, **user) == absent(message)
    iam.create_login_profile(**user, Password=password)
    taken = (409, "EntityAlreadyExists", f"Login Profile for user {user['UserName']} already exists.")
    assert refusal(iam.create_login_profile, **user, Password=password) == taken
    key = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"}
    message = "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found."
    assert refusal(iam.update_access_key, **user, **key) == absent(message)


def test_a_user_who_is_no_member_is_removed_all_the_same(iam: Any, maker: EntityMaker) -> None:
    group, user = maker.group(), maker.user()
    iam.remove_user_from_group(GroupName=group, UserName=user)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.remove_user_from_group(GroupName=group, UserName=user)
    assert iam.get_group(GroupName=group)["Users"] == []
    remove = iam.remove_user_from_group
    nobody = absent("The user with name nobody cannot be found.")
    assert refusal(remove, GroupName="none", UserName="nobody") == nobody
    assert refusal(remove, GroupName="none", UserName=user) == absent("The group with name none cannot be found.")


def test_an_instance_profile_has_one_role_and_tells_of_no_other(iam: Any, maker: EntityMaker) -> None:
    profile, role, other = {"InstanceProfileName": maker.profile()}, maker.role(), maker.role()
    iam.add_role_to_instance_profile(**profile, RoleName=role)
    for told in (
        iam.get_instance_profile(**profile)["InstanceProfile"],
        iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"][0],
    ):
        assert told["Roles"][0].keys() == {
            *("Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument")
        }
    limit = (409, "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    assert refusal(iam.add_role_to_instance_profile, **profile, RoleName=other) == limit
    message = f"Role {other} in Instance Profile {profile['InstanceProfileName']} cannot be found."
    assert refusal(iam.remove_role_from_instance_profile, **profile, RoleName=other) == absent(message)
    message = "The role with name nobody cannot be found."
    assert refusal(iam.remove_role_from_instance_profile, **profile, RoleName="nobody") == absent(message)


@pytest.mark.parametrize("operation", ["get_policy", "delete_policy", "get_role", "get_login_profile", "get_group"])
def test_an_error_has_no_second_message(iam: Any, operation: str) -> None:
    given = {"PolicyArn": NONE, "RoleName": "x", "UserName": "x", "GroupName": "x"}
    word = {"policy": "PolicyArn", "role": "RoleName", "group": "GroupName"}.get(operation.split("_")[1], "UserName")
    with pytest.raises(ClientError) as caught:
        getattr(iam, operation)(**{word: given[word]})
    assert set(caught.value.response["Error"]) == {"Type", "Code", "Message"}


def test_a_session_without_policy_or_tags_has_a_packed_size_of_zero(
    sandbox: Sandbox, iam: Any, maker: EntityMaker
) -> None:
    role = maker.role(trust({"AWS": ACCOUNT}))
    user = iam.create_access_key(UserName=maker.user())["AccessKey"]
    iam.attach_user_policy(UserName=user["UserName"], PolicyArn=ADMINISTRATOR)
    sts = client(sandbox.url, "sts", user["AccessKeyId"])
    told = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName="test")
    assert told["PackedPolicySize"] == 0


def test_an_untagged_policy_and_profile_tell_an_empty_list_of_tags(iam: Any, maker: EntityMaker, name: Any) -> None:
    created = iam.create_policy(PolicyName=name("policy"), PolicyDocument=ALLOW, Description="d")["Policy"]
    assert not {"Tags", "Description"} & created.keys()
    assert iam.get_policy(PolicyArn=created["Arn"])["Policy"]["Tags"] == []
    assert iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["Tags"] == []
    assert iam.get_instance_profile(InstanceProfileName=maker.profile())["InstanceProfile"]["Tags"] == []
    assert "Tags" not in iam.get_role(RoleName=maker.role())["Role"]
    assert "Tags" not in iam.get_user(UserName=maker.user())["User"]


@pytest.mark.parametrize("operation", ["tag_role", "tag_policy"])
@pytest.mark.parametrize(
    ("tags", "where", "constraint"),
    [
        ({f"k{n}": "v" for n in range(51)}, "tags", "Member must have length less than or equal to 50"),
        ({"k" * 129: "v"}, "tags.1.member.key", "Member must have length less than or equal to 128"),
        ({"k": "v" * 257}, "tags.1.member.value", "Member must have length less than or equal to 256"),
        (
            {"a": "v", "?": "v"},
            "tags.2.member.key",
            r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        ),
    ],
)
def test_bad_tags_are_refused_in_aws_words(
    iam: Any, maker: EntityMaker, operation: str, tags: dict[str, str], where: str, constraint: str
) -> None:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    given = {"RoleName": maker.role()} if operation == "tag_role" else {"PolicyArn": maker.policy()}
    assert refusal(getattr(iam, operation), **given, Tags=listed) == detected_error(where, constraint)


def test_equal_tag_keys_are_refused_and_letter_case_counts_on_policies(iam: Any, maker: EntityMaker) -> None:
    twice = [{"Key": "a", "Value": "v"}] * 2
    policy = maker.policy()
    assert refusal(iam.tag_policy, PolicyArn=policy, Tags=twice) == (400, "InvalidInput", "Duplicate tag keys found.")
    iam.tag_policy(PolicyArn=policy, Tags=[{"Key": "a", "Value": "v"}, {"Key": "A", "Value": "v"}])
    caseless = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    assert refusal(iam.tag_role, RoleName=maker.role(), Tags=twice) == (400, "InvalidInput", caseless)
    many = [f"k{n}" for n in range(51)]
    expected = detected_error("tagKeys", "Member must have length less than or equal to 50")
    assert refusal(iam.untag_policy, PolicyArn=policy, TagKeys=many) == expected


def test_versions_are_listed_newest_first_and_without_their_documents(iam: Any, maker: EntityMaker) -> None:
    policy = maker.policy()
    for _ in range(4):
        version = iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW)["PolicyVersion"]
        assert "Document" not in version
    versions = iam.list_policy_versions(PolicyArn=policy)["Versions"]
    assert [one["VersionId"] for one in versions] == ["v5", "v4", "v3", "v2", "v1"]
    assert not any("Document" in one for one in versions)
    page = iam.list_policy_versions(PolicyArn=policy, MaxItems=2)
    assert [one["VersionId"] for one in page["Versions"]] == ["v5", "v4"]
    rest = iam.list_policy_versions(PolicyArn=policy, Marker=page["Marker"])["Versions"]
    assert [one["VersionId"] for one in rest] == ["v3", "v2", "v1"]
    assert iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(ALLOW)
    pattern = r"Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"
    for operation in (iam.get_policy_version, iam.delete_policy_version, iam.set_default_policy_version):
        assert refusal(operation, PolicyArn=policy, VersionId="1") == detected_error("versionId", pattern)


def test_policies_of_aws_are_not_changed(iam: Any) -> None:
    for operation, more in (
        (iam.delete_policy, {}),
        (iam.create_policy_version, {"PolicyDocument": ALLOW}),
        (iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        assert refusal(operation, PolicyArn=ADMINISTRATOR, **more)[:2] == (403, "AccessDenied")
    assert iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["PolicyName"] == "AdministratorAccess"


NOT_ALPHANUMERIC = re.compile("Statement IDs .SID. must be alpha-numeric. Check that your input satisfies the regular ")


def sids(*given: str) -> str:
    allow = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": sid, **allow} for sid in given]})


@pytest.mark.parametrize("sid", ["with space", "with_underscore", "with-dash", "dot."])
def test_a_sid_has_letters_and_digits_alone(iam: Any, maker: EntityMaker, name: Any, sid: str) -> None:
    calls: list[tuple[Callable[..., object], dict[str, str]]] = [
        (iam.create_policy, {"PolicyName": name("policy"), "PolicyDocument": sids(sid)}),
        (iam.put_role_policy, {"RoleName": maker.role(), "PolicyName": "p", "PolicyDocument": sids(sid)}),
        (iam.create_role, {"RoleName": name("role"), "AssumeRolePolicyDocument": trust({"AWS": "*"}, Sid=sid)}),
    ]
    for call, given in calls:
        status, code, message = refusal(call, **given)
        assert (status, code) == (400, "MalformedPolicyDocument")
        assert NOT_ALPHANUMERIC.match(message)


def test_sids_that_are_unique_empty_or_left_out_are_taken(iam: Any, maker: EntityMaker, name: Any) -> None:
    iam.create_policy(PolicyName=name("policy"), PolicyDocument=sids("One1", "Two2", "", ""))
    maker.role(trust({"AWS": "*"}, Sid="Sid1"))
    refused = refusal(iam.create_policy, PolicyName=name("policy"), PolicyDocument=sids("One", "One"))
    assert refused == (400, "MalformedPolicyDocument", "Statement IDs (SID) in a single policy must be unique.")


def conditions(operator: str, value: object) -> str:
    return trust({"AWS": "*"}, Condition={operator: {"aws:CurrentTime": value}})


@pytest.mark.parametrize(
    "document",
    [
        json.dumps({**json.loads(EC2), "Version": "2008-10-17"}),
        json.dumps({"Statement": json.loads(EC2)["Statement"]}),
        conditions("DateLessThan", "2026-12-31"),
        conditions("ForAnyValue:DateLessThanIfExists", ["2026-12-31T23:59:59Z", "1798761599"]),
        conditions("Null", "true"),
        trust({"AWS": "*"}, Condition={}),
        trust({"Service": "ec2.amazonaws.com", "AWS": ACCOUNT}),
    ],
)
def test_a_trust_that_is_right_is_taken(iam: Any, maker: EntityMaker, document: str) -> None:
    assert iam.get_role(RoleName=maker.role(document))["Role"]["AssumeRolePolicyDocument"]


def test_every_bad_value_of_a_password_policy_is_told_at_once(iam: Any) -> None:
    given = {"MinimumPasswordLength": 129, "PasswordReusePrevention": 25, "MaxPasswordAge": 1096}
    told = [
        f"Value at '{where}' failed to satisfy constraint: Member must have value less than or equal to {most}"
        for where, most in (("minimumPasswordLength", 128), ("passwordReusePrevention", 24), ("maxPasswordAge", 1095))
    ]
    refused = refusal(iam.update_account_password_policy, **given)
    assert refused == (400, "ValidationError", f"3 validation errors detected: {'; '.join(told)}")


def test_a_password_policy_tells_hard_expiry_only_if_it_is_on(fresh: Any) -> None:
    fresh.update_account_password_policy()
    assert "HardExpiry" not in fresh.get_account_password_policy()["PasswordPolicy"]
    fresh.update_account_password_policy(MaxPasswordAge=60, HardExpiry=True)
    assert fresh.get_account_password_policy()["PasswordPolicy"]["HardExpiry"] is True


def test_the_details_of_an_account_tell_the_newest_version_first(iam: Any, maker: EntityMaker) -> None:
    policy = maker.policy()
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW)
    details = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"], MaxItems=1000)["Policies"]
    told = next(one for one in details if one["Arn"] == policy)
    assert [version["VersionId"] for version in told["PolicyVersionList"]] == ["v2", "v1"]
    assert "Description" not in told


def test_a_provider_with_too_many_tags_has_reached_its_limit(iam: Any, name: Any) -> None:
    provider = iam.create_open_id_connect_provider(Url=f"https://{name('idp')}.example.com")
    arn = {"OpenIDConnectProviderArn": provider["OpenIDConnectProviderArn"]}
    iam.tag_open_id_connect_provider(**arn, Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(50)])
    refused = refusal(iam.tag_open_id_connect_provider, **arn, Tags=[{"Key": "k50", "Value": "v"}])
    assert refused == (409, "LimitExceeded", "The number of tags has reached the maximum limit.")
