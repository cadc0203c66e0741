"""Deleting: all that an entity owns or is part of goes first, and the plan shows every call of it.

IAM refuses (DeleteConflict) to delete what still has something; here it never has, and what others use is not taken
from them unasked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.account import Account
from tests.support.people import enable_device
from tests.support.plans import assert_made_as_planned, changes_of, codes_of, findings_of, list_writes, operations_of

ACCOUNT = "123456789012"
OURS = [{"Key": "reconcile:owner", "Value": "platform"}]
HEAD = "version: 1\nowner: platform\n"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUMnWpzDjJ/Wfl8fhXxuqBxmAqxugwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbGVhdmVyMCAXDTI2MTEyNDE0Mjc0MFoYDzIxMjYxMDMxMTQy
NzQwWjARMQ8wDQYDVQQDDAZsZWF2ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AATTpNh/25CvkvpVcUt9Gc0y9tK+qNQc3QpnGPe6kYUBC03c2FlqCNGOgDMBMPyd
vrTctD/0MSC633Pgnf2+XGjCo1MwUTAdBgNVHQ4EFgQUfhx3M4s888Lr9EoVXjAM
4qJSqyUwHwYDVR0jBBgwFoAUfhx3M4s888Lr9EoVXjAM4qJSqyUwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAycScPMSwCjORGK3gphfkmIIVoEwx
GXvrpE95KprAXrYCIGAS/A1iOkXdXu+Rssmwal4MiUwQydKDmOAx6/6kZLys
-----END CERTIFICATE-----"""
SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 test"


def user(iam: Any, name: str = "leaver") -> None:
    iam.create_user(UserName=name, Tags=OURS)


def role(iam: Any, name: str = "old", trust: Any = TRUST) -> None:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=OURS)


def policy(iam: Any, name: str = "old") -> str:
    made: str = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(ALLOW), Tags=OURS)["Policy"]["Arn"]
    return made


def group(iam: Any, name: str = "old") -> None:
    iam.create_group(GroupName=name, Path="/platform/")


def profile(iam: Any, name: str, role_name: str | None = None) -> None:
    iam.create_instance_profile(InstanceProfileName=name, Tags=OURS)
    if role_name:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role_name)


def try_to(call: Callable[..., Any], **parameters: Any) -> Any:
    """What the emulator cannot make is skipped, with its own words as the reason."""
    try:
        return call(**parameters)
    except ClientError as error:
        if "NotImplemented" in str(error) or error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 500, 501):
            pytest.skip(f"the emulator does not: {error}")
        raise


def keys(iam: Any) -> None:
    iam.create_access_key(UserName="leaver")
    second = iam.create_access_key(UserName="leaver")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="leaver", AccessKeyId=second, Status="Inactive")


def device(iam: Any) -> None:
    enable_device(iam, "leaver")


def hardware(iam: Any) -> None:
    iam.enable_mfa_device(
        UserName="leaver", SerialNumber="GAHT12345678", AuthenticationCode1="123456", AuthenticationCode2="654321"
    )


def membership(iam: Any) -> None:
    iam.create_group(GroupName="people")
    iam.add_user_to_group(GroupName="people", UserName="leaver")


OWNED_BY_A_USER: dict[str, tuple[Callable[[Any], object], list[str]]] = {
    "two access keys": (keys, ["DeleteAccessKey", "DeleteAccessKey"]),
    "a password": (
        lambda iam: iam.create_login_profile(UserName="leaver", Password="Pass-w0rd!"),
        ["DeleteLoginProfile"],
    ),
    "a virtual MFA device": (device, ["DeactivateMFADevice", "DeleteVirtualMFADevice"]),
    "a hardware MFA device": (hardware, ["DeactivateMFADevice"]),
    "a signing certificate": (
        lambda iam: try_to(iam.upload_signing_certificate, UserName="leaver", CertificateBody=CERTIFICATE),
        ["DeleteSigningCertificate"],
    ),
    "an SSH key": (
        lambda iam: try_to(iam.upload_ssh_public_key, UserName="leaver", SSHPublicKeyBody=SSH_KEY),
        ["DeleteSSHPublicKey"],
    ),
    "a service credential": (
        lambda iam: iam.create_service_specific_credential(UserName="leaver", ServiceName="codecommit.amazonaws.com"),
        ["DeleteServiceSpecificCredential"],
    ),
    "an inline policy": (
        lambda iam: iam.put_user_policy(UserName="leaver", PolicyName="own", PolicyDocument=json.dumps(ALLOW)),
        ["DeleteUserPolicy"],
    ),
    "an attached policy": (
        lambda iam: iam.attach_user_policy(UserName="leaver", PolicyArn=AWS_POLICY),
        ["DetachUserPolicy"],
    ),
    "a boundary": (
        lambda iam: iam.put_user_permissions_boundary(UserName="leaver", PermissionsBoundary=AWS_POLICY),
        [],
    ),
    "a membership": (membership, ["RemoveUserFromGroup"]),
    "nothing": (lambda iam: None, []),
}


