"""MaxItems, Marker and IsTruncated; the account's details as a whole (API Reference)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from strict_account import ADMINISTRATOR, EntityMaker, refusal

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
LOCAL = ["User", "Group", "Role", "LocalManagedPolicy"]


@pytest.mark.parametrize(
    ("operation", "listed", "make"),
    [("list_users", "Users", "user"), ("list_groups", "Groups", "group"), ("list_roles", "Roles", "role")],
)
def test_a_list_comes_in_pages_that_lose_and_repeat_nothing(
    fresh: Any, maker: EntityMaker, operation: str, listed: str, make: str
) -> None:
    names = {getattr(maker, make)() for _ in range(7)}
    pages = list(fresh.get_paginator(operation).paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page[listed]) for page in pages] == [3, 3, 1]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]
    told = [one[f"{make.title()}Name"] for page in pages for one in page[listed]]
    assert sorted(told) == sorted(names)


def test_a_page_holds_a_hundred_unless_told_otherwise(fresh: Any, maker: EntityMaker) -> None:
    for _ in range(101):
        maker.user()
    first = fresh.list_users()
    assert len(first["Users"]) == 100
    assert first["IsTruncated"]
    assert len(fresh.list_users(Marker=first["Marker"])["Users"]) == 1
    assert len(fresh.list_users(MaxItems=1000)["Users"]) == 101


def test_a_marker_that_nobody_gave_is_refused(iam: Any) -> None:
    assert refusal(iam.list_entities_for_policy, PolicyArn=ADMINISTRATOR, Marker="x")[1] == "ValidationError"


def test_the_details_of_an_account_are_one_sequence_of_four_lists(fresh: Any, maker: EntityMaker) -> None:
    for _ in range(3):
        maker.user()
        maker.role()
        maker.policy()
    maker.group()
    paginator = fresh.get_paginator("get_account_authorization_details")
    pages = list(paginator.paginate(Filter=LOCAL, PaginationConfig={"PageSize": 4}))
    assert [sum(len(page[name]) for name in LISTS) for page in pages] == [4, 4, 2]
    assert len(pages[0]["UserDetailList"]) == 3
    assert len(pages[0]["GroupDetailList"]) == 1
    whole = paginator.paginate(Filter=LOCAL).build_full_result()
    assert [len(whole[name]) for name in LISTS] == [3, 1, 3, 3]


def test_the_filter_leaves_the_other_lists_empty(fresh: Any, maker: EntityMaker) -> None:
    maker.user()
    maker.role()
    told = fresh.get_account_authorization_details(Filter=["Role"])
    assert [len(told[name]) for name in LISTS] == [0, 0, 1, 0]


def test_aws_managed_policies_are_told_if_they_are_in_use(fresh: Any, maker: EntityMaker) -> None:
    local = maker.policy()
    fresh.attach_user_policy(UserName=maker.user(), PolicyArn=ADMINISTRATOR)
    told = fresh.get_account_authorization_details()["Policies"]
    assert {one["Arn"] for one in told} == {local, ADMINISTRATOR}


def test_a_policy_in_the_details_is_whole(fresh: Any, maker: EntityMaker) -> None:
    arn = maker.policy(Path="/ops/", Tags=[{"Key": "a", "Value": "b"}])
    got = fresh.get_policy(PolicyArn=arn)["Policy"]
    (told,) = fresh.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    shared = ("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "AttachmentCount", "IsAttachable")
    assert {key: told[key] for key in shared} == {key: got[key] for key in shared}
    assert told["PolicyVersionList"][0]["Document"]["Version"] == "2012-10-17"


def test_the_details_can_be_read_while_others_write(fresh: Any, maker: EntityMaker) -> None:
    def write(index: int) -> object:
        return fresh.create_user(UserName=f"busy-{index}")

    def read(index: int) -> object:
        return fresh.get_account_authorization_details(Filter=LOCAL)

    with ThreadPoolExecutor(8) as pool:
        for outcome in [pool.submit(read if index % 2 else write, index) for index in range(80)]:
            outcome.result()
    assert len(fresh.list_users()["Users"]) == 40
