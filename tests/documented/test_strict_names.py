"""Names are unique per kind ignoring case, and all that an entity has follows it (API Reference, Create*)."""

from __future__ import annotations

from typing import Any

import pytest
from strict_account import ALLOW, EC2, EntityMaker, refusal

CREATE = {
    "user": ("create_user", "UserName", {}),
    "group": ("create_group", "GroupName", {}),
    "role": ("create_role", "RoleName", {"AssumeRolePolicyDocument": EC2}),
    "policy": ("create_policy", "PolicyName", {"PolicyDocument": ALLOW}),
    "profile": ("create_instance_profile", "InstanceProfileName", {}),
}


@pytest.mark.parametrize("kind", CREATE)
def test_a_name_that_differs_in_case_only_is_taken(iam: Any, name: Any, kind: str) -> None:
    operation, parameter, more = CREATE[kind]
    create = getattr(iam, operation)
    given = name(kind)
    create(**{parameter: given}, **more)
    for other in (given, given.upper()):
        assert refusal(create, **{parameter: other}, **more)[:2] == (409, "EntityAlreadyExists")
    assert refusal(create, **{parameter: given.title()}, **more, Path="/elsewhere/")[1] == "EntityAlreadyExists"


@pytest.mark.parametrize("kind", CREATE)
@pytest.mark.parametrize(
    "bad", [{"name": "spa ce"}, {"name": "x" * 129}, {"Path": "ops/"}, {"Path": "/" + "x" * 511 + "/"}]
)
def test_a_name_or_path_that_breaks_the_rules_is_refused(iam: Any, name: Any, kind: str, bad: dict[str, str]) -> None:
    operation, parameter, more = CREATE[kind]
    given = {parameter: name(kind), **more, **bad}
    given[parameter] = given.pop("name", given[parameter])
    assert refusal(getattr(iam, operation), **given)[:2] == (400, "ValidationError")


def test_the_same_name_may_be_used_by_another_kind(iam: Any, name: Any) -> None:
    given = name("shared")
    for operation, parameter, more in CREATE.values():
        getattr(iam, operation)(**{parameter: given}, **more)


def test_a_deleted_name_is_free_again(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    iam.delete_user(UserName=user)
    iam.create_user(UserName=user.upper())


def test_a_user_cannot_take_the_name_of_another(iam: Any, maker: EntityMaker) -> None:
    user, other = maker.user(), maker.user()
    taken = refusal(iam.update_user, UserName=user, NewUserName=other.upper())
    assert taken[:2] == (409, "EntityAlreadyExists")
    iam.update_user(UserName=user, NewUserName=user.upper())


def test_a_group_cannot_take_the_name_of_another(iam: Any, maker: EntityMaker) -> None:
    group, other = maker.group(), maker.group()
    taken = refusal(iam.update_group, GroupName=group, NewGroupName=other.upper())
    assert taken[:2] == (409, "EntityAlreadyExists")


def test_a_user_that_moves_keeps_its_id_tags_boundary_groups_and_policies(iam: Any, maker: EntityMaker) -> None:
    policy, group = maker.policy(), maker.group()
    user = maker.user(Tags=[{"Key": "team", "Value": "red"}], PermissionsBoundary=policy)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    before = iam.get_user(UserName=user)["User"]
    iam.update_user(UserName=user, NewPath="/ops/", NewUserName=f"{user}-moved")
    after = iam.get_user(UserName=f"{user}-moved")["User"]
    assert after["Arn"] == f"arn:aws:iam::123456789012:user/ops/{user}-moved"
    kept = ("UserId", "Tags", "PermissionsBoundary", "CreateDate")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    details = iam.get_account_authorization_details(Filter=["User"], MaxItems=1000)["UserDetailList"]
    detail = next(one for one in details if one["UserName"] == f"{user}-moved")
    assert detail["GroupList"] == [group]
    assert detail["AttachedManagedPolicies"][0]["PolicyArn"] == policy
    assert detail["Tags"] == before["Tags"]
    assert refusal(iam.delete_user, UserName=f"{user}-moved")[1] == "DeleteConflict"


@pytest.mark.parametrize("rename", [True, False])
def test_a_group_moves_with_all_that_it_has(iam: Any, maker: EntityMaker, rename: bool) -> None:
    group, user, policy = maker.group(), maker.user(), maker.policy()
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.attach_group_policy(GroupName=group, PolicyArn=policy)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=ALLOW)
    before = iam.get_group(GroupName=group)["Group"]
    name = f"{group}-moved" if rename else group
    iam.update_group(GroupName=group, NewPath="/ops/", **({"NewGroupName": name} if rename else {}))
    after = iam.get_group(GroupName=name)
    assert after["Group"]["Arn"] == f"arn:aws:iam::123456789012:group/ops/{name}"
    assert after["Group"]["GroupId"] == before["GroupId"]
    assert [member["UserName"] for member in after["Users"]] == [user]
    assert iam.list_groups_for_user(UserName=user)["Groups"][0]["Path"] == "/ops/"
    assert iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"][0]["PolicyArn"] == policy
    assert iam.list_group_policies(GroupName=name)["PolicyNames"] == ["p"]


def test_unique_ids_say_what_they_name(iam: Any, maker: EntityMaker) -> None:
    assert iam.get_user(UserName=maker.user())["User"]["UserId"].startswith("AIDA")
    assert iam.get_group(GroupName=maker.group())["Group"]["GroupId"].startswith("AGPA")
    assert iam.get_role(RoleName=maker.role())["Role"]["RoleId"].startswith("AROA")
    assert iam.get_policy(PolicyArn=maker.policy())["Policy"]["PolicyId"].startswith("ANPA")


def test_the_keys_of_a_renamed_user_are_listed_under_its_new_name(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    iam.create_access_key(UserName=user)
    iam.update_user(UserName=user, NewUserName=f"{user}-new")
    assert iam.list_access_keys(UserName=f"{user}-new")["AccessKeyMetadata"][0]["UserName"] == f"{user}-new"