@pytest.mark.parametrize("what", OWNED_BY_A_USER)
def test_a_user_is_emptied_before_it_is_deleted_and_the_plan_shows_it(account: Account, what: str) -> None:
    make, emptied = OWNED_BY_A_USER[what]
    user(account.iam)
    make(account.iam)
    account.write(HEAD)
    plan = account.apply_and_read_plan()
    assert {address: action for address, (action, _) in changes_of(plan).items()} == {"user/leaver": "delete"}
    assert operations_of(plan) == [*emptied, "DeleteUser"]
    assert account.iam.list_users()["Users"] == []
    assert account.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_a_user_with_everything_is_deleted_by_one_apply(account: Account) -> None:
    user(account.iam)
    for make, _ in OWNED_BY_A_USER.values():
        make(account.iam)
    account.write(HEAD)
    expected = sorted(operation for _, emptied in OWNED_BY_A_USER.values() for operation in emptied)
    shown = operations_of(account.apply_and_read_plan())
    assert shown[-1] == "DeleteUser"
    assert sorted(shown[:-1]) == expected
    assert account.iam.list_users()["Users"] == []


def test_no_access_key_is_shown_by_the_plan_with_its_secret(account: Account) -> None:
    user(account.iam)
    made = account.iam.create_access_key(UserName="leaver")["AccessKey"]
    account.write(HEAD)
    result = account.run_cli("plan", "roles.yaml", "--format", "json")
    assert made["AccessKeyId"] in result.out
    assert made["SecretAccessKey"] not in result.out


