"""Access keys: whose they are, when they are refused, and whom a request means that names nobody."""

from __future__ import annotations

from typing import Any

import pytest
from strict_account import EntityMaker, client, refusal, trust

from reconciler.sandbox.server import Sandbox
from tests.support.people import Person, create_person

REFUSED = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
ROOT = "arn:aws:iam::123456789012:root"


@pytest.fixture
def someone(iam: Any, name: Any) -> Person:
    return create_person(iam, name("someone"))


def sts_of(sandbox: Sandbox, who: Person) -> Any:
    return client(sandbox.url, "sts", who.access_key)


def test_a_key_is_its_users(sandbox: Sandbox, iam: Any, someone: Person) -> None:
    told = sts_of(sandbox, someone).get_caller_identity()
    assert (told["Arn"], told["Account"]) == (someone.arn, "123456789012")
    assert told["UserId"] == iam.get_user(UserName=someone.name)["User"]["UserId"]


@pytest.mark.parametrize("key", ["testing", "AKIASANDBOXSANDBOX00", "AKIATEST"])
def test_a_key_that_aws_would_not_issue_is_the_root_users(sandbox: Sandbox, key: str) -> None:
    told = client(sandbox.url, "sts", key).get_caller_identity()
    assert (told["Arn"], told["UserId"]) == (ROOT, "123456789012")


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "AKIA0123456789ABCDEF"])
def test_a_key_that_nobody_issued_is_refused(sandbox: Sandbox, key: str) -> None:
    assert refusal(client(sandbox.url, "sts", key).get_caller_identity) == REFUSED
    assert refusal(client(sandbox.url, "iam", key).list_users) == REFUSED


def test_a_key_is_refused_while_it_is_inactive_and_once_it_is_deleted(
    sandbox: Sandbox, iam: Any, someone: Person
) -> None:
    sts, key = sts_of(sandbox, someone), {"UserName": someone.name, "AccessKeyId": someone.access_key}
    iam.update_access_key(**key, Status="Inactive")
    assert refusal(sts.get_caller_identity) == REFUSED
    iam.update_access_key(**key, Status="Active")
    sts.get_caller_identity()
    iam.delete_access_key(**key)
    assert refusal(sts.get_caller_identity) == REFUSED


def test_a_key_of_another_user_is_neither_changed_nor_deleted(sandbox: Sandbox, iam: Any, someone: Person) -> None:
    other = create_person(iam, f"{someone.name}-other")
    key = {"UserName": other.name, "AccessKeyId": someone.access_key}
    assert refusal(iam.update_access_key, **key, Status="Inactive")[1] == "NoSuchEntity"
    assert refusal(iam.delete_access_key, **key)[1] == "NoSuchEntity"
    sts_of(sandbox, someone).get_caller_identity()


def test_a_user_has_two_keys_at_most(iam: Any, someone: Person) -> None:
    iam.create_access_key(UserName=someone.name)
    assert refusal(iam.create_access_key, UserName=someone.name) == (
        409,
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )


def test_keys_are_listed_with_their_status_under_the_users_name_of_now(iam: Any, someone: Person) -> None:
    second = iam.create_access_key(UserName=someone.name)["AccessKey"]
    iam.update_access_key(UserName=someone.name, AccessKeyId=second["AccessKeyId"], Status="Inactive")
    iam.update_user(UserName=someone.name, NewUserName=f"{someone.name}-new")
    listed = iam.list_access_keys(UserName=f"{someone.name}-new")["AccessKeyMetadata"]
    assert [(key["UserName"], key["AccessKeyId"], key["Status"]) for key in listed] == [
        (f"{someone.name}-new", someone.access_key, "Active"),
        (f"{someone.name}-new", second["AccessKeyId"], "Inactive"),
    ]
    assert listed[1]["CreateDate"] == second["CreateDate"]


def test_a_renamed_user_goes_once_its_keys_are_gone(sandbox: Sandbox, iam: Any, someone: Person) -> None:
    new = f"{someone.name}-new"
    iam.update_user(UserName=someone.name, NewUserName=new)
    assert sts_of(sandbox, someone).get_caller_identity()["Arn"].endswith(f":user/{new}")
    assert refusal(iam.delete_user, UserName=new)[2].endswith("must delete access keys first.")
    iam.delete_access_key(UserName=new, AccessKeyId=someone.access_key)
    iam.delete_user(UserName=new)


def test_a_user_that_names_nobody_means_itself(sandbox: Sandbox, someone: Person) -> None:
    own = client(sandbox.url, "iam", someone.access_key)
    assert own.get_user()["User"]["UserName"] == someone.name
    made = own.create_access_key()["AccessKey"]
    assert made["UserName"] == someone.name
    own.update_access_key(AccessKeyId=made["AccessKeyId"], Status="Inactive")
    own.delete_access_key(AccessKeyId=made["AccessKeyId"])
    assert [key["AccessKeyId"] for key in own.list_access_keys()["AccessKeyMetadata"]] == [someone.access_key]
    assert own.list_mfa_devices()["MFADevices"] == []


def test_a_role_that_names_nobody_means_nobody(sandbox: Sandbox, iam: Any, maker: EntityMaker, someone: Person) -> None:
    role = maker.role(trust({"AWS": someone.arn}))
    session = sts_of(sandbox, someone).assume_role(
        RoleArn=f"arn:aws:iam::123456789012:role/{role}", RoleSessionName="me"
    )["Credentials"]
    own = client(sandbox.url, "iam", session["AccessKeyId"], session["SessionToken"])
    refused = (400, "ValidationError", "Must specify userName when calling with non-User credentials")
    assert refusal(own.get_user) == refused
    assert refusal(own.list_access_keys) == refused
    assert own.get_user(UserName=someone.name)["User"]["UserName"] == someone.name
