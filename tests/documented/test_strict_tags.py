"""Tags of every kind (User Guide, "Tagging IAM resources": rules)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from strict_account import EntityMaker, refusal

Kind = tuple[str, Callable[[EntityMaker], str], str]
KINDS: list[Kind] = [
    ("user", lambda maker, **more: maker.user(**more), "UserName"),
    ("role", lambda maker, **more: maker.role(**more), "RoleName"),
    ("policy", lambda maker, **more: maker.policy(**more), "PolicyArn"),
    ("instance_profile", lambda maker, **more: maker.profile(**more), "InstanceProfileName"),
]
of_every_kind = pytest.mark.parametrize(("kind", "make", "key"), KINDS, ids=[kind[0] for kind in KINDS])


def tags(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs]


@of_every_kind
def test_tags_are_added_overwritten_removed_and_listed(
    iam: Any, maker: EntityMaker, kind: str, make: Any, key: str
) -> None:
    held = {key: make(maker, Tags=tags(("team", "red"), ("cost", "1")))}
    getattr(iam, f"tag_{kind}")(**held, Tags=tags(("team", "blue"), ("empty", "")))
    listed = getattr(iam, f"list_{kind}_tags")(**held)
    assert listed["Tags"] == tags(("team", "blue"), ("cost", "1"), ("empty", ""))
    assert not listed["IsTruncated"]
    getattr(iam, f"untag_{kind}")(**held, TagKeys=["cost", "never-there"])
    noun = "".join(part.title() for part in kind.split("_"))
    got = getattr(iam, f"get_{kind}")(**held)[noun]
    assert got["Tags"] == tags(("team", "blue"), ("empty", ""))


@of_every_kind
@pytest.mark.parametrize("bad", ["aws:team", "AWS:team"])
def test_keys_that_begin_with_aws_are_reserved(
    iam: Any, maker: EntityMaker, kind: str, make: Any, key: str, bad: str
) -> None:
    held = {key: make(maker)}
    assert refusal(getattr(iam, f"tag_{kind}"), **held, Tags=tags((bad, "x")))[:2] == (400, "InvalidInput")
    assert refusal(make, maker=maker, Tags=tags((bad, "x")))[:2] == (400, "InvalidInput")


@of_every_kind
def test_there_are_fifty_tags_at_most(iam: Any, maker: EntityMaker, kind: str, make: Any, key: str) -> None:
    many = tags(*((f"key{number}", "x") for number in range(50)))
    held = {key: make(maker, Tags=many)}
    tag = getattr(iam, f"tag_{kind}")
    tag(**held, Tags=tags(("key7", "again")))
    assert refusal(tag, **held, Tags=tags(("one-more", "x")))[:2] == (409, "LimitExceeded")


@of_every_kind
def test_case_counts_in_keys_but_for_users_and_roles(
    iam: Any, maker: EntityMaker, kind: str, make: Any, key: str
) -> None:
    held = {key: make(maker, Tags=tags(("Team", "red")))}
    getattr(iam, f"tag_{kind}")(**held, Tags=tags(("team", "blue")))
    listed = getattr(iam, f"list_{kind}_tags")(**held)["Tags"]
    if kind in ("user", "role"):
        assert listed == tags(("Team", "blue"))
        twice = tags(("a", "1"), ("A", "2"))
        assert refusal(getattr(iam, f"tag_{kind}"), **held, Tags=twice)[:2] == (400, "InvalidInput")
    else:
        assert listed == tags(("Team", "red"), ("team", "blue"))


@pytest.mark.parametrize("bad", [("k" * 129, "v"), ("k", "v" * 257), ("semi;colon", "v"), ("k", "new\nline")])
def test_characters_and_lengths_are_checked(iam: Any, maker: EntityMaker, bad: tuple[str, str]) -> None:
    assert refusal(iam.tag_user, UserName=maker.user(), Tags=tags(bad))[:2] == (400, "ValidationError")


def test_lists_of_tags_are_paged(iam: Any, maker: EntityMaker) -> None:
    user = maker.user(Tags=tags(*((f"key{number}", "x") for number in range(7))))
    pages = list(iam.get_paginator("list_user_tags").paginate(UserName=user, PaginationConfig={"PageSize": 3}))
    assert [len(page["Tags"]) for page in pages] == [3, 3, 1]


def test_list_instance_profiles_shows_no_tags(iam: Any, maker: EntityMaker) -> None:
    profile = maker.profile(Tags=tags(("team", "red")))
    listed = iam.list_instance_profiles(MaxItems=1000)["InstanceProfiles"]
    told = next(one for one in listed if one["InstanceProfileName"] == profile)
    assert "Tags" not in told


def test_the_tags_of_nobody_are_no_such_entity(iam: Any) -> None:
    assert refusal(iam.list_user_tags, UserName="nobody")[:2] == (404, "NoSuchEntity")
    assert refusal(iam.tag_role, RoleName="nobody", Tags=tags(("a", "b")))[:2] == (404, "NoSuchEntity")


def test_identity_providers_have_tags_too(iam: Any, name: Any) -> None:
    arn = iam.create_open_id_connect_provider(Url=f"https://{name('idp')}.example.com", Tags=tags(("team", "red")))[
        "OpenIDConnectProviderArn"
    ]
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=tags(("Team", "blue")))
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["Tags"] == tags(
        ("team", "red"), ("Team", "blue")
    )
