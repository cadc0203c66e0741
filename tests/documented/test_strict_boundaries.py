"""Permissions boundaries of users and roles (API Reference, Put*PermissionsBoundary)."""

from __future__ import annotations

from typing import Any

import pytest
from strict_account import ADMINISTRATOR, EC2, EntityMaker, refusal

MISSING = "arn:aws:iam::123456789012:policy/missing"


def _detail(iam: Any, kind: str, name: str) -> Any:
    listed = iam.get_account_authorization_details(Filter=[kind], MaxItems=1000)[f"{kind}DetailList"]
    return next(one for one in listed if one[f"{kind}Name"] == name)


@pytest.mark.parametrize("kind", ["User", "Role"])
def test_a_boundary_is_shown_where_aws_shows_it(iam: Any, maker: EntityMaker, kind: str) -> None:
    policy = maker.policy()
    name = getattr(maker, kind.lower())(PermissionsBoundary=policy)
    get = getattr(iam, f"get_{kind.lower()}")
    assert get(**{f"{kind}Name": name})[kind]["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
    assert _detail(iam, kind, name)["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
    assert iam.get_policy(PolicyArn=policy)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    getattr(iam, f"put_{kind.lower()}_permissions_boundary")(**{f"{kind}Name": name}, PermissionsBoundary=ADMINISTRATOR)
    assert get(**{f"{kind}Name": name})[kind]["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMINISTRATOR
    getattr(iam, f"delete_{kind.lower()}_permissions_boundary")(**{f"{kind}Name": name})
    assert "PermissionsBoundary" not in get(**{f"{kind}Name": name})[kind]
    assert "PermissionsBoundary" not in _detail(iam, kind, name)


def test_lists_do_not_show_boundaries_or_tags(iam: Any, maker: EntityMaker) -> None:
    name = maker.user(PermissionsBoundary=ADMINISTRATOR, Tags=[{"Key": "a", "Value": "b"}])
    listed = next(user for user in iam.list_users(MaxItems=1000)["Users"] if user["UserName"] == name)
    assert not {"PermissionsBoundary", "Tags"} & set(listed)


def test_a_boundary_must_exist(iam: Any, maker: EntityMaker, name: Any) -> None:
    user, role = maker.user(), maker.role()
    calls: list[tuple[Any, dict[str, str]]] = [
        (iam.create_user, {"UserName": name("user")}),
        (iam.create_role, {"RoleName": name("role"), "AssumeRolePolicyDocument": EC2}),
        (iam.put_user_permissions_boundary, {"UserName": user}),
        (iam.put_role_permissions_boundary, {"RoleName": role}),
    ]
    for call, parameters in calls:
        refused = refusal(call, **parameters, PermissionsBoundary=MISSING)
        assert refused[:2] == (404, "NoSuchEntity")
        assert MISSING in refused[2]


def test_a_new_user_of_a_deleted_name_has_no_boundary(iam: Any, maker: EntityMaker) -> None:
    user = maker.user(PermissionsBoundary=ADMINISTRATOR)
    iam.delete_user(UserName=user)
    iam.create_user(UserName=user)
    assert "PermissionsBoundary" not in iam.get_user(UserName=user)["User"]


def test_the_boundary_of_nobody_is_no_such_entity(iam: Any) -> None:
    refused = refusal(iam.put_user_permissions_boundary, UserName="nobody", PermissionsBoundary=ADMINISTRATOR)
    assert refused == (404, "NoSuchEntity", "The user with name nobody cannot be found.")