def test_a_group_is_emptied_before_it_is_deleted(account: Account) -> None:
    iam = account.iam
    group(iam)
    account.write(HEAD + "users: {alice: {groups: [old]}}\ngroups: {old: {path: /platform/}}\n")
    account.apply()
    iam.attach_group_policy(GroupName="old", PolicyArn=AWS_POLICY)
    iam.put_group_policy(GroupName="old", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    account.write(HEAD + "users: {alice: {}}\n")
    plan = account.apply_and_read_plan()
    assert changes_of(plan) == {
        "group/old": ("delete", ["inline_policies.own", "path", "policies"]),
        "user/alice": ("update", ["groups"]),
    }
    assert operations_of(plan)[-1] == "DeleteGroup"
    assert sorted(operations_of(plan)) == [
        "DeleteGroup",
        "DeleteGroupPolicy",
        "DetachGroupPolicy",
        "RemoveUserFromGroup",
    ]
    assert iam.list_groups()["Groups"] == []


def test_a_role_is_emptied_before_it_is_deleted(account: Account) -> None:
    iam = account.iam
    role(iam)
    iam.attach_role_policy(RoleName="old", PolicyArn=AWS_POLICY)
    iam.put_role_policy(RoleName="old", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    iam.put_role_permissions_boundary(RoleName="old", PermissionsBoundary=AWS_POLICY)
    profile(iam, "machines", "old")
    account.write(HEAD)
    plan = account.apply_and_read_plan()
    assert {address: action for address, (action, _) in changes_of(plan).items()} == {
        "role/old": "delete",
        "instance-profile/machines": "delete",
    }
    assert operations_of(plan, "role/old") == ["DetachRolePolicy", "DeleteRolePolicy", "DeleteRole"]
    assert operations_of(plan, "instance-profile/machines") == [
        "RemoveRoleFromInstanceProfile",
        "DeleteInstanceProfile",
    ]
    assert iam.list_roles()["Roles"] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def test_a_policy_is_detached_and_its_versions_are_deleted_before_it_goes(account: Account) -> None:
    iam = account.iam
    account.write(
        HEAD
        + """\
policies: {old: {document: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}}}
groups: {people: {policies: [old]}}
users: {alice: {policies: [old], permissions_boundary: old}}
roles: {app: {trust: [{services: [ec2.amazonaws.com]}], policies: [old], permissions_boundary: old}}
"""
    )
    account.apply()
    arn = f"arn:aws:iam::{ACCOUNT}:policy/old"
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(ALLOW), SetAsDefault=True)
    account.write(
        HEAD + "groups: {people: {}}\nusers: {alice: {}}\nroles: {app: {trust: [{services: [ec2.amazonaws.com]}]}}\n"
    )
    plan = account.apply_and_read_plan()
    assert operations_of(plan, "policy/old") == [*["DeletePolicyVersion"] * 4, "DeletePolicy"]
    freed = [
        "DeleteRolePermissionsBoundary",
        "DeleteUserPermissionsBoundary",
        "DetachGroupPolicy",
        "DetachRolePolicy",
        "DetachUserPolicy",
    ]
    elsewhere = [change["address"] for change in plan["changes"] if change["address"] != "policy/old"]
    assert sorted(operation for address in elsewhere for operation in operations_of(plan, address)) == freed
    assert operations_of(plan)[-1] == "DeletePolicy"
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_an_instance_profile_lets_go_of_its_role_before_it_goes(account: Account) -> None:
    account.write(HEAD + "roles: {app: {trust: [{services: [ec2.amazonaws.com]}], instance_profile: true}}\n")
    account.apply()
    account.write(HEAD + "roles: {app: {trust: [{services: [ec2.amazonaws.com]}]}}\n")
    plan = account.apply_and_read_plan()
    assert changes_of(plan) == {"instance-profile/app": ("delete", ["path", "role", "tags.reconcile:owner"])}
    assert operations_of(plan) == ["RemoveRoleFromInstanceProfile", "DeleteInstanceProfile"]


def test_a_whole_stack_that_uses_itself_goes_in_one_apply(account: Account) -> None:
    account.write(
        HEAD
        + """\
policies:
  used: {document: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}}
  fence: {document: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}
groups: {people: {path: /platform/, policies: [used]}}
users: {alice: {groups: [people], policies: [used], permissions_boundary: fence, mfa: required}}
roles:
  app: {trust: [{users: [alice]}], policies: [used], permissions_boundary: fence, instance_profile: true}
  next: {trust: [{roles: [app]}], policies: [used]}
"""
    )
    account.apply()
    account.iam.create_access_key(UserName="alice")
    account.write(HEAD)
    account.clear_calls()
    plan = account.apply_and_read_plan()
    assert plan["summary"] == {"create": 0, "update": 0, "delete": 8, "adopt": 0}
    assert plan["safe"], plan["findings"]
    assert_made_as_planned(account, plan)
    assert changes_of(account.plan()) == {}


# What entities outside the file use


def outsider(iam: Any) -> None:
    iam.create_user(UserName="stranger")


def attached_outside(iam: Any) -> None:
    outsider(iam)
    iam.attach_user_policy(UserName="stranger", PolicyArn=policy(iam))


def attached_to_a_group_outside(iam: Any) -> None:
    iam.create_group(GroupName="strangers")
    iam.attach_group_policy(GroupName="strangers", PolicyArn=policy(iam))


def attached_to_a_role_outside(iam: Any) -> None:
    iam.create_role(RoleName="strange", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName="strange", PolicyArn=policy(iam))


def member_outside(iam: Any) -> None:
    outsider(iam)
    group(iam)
    iam.add_user_to_group(GroupName="old", UserName="stranger")


def profile_outside(iam: Any) -> None:
    role(iam)
    iam.create_instance_profile(InstanceProfileName="strange")
    iam.add_role_to_instance_profile(InstanceProfileName="strange", RoleName="old")


def trusted_by(arn: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role_trusted_outside(iam: Any) -> None:
    role(iam)
    iam.create_role(RoleName="strange", AssumeRolePolicyDocument=trusted_by(f"arn:aws:iam::{ACCOUNT}:role/old"))


def user_trusted_outside(iam: Any) -> None:
    user(iam, "old")
    iam.create_role(RoleName="strange", AssumeRolePolicyDocument=trusted_by(f"arn:aws:iam::{ACCOUNT}:user/old"))


FOREIGN: dict[str, tuple[Callable[[Any], object], str, str, list[str]]] = {
    "a policy on a user": (attached_outside, "policy/old", "user/stranger", ["DetachUserPolicy", "DeletePolicy"]),
    "a policy on a group": (
        attached_to_a_group_outside,
        "policy/old",
        "group/strangers",
        ["DetachGroupPolicy", "DeletePolicy"],
    ),
    "a policy on a role": (
        attached_to_a_role_outside,
        "policy/old",
        "role/strange",
        ["DetachRolePolicy", "DeletePolicy"],
    ),
    "a group with a member": (member_outside, "group/old", "user/stranger", ["RemoveUserFromGroup", "DeleteGroup"]),
    "a role in an instance profile": (
        profile_outside,
        "role/old",
        "instance-profile/strange",
        ["RemoveRoleFromInstanceProfile", "DeleteRole"],
    ),
    "a role that a role trusts": (role_trusted_outside, "role/old", "role/strange", ["DeleteRole"]),
    "a user that a role trusts": (user_trusted_outside, "user/old", "role/strange", ["DeleteUser"]),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_used_outside_the_file_is_not_deleted_until_that_is_allowed(account: Account, what: str) -> None:
    make, address, holder, expected = FOREIGN[what]
    make(account.iam)
    account.write(HEAD)
    plan = account.plan()
    (finding,) = findings_of(plan)
    assert (plan["safe"], finding["code"], finding["address"]) == (False, "foreign-use", address)
    assert holder in finding["message"]
    assert "--allow-foreign-detach" in finding["message"]

    account.clear_calls()
    refused = account.run_cli("apply", "roles.yaml", "--yes")
    assert refused.code == 1
    assert holder in refused.out + refused.err
    assert list_writes(account) == []

    allowed = account.apply_and_read_plan("roles.yaml", "--allow-foreign-detach")
    assert operations_of(allowed) == expected
    assert changes_of(account.plan()) == {}


def bounds_a_user(iam: Any) -> None:
    outsider(iam)
    iam.put_user_permissions_boundary(UserName="stranger", PermissionsBoundary=policy(iam))


def bounds_a_role(iam: Any) -> None:
    iam.create_role(RoleName="strange", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=policy(iam))


BOUNDED = {"a user": (bounds_a_user, "user/stranger"), "a role": (bounds_a_role, "role/strange")}


@pytest.mark.parametrize("flags", [(), ("--allow-foreign-detach",), ("--allow-foreign-detach", "--allow-deletes")])
@pytest.mark.parametrize("what", BOUNDED)
def test_the_boundary_of_an_entity_outside_the_file_is_never_deleted(
    account: Account, what: str, flags: tuple[str, ...]
) -> None:
    make, holder = BOUNDED[what]
    make(account.iam)
    account.write(HEAD)
    plan = account.plan("roles.yaml", *flags)
    assert not plan["safe"]
    assert "foreign-boundary" in codes_of(plan)
    assert any(holder in finding["message"] for finding in findings_of(plan))
    account.clear_calls()
    assert account.run_cli("apply", "roles.yaml", "--yes", *flags).code == 1
    assert list_writes(account) == []


def test_a_policy_that_bounds_an_entity_that_goes_as_well_is_deleted_after_it(account: Account) -> None:
    arn = policy(account.iam)
    account.iam.create_user(UserName="leaver", Tags=OURS, PermissionsBoundary=arn)
    account.write(HEAD)
    plan = account.apply_and_read_plan()
    assert operations_of(plan) == ["DeleteUser", "DeletePolicy"]


def test_a_protected_entity_that_is_outside_the_file_counts_as_a_user_of_what_goes(account: Account) -> None:
    """It stays, so what it holds may not be taken from it unasked."""
    arn = policy(account.iam)
    user(account.iam)
    account.iam.tag_user(UserName="leaver", Tags=[{"Key": "reconcile:protect", "Value": "true"}])
    account.iam.attach_user_policy(UserName="leaver", PolicyArn=arn)
    account.write(HEAD)
    plan = account.plan()
    assert codes_of(plan) == ["foreign-use"]
    assert "user/leaver" in findings_of(plan)[0]["message"]


def test_a_deletion_that_somebody_else_has_made_already_is_no_failure(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between plan and call the access key goes: the goal is reached all the same."""
    user(account.iam)
    account.iam.create_access_key(UserName="leaver")
    key = account.iam.list_access_keys(UserName="leaver")["AccessKeyMetadata"][0]["AccessKeyId"]
    account.write(HEAD)

    from reconciler.aws import executor

    send = executor.send_step

    def race_deletion(connection: Any, step: Any, *rest: Any) -> Any:
        if step.call.operation == "DeleteAccessKey":
            account.iam.delete_access_key(UserName="leaver", AccessKeyId=key)
        return send(connection, step, *rest)

    monkeypatch.setattr(executor, "send_step", race_deletion)
    account.apply()
    assert account.iam.list_users()["Users"] == []


def test_a_reference_to_what_goes_is_refused_before_anything_is_written(account: Account) -> None:
    """A raw trust names a role that is in the file no longer."""
    account.write(
        HEAD + "roles:\n  first: {trust: [{services: [ec2.amazonaws.com]}]}\n  second: {trust: [{roles: [first]}]}\n"
    )
    account.apply()
    account.write(HEAD + f'roles:\n  second: {{trust: [{{roles: ["arn:aws:iam::{ACCOUNT}:role/first"]}}]}}\n')
    plan = account.plan()
    assert codes_of(plan) == ["deleted-reference"]
    started = time.monotonic()
    assert account.run_cli("apply", "roles.yaml", "--yes").code == 1
    assert time.monotonic() - started < 5
