"""SimulatePrincipalPolicy and SimulateCustomPolicy, answered by the evaluator in AWS's form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from strict_account import ADMINISTRATOR, EntityMaker, refusal

ACCOUNT, OTHER = "123456789012", "210987654321"
BUCKET, OBJECT, SECRET = "arn:aws:s3:::b", "arn:aws:s3:::b/o", "arn:aws:s3:::secret/o"


def statement(effect: str, action: str | list[str], resource: str | list[str] = "*", **more: object) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any], **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def entry(key: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}


READ = policy(statement("Allow", "s3:GetObject", OBJECT))
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def results(
    iam: Any, *policies: str, actions: tuple[str, ...] = ("s3:GetObject",), **more: Any
) -> list[dict[str, Any]]:
    told = iam.simulate_custom_policy(PolicyInputList=list(policies), ActionNames=list(actions), **more)
    assert told["IsTruncated"] is False
    found: list[dict[str, Any]] = told["EvaluationResults"]
    return found


def decisions(iam: Any, *policies: str, **more: Any) -> list[str]:
    return [one["EvalDecision"] for one in results(iam, *policies, **more)]


@pytest.mark.parametrize(
    ("statements", "resource", "expected"),
    [
        ([statement("Allow", "s3:Get*")], OBJECT, "allowed"),
        ([statement("Allow", "S3:getobject", OBJECT)], OBJECT, "allowed"),
        ([statement("Allow", "s3:GetObject", BUCKET)], OBJECT, "implicitDeny"),
        ([statement("Allow", "s3:PutObject")], OBJECT, "implicitDeny"),
        ([statement("Allow", "s3:*"), statement("Deny", "s3:*", "arn:aws:s3:::secret/*")], OBJECT, "allowed"),
        ([statement("Allow", "s3:*"), statement("Deny", "s3:*", "arn:aws:s3:::secret/*")], SECRET, "explicitDeny"),
        ([statement("Deny", "s3:*")], OBJECT, "explicitDeny"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "NotResource": SECRET}], OBJECT, "allowed"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "NotResource": SECRET}], SECRET, "implicitDeny"),
    ],
)
def test_policies_of_the_request_decide(iam: Any, statements: Any, resource: str, expected: str) -> None:
    assert decisions(iam, policy(*statements), ResourceArns=[resource]) == [expected]


def test_each_action_has_a_result_and_without_resources_it_is_of_all(iam: Any) -> None:
    found = results(iam, policy(statement("Allow", "s3:ListBucket")), actions=("s3:ListBucket", "ec2:StopInstances"))
    told = [(one["EvalActionName"], one["EvalResourceName"], one["EvalDecision"]) for one in found]
    assert told == [("s3:ListBucket", "*", "allowed"), ("ec2:StopInstances", "*", "implicitDeny")]
    assert found[1]["MatchedStatements"] == found[1]["MissingContextValues"] == []
    assert not {"ResourceSpecificResults", "EvalDecisionDetails", "PermissionsBoundaryDecisionDetail"} & found[0].keys()


def test_the_statements_that_decided_are_told_with_their_places(iam: Any) -> None:
    """The first as in the example of the API Reference: line 3, column 16 to line 7, column 4."""
    text = '{\n  "Version": "2012-10-17",\n  "Statement": {\n    "Effect": "Allow", "Action": "s3:GetObject",\n'
    text += '    "Resource": "*"\n\n  }\n}'
    second = policy(statement("Allow", "ec2:*"), statement("Allow", "s3:Get*"), statement("Deny", "s3:Put*"))
    (found,) = results(iam, text, second)
    begin = second.index('{"Effect": "Allow", "Action": "s3:Get*"')
    end = second.index(', {"Effect": "Deny"')
    assert found["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 3, "Column": 16},
            "EndPosition": {"Line": 7, "Column": 4},
        },
        {
            "SourcePolicyId": "PolicyInputList.2",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 1, "Column": begin + 1},
            "EndPosition": {"Line": 1, "Column": end + 1},
        },
    ]


def test_of_a_denied_request_only_the_denials_are_told(iam: Any) -> None:
    (found,) = results(iam, policy(statement("Allow", "s3:*")), policy(statement("Deny", "s3:Get*")))
    assert [one["SourcePolicyId"] for one in found["MatchedStatements"]] == ["PolicyInputList.2"]


def test_one_resource_is_told_twice_as_recorded(iam: Any) -> None:
    (found,) = results(iam, READ, ResourceArns=[OBJECT])
    assert found["EvalResourceName"] == OBJECT
    (special,) = found["ResourceSpecificResults"]
    assert special["EvalResourceName"] == OBJECT
    assert special["EvalResourceDecision"] == found["EvalDecision"] == "allowed"
    assert special["MatchedStatements"] == found["MatchedStatements"] != []
    assert special["EvalDecisionDetails"] == found["EvalDecisionDetails"] == {}


def test_of_several_resources_each_has_a_result_and_the_strictest_is_the_actions(iam: Any) -> None:
    deny = policy(statement("Deny", "s3:*", SECRET))
    (found,) = results(iam, READ, deny, ResourceArns=[OBJECT, BUCKET, SECRET])
    special = {one["EvalResourceName"]: one["EvalResourceDecision"] for one in found["ResourceSpecificResults"]}
    assert special == {OBJECT: "allowed", BUCKET: "implicitDeny", SECRET: "explicitDeny"}
    assert (found["EvalResourceName"], found["EvalDecision"], found["MatchedStatements"]) == ("*", "explicitDeny", [])
    (found,) = results(iam, READ, ResourceArns=[OBJECT, BUCKET])
    assert found["EvalDecision"] == "implicitDeny"


@pytest.mark.parametrize(
    ("condition", "context", "expected", "missing"),
    [
        (MFA, [], "implicitDeny", ["aws:MultiFactorAuthPresent"]),
        (MFA, [entry("aws:multifactorauthpresent", "true", kind="boolean")], "allowed", []),
        (MFA, [entry("aws:MultiFactorAuthPresent", "false", kind="boolean")], "implicitDeny", []),
        (
            {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringLike": {"aws:UserAgent": "x*"}},
            [entry("aws:SourceIp", "10.1.2.3", kind="ip")],
            "implicitDeny",
            ["aws:UserAgent"],
        ),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
            [entry("aws:TagKeys", "a", "b", kind="stringList")],
            "allowed",
            [],
        ),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
            [entry("aws:TagKeys", "a", "c", kind="stringList")],
            "implicitDeny",
            [],
        ),
        (
            {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
            [entry("aws:CurrentTime", "2025-01-01", kind="date")],
            "allowed",
            [],
        ),
        (
            {"NumericLessThan": {"s3:max-keys": "10"}},
            [entry("s3:max-keys", "9", kind="numeric")],
            "allowed",
            [],
        ),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, [], "allowed", ["aws:MultiFactorAuthAge"]),
    ],
)
def test_what_is_not_given_is_absent_and_told_as_missing(
    iam: Any, condition: Any, context: list[dict[str, Any]], expected: str, missing: list[str]
) -> None:
    document = policy(statement("Allow", "s3:GetObject", Condition=condition))
    (found,) = results(iam, document, ContextEntries=context)
    assert (found["EvalDecision"], found["MissingContextValues"]) == (expected, missing)
    (found,) = results(iam, document, ContextEntries=context, ResourceArns=[OBJECT])
    assert found["ResourceSpecificResults"][0]["MissingContextValues"] == missing


def test_keys_are_missing_only_for_statements_that_speak_of_the_request(iam: Any) -> None:
    document = policy(
        statement("Allow", "ec2:*", Condition=MFA),
        statement("Allow", "s3:GetObject", SECRET, Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        statement("Allow", "s3:GetObject", "arn:aws:s3:::home/${aws:PrincipalTag/Team}/*"),
    )
    (found,) = results(iam, document, ResourceArns=[OBJECT])
    assert found["MissingContextValues"] == ["aws:PrincipalTag/Team"]


def test_a_variable_is_filled_in_from_the_request_or_from_the_caller(iam: Any, maker: EntityMaker) -> None:
    home = policy(statement("Allow", "s3:GetObject", "arn:aws:s3:::home/${aws:username}/*"))
    mine = "arn:aws:s3:::home/ann/o"
    (found,) = results(iam, home, ResourceArns=[mine])
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("implicitDeny", ["aws:username"])
    assert decisions(iam, home, ResourceArns=[mine], ContextEntries=[entry("aws:username", "ann")]) == ["allowed"]
    caller = f"arn:aws:iam::{ACCOUNT}:user/ann"
    assert decisions(iam, home, ResourceArns=[mine], CallerArn=caller) == ["allowed"]


def test_a_boundary_of_the_request_limits_and_is_told(iam: Any) -> None:
    within = {"PermissionsBoundaryPolicyInputList": [policy(statement("Allow", "s3:Get*"))]}
    every = policy(statement("Allow", "*"))
    allowed, put = results(iam, every, actions=("s3:GetObject", "s3:PutObject"), **within)
    assert [allowed["EvalDecision"], put["EvalDecision"]] == ["allowed", "implicitDeny"]
    assert allowed["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    assert put["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    denying = {"PermissionsBoundaryPolicyInputList": [policy(statement("Allow", "*"), statement("Deny", "s3:*"))]}
    (found,) = results(iam, every, **denying)
    assert found["EvalDecision"] == "explicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_policies_of_an_organization_must_allow_on_every_level(iam: Any) -> None:
    every, s3 = policy(statement("Allow", "*")), policy(statement("Allow", "s3:*"))
    no_get = policy(statement("Allow", "*"), statement("Deny", "s3:Get*"))

    def simulate_levels(*levels: list[str]) -> tuple[str, dict[str, bool]]:
        listed = [{"ServiceControlPolicyInputList": level} for level in levels]
        (found,) = results(iam, every, OrderedOrganizationPolicyInputList=listed)
        return found["EvalDecision"], found["OrganizationsDecisionDetail"]

    assert simulate_levels([every], [every, s3]) == ("allowed", {"AllowedByOrganizations": True})
    assert simulate_levels([every], [policy(statement("Allow", "ec2:*"))])[0] == "implicitDeny"
    assert simulate_levels([no_get], [every]) == ("explicitDeny", {"AllowedByOrganizations": False})


def holder_with_policies(iam: Any, made: EntityMaker) -> tuple[str, str, str]:
    """A user with an inline policy, an attached one, and a group of its own."""
    user, group, managed = made.user(), made.group(), made.policy()
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=policy(statement("Allow", "sqs:SendMessage")))
    iam.attach_user_policy(UserName=user, PolicyArn=managed)
    iam.put_group_policy(GroupName=group, PolicyName="team", PolicyDocument=policy(statement("Allow", "sns:Publish")))
    return user, group, managed


def of_user(iam: Any, user: str, *actions: str, **more: Any) -> list[dict[str, Any]]:
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    told = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions), **more)
    found: list[dict[str, Any]] = told["EvaluationResults"]
    return found


def test_a_user_has_its_own_policies_and_its_groups(iam: Any, maker: EntityMaker) -> None:
    user, group, managed = holder_with_policies(iam, maker)
    found = of_user(iam, user, "sqs:SendMessage", "s3:GetObject", "sns:Publish", "ec2:RunInstances")
    assert [one["EvalDecision"] for one in found] == ["allowed"] * 3 + ["implicitDeny"]
    sources = [one["MatchedStatements"][0]["SourcePolicyId"] for one in found[:3]]
    assert sources == [f"user_{user}_own", managed.rpartition("/")[2], f"group_{group}_team"]
    extra = of_user(iam, user, "ec2:RunInstances", PolicyInputList=[policy(statement("Allow", "ec2:*"))])
    assert extra[0]["EvalDecision"] == "allowed"


def test_policies_of_a_role_a_group_and_of_aws(iam: Any, maker: EntityMaker) -> None:
    role, group = maker.role(), maker.group()
    iam.attach_role_policy(RoleName=role, PolicyArn=ADMINISTRATOR)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=READ)
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    found = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["iam:CreateUser"])["EvaluationResults"][0]
    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"][0]["SourcePolicyId"] == "AdministratorAccess"
    arn = iam.get_group(GroupName=group)["Group"]["Arn"]
    told = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"], ResourceArns=[OBJECT])
    assert told["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_the_boundary_of_an_entity_counts_unless_the_request_brings_one(iam: Any, maker: EntityMaker) -> None:
    user = maker.user(PermissionsBoundary=maker.policy())
    iam.attach_user_policy(UserName=user, PolicyArn=ADMINISTRATOR)
    get, create = of_user(iam, user, "s3:GetObject", "iam:CreateUser")
    assert (get["EvalDecision"], create["EvalDecision"]) == ("allowed", "implicitDeny")
    assert create["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    other = [policy(statement("Allow", "iam:*"))]
    get, create = of_user(iam, user, "s3:GetObject", "iam:CreateUser", PermissionsBoundaryPolicyInputList=other)
    assert (get["EvalDecision"], create["EvalDecision"]) == ("implicitDeny", "allowed")
    (without,) = of_user(iam, user, "iam:CreateUser", PolicyExclusionList=[{"PolicyType": "permission-boundary"}])
    assert without["EvalDecision"] == "allowed"
    assert "PermissionsBoundaryDecisionDetail" not in without


@pytest.mark.parametrize(
    ("excluded", "left"),
    [
        ({"PolicyType": "inline"}, ["s3:GetObject"]),
        ({"PolicyType": "user-managed"}, ["sqs:SendMessage", "sns:Publish"]),
        ({"PolicyType": "aws-managed"}, ["sqs:SendMessage", "s3:GetObject", "sns:Publish"]),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/policy-*"}, ["sqs:SendMessage", "sns:Publish"]),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/none"}, ["sqs:SendMessage", "s3:GetObject", "sns:Publish"]),
        (
            {"InlinePolicyIdentifier": {"PolicyName": "team", "AttachmentType": "group", "AttachmentName": "group-*"}},
            ["sqs:SendMessage", "s3:GetObject"],
        ),
    ],
)
def test_policies_may_be_left_out(iam: Any, maker: EntityMaker, excluded: dict[str, Any], left: list[str]) -> None:
    user, _, _ = holder_with_policies(iam, maker)
    actions = ("sqs:SendMessage", "s3:GetObject", "sns:Publish")
    found = of_user(iam, user, *actions, PolicyExclusionList=[excluded])
    assert [one["EvalActionName"] for one in found if one["EvalDecision"] == "allowed"] == left


def grant_to(principal: object, **more: object) -> str:
    grant = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}
    return policy(grant)


USER = f"arn:aws:iam::{ACCOUNT}:user/ann"


@pytest.mark.parametrize(
    ("own", "resource_policy", "owner", "expected"),
    [
        (policy(statement("Allow", "ec2:*")), grant_to({"AWS": USER}), ACCOUNT, "allowed"),
        (policy(statement("Allow", "ec2:*")), grant_to({"AWS": ACCOUNT}), ACCOUNT, "implicitDeny"),
        (READ, grant_to({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}), ACCOUNT, "allowed"),
        (READ, grant_to({"AWS": USER}, Effect="Deny"), ACCOUNT, "explicitDeny"),
        (policy(statement("Allow", "ec2:*")), grant_to({"AWS": USER}), OTHER, "implicitDeny"),
        (READ, grant_to({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}), OTHER, "implicitDeny"),
        (READ, grant_to({"AWS": ACCOUNT}), OTHER, "allowed"),
        (READ, grant_to("*"), f"arn:aws:iam::{OTHER}:root", "allowed"),
    ],
)
def test_a_resource_policy_allows_beside_and_across_accounts_together(
    iam: Any, own: str, resource_policy: str, owner: str, expected: str
) -> None:
    given = {"CallerArn": USER, "ResourceArns": [OBJECT], "ResourcePolicy": resource_policy, "ResourceOwner": owner}
    (found,) = results(iam, own, **given)
    assert found["EvalDecision"] == expected
    details = found["EvalDecisionDetails"]
    assert set(details) == (set() if ACCOUNT in owner else {"IAM Policy", "Resource Policy"})


def test_a_request_to_another_account_tells_what_each_type_of_policy_decides(iam: Any) -> None:
    given = {"CallerArn": USER, "ResourceArns": [OBJECT], "ResourceOwner": OTHER}
    (found,) = results(iam, READ, **given, ResourcePolicy=grant_to({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}))
    assert found["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}


def test_a_boundary_does_not_limit_what_a_resource_policy_grants_to_a_user(iam: Any) -> None:
    given = {"PermissionsBoundaryPolicyInputList": [policy(statement("Allow", "ec2:*"))], "ResourceArns": [OBJECT]}
    own = policy(statement("Allow", "ec2:*"))
    assert decisions(iam, own, CallerArn=USER, ResourcePolicy=grant_to({"AWS": USER}), **given) == ["allowed"]
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    assert decisions(iam, own, CallerArn=role, ResourcePolicy=grant_to({"AWS": role}), **given) == ["implicitDeny"]


def test_results_come_in_pages(iam: Any) -> None:
    actions = [f"s3:Get{number}" for number in range(5)]
    given = {"PolicyInputList": [policy(statement("Allow", "s3:*"))], "ActionNames": actions}
    found = iam.get_paginator("simulate_custom_policy").paginate(**given, PaginationConfig={"PageSize": 2})
    pages = [[one["EvalActionName"] for one in page["EvaluationResults"]] for page in found]
    assert pages == [actions[:2], actions[2:4], actions[4:]]
    assert refusal(iam.simulate_custom_policy, **given, MaxItems=0)[:2] == (400, "ValidationError")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ActionNames": []}, "ValidationError"),
        ({"PolicyInputList": []}, "ValidationError"),
        ({"ActionNames": ["GetObject"]}, "InvalidInput"),
        ({"PolicyInputList": ["garbage"]}, "InvalidInput"),
        ({"PolicyInputList": ["[]"]}, "InvalidInput"),
        ({"PolicyInputList": [grant_to("*")]}, "InvalidInput"),
        ({"PolicyInputList": [policy(statement("allow", "s3:*"))]}, "InvalidInput"),
        (
            {"PolicyInputList": [policy(statement("Allow", "s3:*", Condition={"StringEqualz": {"a:b": "c"}}))]},
            "InvalidInput",
        ),
        ({"ResourcePolicy": READ, "CallerArn": USER}, "InvalidInput"),
        ({"ResourcePolicy": grant_to("*")}, "InvalidInput"),
        ({"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"}, "InvalidInput"),
        ({"PermissionsBoundaryPolicyInputList": [READ, READ]}, "InvalidInput"),
        ({"ContextEntries": [entry("aws:SourceIp", "here", kind="ip")]}, "InvalidInput"),
        ({"ContextEntries": [entry("aws:username", "a", "b")]}, "InvalidInput"),
        ({"ContextEntries": [entry("aws:username", "a", kind="text")]}, "InvalidInput"),
        ({"ResourceHandlingOption": "EC2-Classic"}, "InvalidInput"),
        ({"CallerArn": USER, "ResourcePolicy": grant_to("*"), "ResourceOwner": "me"}, "InvalidInput"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(iam: Any, given: dict[str, Any], code: str) -> None:
    usual: dict[str, Any] = {"PolicyInputList": [READ], "ActionNames": ["s3:GetObject"]}
    assert refusal(iam.simulate_custom_policy, **usual | given)[:2] == (400, code)


def test_whose_policies_are_asked_for_must_exist(iam: Any) -> None:
    simulate = iam.simulate_principal_policy
    nobody = refusal(simulate, PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/nobody", ActionNames=["s3:GetObject"])
    assert nobody == (404, "NoSuchEntity", "The user with name nobody cannot be found.")
    root = f"arn:aws:iam::{ACCOUNT}:root"
    message = f"Invalid Entity Arn: {root} does not clearly define entity type and name."
    assert refusal(simulate, PolicySourceArn=root, ActionNames=["s3:GetObject"]) == (400, "InvalidInput", message)


def test_the_keys_that_policies_ask_for_are_told(iam: Any, maker: EntityMaker) -> None:
    asking = policy(
        statement("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*", Condition=MFA),
        statement("Allow", "s3:*", Condition={"StringEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc, 'none'}"}}),
    )
    expected = ["aws:MultiFactorAuthPresent", "aws:PrincipalTag/vpc", "aws:SourceVpc", "aws:username"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[asking])["ContextKeyNames"] == expected
    user = maker.user()
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=asking)
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"] == expected
