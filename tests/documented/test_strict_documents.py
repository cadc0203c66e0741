"""Identity policies: no principal, and no more than fits (User Guide, Principal element and quotas)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from strict_account import ALLOW, Made, refusal, trust

WITH_PRINCIPAL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}],
    }
)


def sized(length: int) -> str:
    """A valid document of about so many characters; its white space, which does not count, comes on top."""
    statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::" + "b" * (length - 110)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=8)


@pytest.mark.parametrize("document", [WITH_PRINCIPAL, "garbage", "[]", trust({"AWS": "*"})])
def test_an_identity_policy_has_no_principal_and_is_json(iam: Any, made: Made, name: Any, document: str) -> None:
    calls: list[tuple[Any, dict[str, str]]] = [
        (iam.create_policy, {"PolicyName": name("policy")}),
        (iam.create_policy_version, {"PolicyArn": made.policy()}),
        (iam.put_user_policy, {"UserName": made.user(), "PolicyName": "p"}),
        (iam.put_group_policy, {"GroupName": made.group(), "PolicyName": "p"}),
        (iam.put_role_policy, {"RoleName": made.role(), "PolicyName": "p"}),
    ]
    for call, parameters in calls:
        refused = refusal(call, **parameters, PolicyDocument=document)
        assert refused[:2] == (400, "MalformedPolicyDocument")


def test_a_managed_policy_has_6144_characters_at_most(iam: Any, name: Any) -> None:
    iam.create_policy(PolicyName=name("policy"), PolicyDocument=sized(6144))
    refused = refusal(iam.create_policy, PolicyName=name("policy"), PolicyDocument=sized(6300))
    assert refused == (409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")


@pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_are_limited_in_sum(iam: Any, made: Made, kind: str, most: int) -> None:
    holder = {f"{kind.title()}Name": getattr(made, kind)()}
    put = getattr(iam, f"put_{kind}_policy")
    put(**holder, PolicyName="half", PolicyDocument=sized(most // 2))
    refused = refusal(put, **holder, PolicyName="other", PolicyDocument=sized(most // 2 + 100))
    assert refused[:2] == (409, "LimitExceeded")
    put(**holder, PolicyName="half", PolicyDocument=sized(most // 2 + 100))
    getattr(iam, f"delete_{kind}_policy")(**holder, PolicyName="half")
    put(**holder, PolicyName="other", PolicyDocument=sized(most))


def test_a_document_comes_back_as_it_was_written(iam: Any, made: Made) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a&b<c>/%41+é/*"}],
    }
    user = made.user()
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(document))
    assert iam.get_user_policy(UserName=user, PolicyName="p")["PolicyDocument"] == document
    details = iam.get_account_authorization_details(Filter=["User"], MaxItems=1000)["UserDetailList"]
    detail = next(one for one in details if one["UserName"] == user)
    assert detail["UserPolicyList"] == [{"PolicyName": "p", "PolicyDocument": document}]


def test_a_sixth_of_a_policy_is_allowed_where_it_fits(iam: Any, made: Made) -> None:
    role = made.role()
    for number in range(6):
        iam.put_role_policy(RoleName=role, PolicyName=f"p{number}", PolicyDocument=ALLOW)
    assert len(iam.list_role_policies(RoleName=role)["PolicyNames"]) == 6


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize(
    ("arn", "taken"), [("arn:aws-cn:s3:::b", False), ("arn:${P}:s3:::b", False), ("arn:*:s3:::b", True)]
)
def test_a_resource_is_of_the_accounts_partition(iam: Any, made: Made, element: str, arn: str, taken: bool) -> None:
    statement = {"Effect": "Allow", "Action": "s3:Get*", element: ["arn:aws:s3:::a", arn]}
    parameters = {
        "UserName": made.user(),
        "PolicyName": "p",
        "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }
    if taken:
        iam.put_user_policy(**parameters)
        return
    said = f'Partition "{arn.split(":")[1]}" is not valid for resource "{arn}".'
    assert refusal(iam.put_user_policy, **parameters) == (400, "MalformedPolicyDocument", said)
