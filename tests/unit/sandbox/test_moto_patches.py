"""Each account of the emulator has AWS's own policies as if it had read them itself."""

from __future__ import annotations

from typing import Any

import boto3

from tests.support.account import Account

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def make_client(service: str, account: Account, keys: dict[str, Any]) -> Any:
    return boto3.client(service, "us-east-1", endpoint_url=account.sandbox.url, **keys)


def test_another_account_has_the_same_policies_unused(account: Account) -> None:
    account.iam.create_user(UserName="ann")
    account.iam.attach_user_policy(UserName="ann", PolicyArn=READ_ONLY)
    key = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    organizations, sts = (make_client(service, account, key) for service in ("organizations", "sts"))
    organizations.create_organization(FeatureSet="ALL")
    member = organizations.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]["AccountId"]
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    given = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    assert make_client("sts", account, keys).get_caller_identity()["Account"] == member
    ours, theirs = account.iam, make_client("iam", account, keys)
    own, other = (iam.get_policy(PolicyArn=READ_ONLY)["Policy"] for iam in (ours, theirs))
    assert (own.pop("AttachmentCount"), other.pop("AttachmentCount")) == (1, 0)
    assert own == other
    version = {"PolicyArn": READ_ONLY, "VersionId": own["DefaultVersionId"]}
    assert ours.get_policy_version(**version)["PolicyVersion"] == theirs.get_policy_version(**version)["PolicyVersion"]
    assert theirs.list_users()["Users"] == []
