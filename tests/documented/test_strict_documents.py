"""Identity policies: no principal, and no more than fits (User Guide, Principal element and quotas)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from strict_account import ALLOW, EntityMaker, refusal, trust

WITH_PRINCIPAL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}],
    }
)


def make_document(length: int) -> str:
    """A valid document of about so many characters; its white space, which does not count, comes on top."""
    statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::" + "b" * (length - 110)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=8)


@pytest.mark.parametrize("document", [WITH_PRINCIPAL, "garbage", "[]", trust({"AWS": "*"})])
def test_an_identity_policy_has_no_principal_and_is_json(
    iam: Any, maker: EntityMaker, name: Any, document: str
) -> None:
    calls: list[tuple[Any, dict[str, str]]] = [
        (iam.create_policy, {"PolicyName": name("policy")}),
        (iam.create_policy_version, {"PolicyArn": maker.policy()}),
        (iam.put_user_policy, {"UserName": maker.user(), "PolicyName": "p"}),
        (iam.put_group_policy, {"GroupName": maker.group(), "PolicyName": "p"}),
        (iam.put_role_policy, {"RoleName": maker.role(), "PolicyName": "p"}),
    ]
    for call, parameters in calls:
        refused = refusal(call, **parameters, PolicyDocument=document)
        assert refused[:2] == (400, "MalformedPolicyDocument")


def with_resource(resource: str, version: str = "2012-10-17", element: str = "Resource") -> str:
    body = {"Effect": "Allow", "Action": "iam:Get*", element: ["*", resource]}
    return json.dumps({"Version": version, "Statement": [body]})


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            "arn:aws:iam:us-east-1::role/x",
            "IAM resource arn:aws:iam:us-east-1::role/x cannot contain region information.",
        ),
        ("arn:aws:iam::123456789012:deployer", 'IAM resource path must either be "*" or start with user/, '),
        ("arn:aws:s3:us-west-2:123456789012:b/x", "can not contain region information."),
        ("arn:aws:s3::123456789012:b", "can not contain account information."),
        ("arn:aws:route53:::hostedzone/Z:x", ""),
        ("arn:aws:route53:us-east-1::hostedzone/Z", "can not contain region information."),
        ("arn:aws:s3::b", "The policy failed legacy parsing"),
        ("arn:aws::eu-west-1:1:x", "The policy failed legacy parsing"),
        ("arn:aws:s*:::x", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:error:s3:::b", 'Partition "error" is not valid for resource "arn:error:s3:::b".'),
        ("b", 'Resource b must be in ARN format or "*".'),
        *((taken, "") for taken in ("arn:aws:sqs", "arn:aws:iam::*:root", "arn:aws:iam::123456789012:*")),
        *((taken, "") for taken in ("arn:aws:s3:*:*:access-grants/default", "arn:aws:s3::*:codepipeline-*")),
    ],
)
def test_resource_arns_are_refused_in_the_words_of_aws(
    iam: Any, maker: EntityMaker, name: Any, resource: str, message: str, element: str
) -> None:
    document = with_resource(resource, element=element)
    user = maker.user()
    if not message:
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document)
        iam.create_policy(PolicyName=name("policy"), PolicyDocument=document)
        return
    for call, parameters in (
        (iam.create_policy, {"PolicyName": name("policy")}),
        (iam.put_user_policy, {"UserName": user, "PolicyName": "p"}),
    ):
        refused = refusal(call, **parameters, PolicyDocument=document)
        assert refused[:2] == (400, "MalformedPolicyDocument")
        assert message in refused[2]


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_only_managed_policies_need_the_current_version(
    iam: Any, maker: EntityMaker, name: Any, version: str | None
) -> None:
    whole = {"Version": version, "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    document = json.dumps({key: value for key, value in whole.items() if value})
    for call, parameters in (
        (iam.create_policy, {"PolicyName": name("policy")}),
        (iam.create_policy_version, {"PolicyArn": maker.policy()}),
    ):
        refused = refusal(call, **parameters, PolicyDocument=document)
        words = "Policy document must be version 2012-10-17 or greater."
        assert refused == (400, "MalformedPolicyDocument", words)
    user = maker.user()
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document)
    assert iam.get_user_policy(UserName=user, PolicyName="p")["PolicyDocument"] == json.loads(document)


def test_a_managed_policy_has_6144_characters_at_most(iam: Any, name: Any) -> None:
    iam.create_policy(PolicyName=name("policy"), PolicyDocument=make_document(6144))
    refused = refusal(iam.create_policy, PolicyName=name("policy"), PolicyDocument=make_document(6300))
    assert refused == (409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")


@pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_are_limited_in_sum(iam: Any, maker: EntityMaker, kind: str, most: int) -> None:
    holder = {f"{kind.title()}Name": getattr(maker, kind)()}
    put = getattr(iam, f"put_{kind}_policy")
    put(**holder, PolicyName="half", PolicyDocument=make_document(most // 2))
    refused = refusal(put, **holder, PolicyName="other", PolicyDocument=make_document(most // 2 + 100))
    assert refused[:2] == (409, "LimitExceeded")
    put(**holder, PolicyName="half", PolicyDocument=make_document(most // 2 + 100))
    getattr(iam, f"delete_{kind}_policy")(**holder, PolicyName="half")
    put(**holder, PolicyName="other", PolicyDocument=make_document(most))


def test_a_document_comes_back_as_it_was_written(iam: Any, maker: EntityMaker) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a&b<c>/%41+é/*"}],
    }
    user = maker.user()
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(document))
    assert iam.get_user_policy(UserName=user, PolicyName="p")["PolicyDocument"] == document
    details = iam.get_account_authorization_details(Filter=["User"], MaxItems=1000)["UserDetailList"]
    detail = next(one for one in details if one["UserName"] == user)
    assert detail["UserPolicyList"] == [{"PolicyName": "p", "PolicyDocument": document}]


def test_a_sixth_of_a_policy_is_allowed_if_it_fits(iam: Any, maker: EntityMaker) -> None:
    role = maker.role()
    for number in range(6):
        iam.put_role_policy(RoleName=role, PolicyName=f"p{number}", PolicyDocument=ALLOW)
    assert len(iam.list_role_policies(RoleName=role)["PolicyNames"]) == 6


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_a_managed_policy_needs_the_current_version_and_an_inline_one_does_not(
    iam: Any, maker: EntityMaker, name: Any, version: str | None
) -> None:
    document = json.loads(ALLOW) | {"Version": version}
    text = json.dumps({key: value for key, value in document.items() if value})
    expected = (400, "MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.")
    assert refusal(iam.create_policy, PolicyName=name("policy"), PolicyDocument=text) == expected
    assert refusal(iam.create_policy_version, PolicyArn=maker.policy(), PolicyDocument=text) == expected
    iam.put_user_policy(UserName=maker.user(), PolicyName="p", PolicyDocument=text)


def test_the_quotes_around_a_number_are_optional(iam: Any, maker: EntityMaker) -> None:
    document = json.loads(ALLOW)
    document["Statement"][0]["Condition"] = {"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}
    user = maker.user()
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(document))
    assert iam.get_user_policy(UserName=user, PolicyName="p")["PolicyDocument"] == document


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize(
    ("arn", "taken"), [("arn:aws-cn:s3:::b", False), ("arn:${P}:s3:::b", False), ("arn:*:s3:::b", True)]
)
def test_a_resource_is_of_the_accounts_partition(
    iam: Any, maker: EntityMaker, element: str, arn: str, taken: bool
) -> None:
    statement = {"Effect": "Allow", "Action": "s3:Get*", element: ["arn:aws:s3:::a", arn]}
    parameters = {
        "UserName": maker.user(),
        "PolicyName": "p",
        "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }
    if taken:
        iam.put_user_policy(**parameters)
        return
    said = f'Partition "{arn.split(":")[1]}" is not valid for resource "{arn}".'
    assert refusal(iam.put_user_policy, **parameters) == (400, "MalformedPolicyDocument", said)
