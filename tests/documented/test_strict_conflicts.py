"""Nothing is deleted while something hangs on it (API Reference, Delete*: DeleteConflict)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from strict_account import ALLOW, EntityMaker, refusal

from tests.support.people import enable_device

PEM_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ"


def test_a_policy_that_is_attached_cannot_be_deleted(iam: Any, maker: EntityMaker) -> None:
    policy, user = maker.policy(), maker.user()
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    conflict = (409, "DeleteConflict", "Cannot delete a policy attached to entities.")
    assert refusal(iam.delete_policy, PolicyArn=policy) == conflict
    iam.detach_user_policy(UserName=user, PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_policy_that_is_a_boundary_cannot_be_deleted(iam: Any, maker: EntityMaker, kind: str) -> None:
    policy = maker.policy()
    holder = getattr(maker, kind)(PermissionsBoundary=policy)
    assert refusal(iam.delete_policy, PolicyArn=policy)[:2] == (409, "DeleteConflict")
    remove = getattr(iam, f"delete_{kind}_permissions_boundary")
    remove(**{f"{kind.title()}Name": holder})
    iam.delete_policy(PolicyArn=policy)


def test_a_policy_with_other_versions_cannot_be_deleted(iam: Any, maker: EntityMaker) -> None:
    policy = maker.policy()
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW, SetAsDefault=True)
    assert refusal(iam.delete_policy, PolicyArn=policy)[:2] == (409, "DeleteConflict")
    iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    iam.delete_policy(PolicyArn=policy)


def _member(iam: Any, made: EntityMaker, user: str) -> Callable[[], object]:
    group = made.group()
    iam.add_user_to_group(GroupName=group, UserName=user)
    return lambda: iam.remove_user_from_group(GroupName=group, UserName=user)


def _attach_policy(iam: Any, made: EntityMaker, user: str) -> Callable[[], object]:
    policy = made.policy()
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    return lambda: iam.detach_user_policy(UserName=user, PolicyArn=policy)


def _inline(iam: Any, made: EntityMaker, user: str) -> Callable[[], object]:
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=ALLOW)
    return lambda: iam.delete_user_policy(UserName=user, PolicyName="p")


def _login(iam: Any, made: EntityMaker, user: str) -> Callable[[], object]:
    iam.create_login_profile(UserName=user, Password="Correct-Horse-7-Battery")
    return lambda: iam.delete_login_profile(UserName=user)


def _key(iam: Any, made: EntityMaker, user: str) -> Callable[[], object]:
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    return lambda: iam.delete_access_key(UserName=user, AccessKeyId=key)


def _device(iam: Any, made: EntityMaker, user: str) -> Callable[[], object]:
    serial = enable_device(iam, user).serial
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=serial)[:2] == (409, "DeleteConflict")
    return lambda: iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)


def _ssh(iam: Any, made: EntityMaker, user: str) -> Callable[[], object]:
    key = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=PEM_KEY)["SSHPublicKey"]
    return lambda: iam.delete_ssh_public_key(UserName=user, SSHPublicKeyId=key["SSHPublicKeyId"])


@pytest.mark.parametrize(
    ("hang", "message"),
    [
        (_member, "Cannot delete entity, must remove users from group first."),
        (_attach_policy, "Cannot delete entity, must detach all policies first."),
        (_inline, "Cannot delete entity, must delete policies first."),
        (_login, "Cannot delete entity, must delete login profile first."),
        (_key, "Cannot delete entity, must delete access keys first."),
        (_device, "Cannot delete entity, must delete MFA device first."),
        (_ssh, "Cannot delete entity, must delete SSH public keys first."),
    ],
)
def test_a_user_goes_only_when_nothing_hangs_on_it(
    iam: Any, maker: EntityMaker, hang: Callable[[Any, EntityMaker, str], Callable[[], object]], message: str
) -> None:
    user = maker.user()
    undo = hang(iam, maker, user)
    assert refusal(iam.delete_user, UserName=user) == (409, "DeleteConflict", message)
    undo()
    iam.delete_user(UserName=user)
    assert refusal(iam.get_user, UserName=user)[:2] == (404, "NoSuchEntity")


def test_a_group_with_members_attachments_or_inline_policies_cannot_be_deleted(iam: Any, maker: EntityMaker) -> None:
    group, user, policy = maker.group(), maker.user(), maker.policy()
    iam.add_user_to_group(GroupName=group, UserName=user)
    assert refusal(iam.delete_group, GroupName=group)[2].endswith("must remove users from group first.")
    iam.remove_user_from_group(GroupName=group, UserName=user)
    iam.attach_group_policy(GroupName=group, PolicyArn=policy)
    assert refusal(iam.delete_group, GroupName=group)[2].endswith("must detach all policies first.")
    iam.detach_group_policy(GroupName=group, PolicyArn=policy)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=ALLOW)
    assert refusal(iam.delete_group, GroupName=group)[2].endswith("must delete policies first.")
    iam.delete_group_policy(GroupName=group, PolicyName="p")
    iam.delete_group(GroupName=group)


def test_a_role_in_an_instance_profile_and_the_profile_hold_each_other(iam: Any, maker: EntityMaker) -> None:
    role, profile = maker.role(), maker.profile()
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    conflict = (
        409,
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
    )
    assert refusal(iam.delete_role, RoleName=role) == conflict
    assert refusal(iam.delete_instance_profile, InstanceProfileName=profile) == conflict
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.delete_role(RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=profile)


def test_a_role_with_policies_cannot_be_deleted(iam: Any, maker: EntityMaker) -> None:
    role, policy = maker.role(), maker.policy()
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=ALLOW)
    assert refusal(iam.delete_role, RoleName=role)[2].endswith("must detach all policies first.")
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    assert refusal(iam.delete_role, RoleName=role)[2].endswith("must delete policies first.")
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    iam.delete_role(RoleName=role)
