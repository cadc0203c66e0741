"""Names that AWS does not have are warned of, with the one that was meant; what AWS's own policies say never is."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.aws_names import AwsNames
from reconciler.model.problem import Level
from reconciler.policy.flaw import Flaw, PolicyType
from reconciler.policy.name_checks import NameChecks, suggest_policy
from tests.support.managed_policies import read_managed_documents


def look(statement: dict[str, Any], use: PolicyType = PolicyType.IDENTITY) -> list[Flaw]:
    return list(NameChecks(AwsNames()).check_document({"Statement": [statement]}, use))


MISSPELT = [
    ("s3:GetObjct", "unknown-action", "Did you mean s3:GetObject?"),
    ("S3:getobjct", "unknown-action", "Did you mean S3:GetObject?"),
    ("dynamdb:Query", "unknown-service", "Did you mean dynamodb:Query?"),
    ("dynamdb:query", "unknown-service", "Did you mean dynamodb:Query?"),
    ("dynamdb:*", "unknown-service", "Did you mean dynamodb:*?"),
    ("dynamdb:Qurey", "unknown-service", "Did you mean dynamodb:Query?"),
    ("ec2:DescribeInstance", "unknown-action", "Did you mean ec2:DescribeInstances?"),
    ("s3:GetObjct*", "unknown-action", "Did you mean s3:GetObject*?"),
    ("s3:gteObject*", "unknown-action", "Did you mean s3:GetObject*?"),
    ("ec2:Descibe*", "unknown-action", "Did you mean ec2:Describe*?"),
    ("dynamodb:*Qurey", "unknown-action", "Did you mean dynamodb:*Query?"),
    ("s3:*Objct*", "unknown-action", "Did you mean s3:*Object*?"),
    ("iam:AssumeRole", "unknown-action", "Did you mean sts:AssumeRole?"),
    ("sts:PassRole", "unknown-action", "Did you mean iam:PassRole?"),
    ("cloudwatch:PutLogEvents", "unknown-action", "Did you mean logs:PutLogEvents?"),
    ("s3:ListObjects", "unknown-action", "Did you mean s3:ListBucket?"),
    ("s3:HeadObject", "unknown-action", "Did you mean s3:GetObject?"),
    ("elb:DescribeLoadBalancers", "unknown-service", "Did you mean elasticloadbalancing:DescribeLoadBalancers?"),
    ("stepfunctions:StartExecution", "unknown-service", "Did you mean states:StartExecution?"),
    ("eventbridge:PutEvents", "unknown-service", "Did you mean events:PutEvents?"),
    ("cloudwatchlogs:PutLogEvents", "unknown-service", "Did you mean logs:PutLogEvents?"),
    ("efs:Frobnicate", "unknown-service", "Did you mean the prefix elasticfilesystem?"),
    ("foo:Bar", "unknown-service", "Check the spelling: a name that AWS lacks matches no request."),
    ("ec2:Describe*Imges*", "unknown-action", "Check the spelling: a name that AWS lacks matches no request."),
    ("sqs:TagResource", "unknown-action", "Check the spelling: a name that AWS lacks matches no request."),
]


@pytest.mark.parametrize("element", ["Action", "NotAction"])
@pytest.mark.parametrize(("action", "code", "hint"), MISSPELT)
def test_an_action_that_aws_does_not_have_is_a_warning(element: str, action: str, code: str, hint: str) -> None:
    (flaw,) = look({element: ["s3:GetObject", action]})
    assert (flaw.level, flaw.code, flaw.hint) == (Level.WARNING, code, hint)
    assert flaw.path == ("Statement", 0, element, 1)
    assert action in flaw.summary and f"AWS's list of {AwsNames().date}" in flaw.summary


@pytest.mark.parametrize(
    "action",
    [
        *("*", "*:*", "s3:*", "s3:Get*", "s3:get*", "s3:GetObject", "S3:GETOBJECT", "s3:?etObject", "iam:ListUser?"),
        *("iam:AcquireRole", "iam:UpdateDelegationRequest"),  # in botocore's model only
        *("iotevents:DescribeInput", "zocalo:*"),  # services that AWS has retired
        *("budgets:DescribeBudget", "payments:ListPaymentProfiles"),  # in AWS's own policies only
        *("", "s3", "s3:", ":GetObject", "s*:GetObject", "s3:Get Object"),  # the grammar's business
    ],
)
def test_an_action_that_aws_has_or_that_says_nothing_is_left_alone(action: str) -> None:
    assert look({"Action": action}) == []


@pytest.mark.parametrize("document", [None, [], {"Statement": 3}, {"Statement": [3, {"Action": {"a": 1}}]}])
def test_a_document_of_the_wrong_shape_does_not_raise(document: object) -> None:
    assert list(NameChecks(AwsNames()).check_document(document, PolicyType.IDENTITY)) == []


@pytest.mark.parametrize("use", [PolicyType.IDENTITY, PolicyType.SESSION, PolicyType.BOUNDARY])
def test_every_kind_of_policy_is_looked_at(use: PolicyType) -> None:
    assert [flaw.code for flaw in look({"Action": "s3:GetObjct"}, use)] == ["unknown-action"]


def test_actions_of_a_trust_are_the_business_of_the_grammar() -> None:
    assert look({"Action": "sts:AsumeRole"}, PolicyType.TRUST) == []


KEYS = [
    ("iam:PassedToServices", "Did you mean iam:PassedToService?"),
    ("s3:prefx", "Did you mean s3:prefix?"),
    ("ec2:ResurceTag/team", "Did you mean ec2:ResourceTag/team?"),
]


@pytest.mark.parametrize("use", list(PolicyType))
@pytest.mark.parametrize(("key", "hint"), KEYS)
def test_a_condition_key_that_looks_like_another_one_is_a_warning(use: PolicyType, key: str, hint: str) -> None:
    (flaw,) = look({"Condition": {"StringEquals": {key: "x"}}}, use)
    assert (flaw.level, flaw.code, flaw.hint) == (Level.WARNING, "unknown-condition-key", hint)
    assert (flaw.path, flaw.at_key) == (("Statement", 0, "Condition", "StringEquals", key), True)


@pytest.mark.parametrize(
    "key",
    [
        *("sts:externalid", "sts:RoleAuthorizedByIdp", "ec2:ResourceTag/team", "s3:ExistingObjectTag/team"),
        *("kms:EncryptionContext:aws:s3:arn", "sts:RequestContext/provider", "saml:aud", "foo:bar", "s3:NewThing"),
        *("token.actions.githubusercontent.com:sub", "aws:PrincipalOrgId", "aws:Frobnicated", "plain"),
    ],
)
def test_a_condition_key_that_is_right_or_like_no_other_is_left_alone(key: str) -> None:
    assert look({"Condition": {"StringEquals": {key: "x"}}}) == []


def test_aws_own_policies_raise_no_alarm() -> None:
    checks = NameChecks(AwsNames())
    found = {
        name: list(checks.check_document(body, PolicyType.IDENTITY)) for name, body in read_managed_documents().items()
    }
    assert len(found) > 1_000
    assert {name: some for name, some in found.items() if some} == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ViewOnlyAccess", "job-function/ViewOnlyAccess"),
        ("AWSLambdaBasicExecutionRole", "service-role/AWSLambdaBasicExecutionRole"),
        ("service-role/ReadOnlyAccess", "ReadOnlyAccess"),
        ("job-function/viewonlyaccess", "job-function/ViewOnlyAccess"),
        ("AmazonS3ReadOnlyAcess", "AmazonS3ReadOnlyAccess"),
        ("service-role/AWSLambdaBasicExecutionRol", "service-role/AWSLambdaBasicExecutionRole"),
        ("ReadOnlyAccess", None),
        ("job-function/ViewOnlyAccess", None),
        ("NewerThanTheList", None),
        ("aws-service-role/AWSSupportServiceRolePolicy", None),
    ],
)
def test_a_managed_policy_is_known_by_its_path_and_name(name: str, meant: str | None) -> None:
    assert suggest_policy(name, AwsNames(), "aws") == meant


def test_other_partitions_may_have_policies_of_nearly_the_same_name() -> None:
    assert suggest_policy("AmazonS3ReadOnlyAcess", AwsNames(), "aws-cn") is None
    assert suggest_policy("ViewOnlyAccess", AwsNames(), "aws-cn") == "job-function/ViewOnlyAccess"
