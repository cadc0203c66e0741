"""Attachments, memberships and versions: what must exist, and how many there may be (User Guide, quotas)."""

from __future__ import annotations

from typing import Any

import pytest
from strict_account import ADMINISTRATOR, ALLOW, EntityMaker, refusal

KINDS = ["user", "group", "role"]


@pytest.mark.parametrize(("kind", "most"), [("user", 10), ("group", 10), ("role", 20)])
def test_one_attachment_more_than_the_quota_is_too_many(iam: Any, maker: EntityMaker, kind: str, most: int) -> None:
    holder = {f"{kind.title()}Name": getattr(maker, kind)()}
    attach = getattr(iam, f"attach_{kind}_policy")
    policies = [maker.policy() for _ in range(most + 1)]
    for policy in policies[:most]:
        attach(**holder, PolicyArn=policy)
    attach(**holder, PolicyArn=policies[0])
    limit = (409, "LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title()}: {most}")
    assert refusal(attach, **holder, PolicyArn=policies[most]) == limit
    getattr(iam, f"detach_{kind}_policy")(**holder, PolicyArn=policies[3])
    attach(**holder, PolicyArn=policies[most])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("owner", ["123456789012", "aws"])
def test_only_a_policy_that_exists_can_be_attached(iam: Any, maker: EntityMaker, kind: str, owner: str) -> None:
    missing = f"arn:aws:iam::{owner}:policy/Missing"
    attach = getattr(iam, f"attach_{kind}_policy")
    refused = refusal(attach, **{f"{kind.title()}Name": getattr(maker, kind)()}, PolicyArn=missing)
    assert refused == (404, "NoSuchEntity", f"Policy {missing} does not exist or is not attachable.")


@pytest.mark.parametrize("kind", KINDS)
def test_attaching_twice_is_attaching_once(iam: Any, maker: EntityMaker, kind: str) -> None:
    policy, holder = maker.policy(), {f"{kind.title()}Name": getattr(maker, kind)()}
    for _ in range(2):
        getattr(iam, f"attach_{kind}_policy")(**holder, PolicyArn=policy)
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
    getattr(iam, f"detach_{kind}_policy")(**holder, PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)


def test_an_aws_managed_policy_can_be_attached(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    iam.attach_user_policy(UserName=user, PolicyArn=ADMINISTRATOR)
    attached = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
    assert attached == [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}]


def test_a_user_is_in_ten_groups_at_most(iam: Any, maker: EntityMaker) -> None:
    user, groups = maker.user(), [maker.group() for _ in range(11)]
    for group in (*groups[:10], groups[0]):
        iam.add_user_to_group(GroupName=group, UserName=user)
    refused = refusal(iam.add_user_to_group, GroupName=groups[10], UserName=user)
    assert refused == (409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")


def test_a_policy_has_five_versions_at_most(iam: Any, maker: EntityMaker) -> None:
    policy = maker.policy()
    for _ in range(4):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW)
    assert refusal(iam.create_policy_version, PolicyArn=policy, PolicyDocument=ALLOW)[1] == "LimitExceeded"


def test_the_entities_of_a_policy_are_those_that_hold_it_and_those_it_bounds(iam: Any, maker: EntityMaker) -> None:
    policy = maker.policy()
    group, role, bounded = maker.group(), maker.role(), maker.user(PermissionsBoundary=policy)
    iam.attach_group_policy(GroupName=group, PolicyArn=policy)
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)

    def list_holders(**more: str) -> set[str]:
        told = iam.list_entities_for_policy(PolicyArn=policy, **more)
        return {one[f"{kind}Name"] for kind in ("User", "Group", "Role") for one in told[f"Policy{kind}s"]}

    assert list_holders() == {group, role, bounded}
    assert list_holders(PolicyUsageFilter="PermissionsPolicy") == {group, role}
    assert list_holders(PolicyUsageFilter="PermissionsBoundary") == {bounded}
    assert list_holders(EntityFilter="Role") == {role}


def test_only_a_role_that_is_in_a_profile_can_be_taken_out_of_it(iam: Any, maker: EntityMaker) -> None:
    role, profile = maker.role(), {"InstanceProfileName": "taken-out"}
    iam.create_instance_profile(**profile)
    iam.add_role_to_instance_profile(**profile, RoleName=role)
    iam.remove_role_from_instance_profile(**profile, RoleName=role)
    code, kind, _ = refusal(iam.remove_role_from_instance_profile, **profile, RoleName=role)
    assert (code, kind) == (404, "NoSuchEntity")
    iam.delete_instance_profile(**profile)
