"""Tools of the tests of the strict layer: a client, a refusal to expect, and entities made on the spot."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def trust(principal: object, action: str = "sts:AssumeRole", **more: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


EC2 = trust({"Service": "ec2.amazonaws.com"})


def client(url: str, service: str = "iam", key: str = "AKIATEST", token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}, parameter_validation=False),
    )


def refusal(call: Callable[..., object], **parameters: object) -> tuple[int, str, str]:
    """The status, code and message of the refusal that this call must meet."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response: Any = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def fetch(url: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        return json.loads(answer.read() or "null")


class EntityMaker:
    """Entities made for a test; each method returns what tests go on with."""

    def __init__(self, iam: Any, name: Callable[[str], str]) -> None:
        self.iam, self.name = iam, name

    def user(self, **more: object) -> str:
        user: str = self.iam.create_user(UserName=self.name("user"), **more)["User"]["UserName"]
        return user

    def group(self) -> str:
        group: str = self.iam.create_group(GroupName=self.name("group"))["Group"]["GroupName"]
        return group

    def role(self, document: str = EC2, **more: object) -> str:
        role = self.iam.create_role(RoleName=self.name("role"), AssumeRolePolicyDocument=document, **more)
        made: str = role["Role"]["RoleName"]
        return made

    def policy(self, **more: object) -> str:
        policy = self.iam.create_policy(PolicyName=self.name("policy"), PolicyDocument=ALLOW, **more)
        arn: str = policy["Policy"]["Arn"]
        return arn

    def profile(self, **more: object) -> str:
        made = self.iam.create_instance_profile(InstanceProfileName=self.name("profile"), **more)
        profile: str = made["InstanceProfile"]["InstanceProfileName"]
        return profile
