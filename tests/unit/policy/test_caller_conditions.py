"""Which conditions narrow who may come (IAM User Guide, "AWS global condition context keys")."""

from __future__ import annotations

import pytest

from reconciler.policy.caller_conditions import narrows_callers


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "aws:VpceAccount", "123456789012"),
        ("StringEquals", "aws:VpceOrgID", "o-a1b2c3d4e5"),
        ("ForAnyValue:StringLike", "aws:VpceOrgPaths", "o-a1b2c3d4e5/r-ab12/*"),
        ("ArnEquals", "aws:SourceVpcArn", "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"),
        ("StringEquals", "AWS:sourcevpc", "vpc-1"),
    ],
)
def test_keys_that_say_from_where_the_caller_comes_narrow(operator: str, key: str, value: str) -> None:
    assert narrows_callers({operator: {key: value}})


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringNotEquals", "aws:VpceAccount", "123456789012"),
        ("StringEqualsIfExists", "aws:VpceOrgID", "o-a1b2c3d4e5"),
        ("ForAllValues:StringLike", "aws:VpceOrgPaths", "o-a1b2c3d4e5/*"),
        ("StringLike", "aws:VpceAccount", "*"),
        ("Bool", "aws:ViaCustomerDomain", "true"),
        ("Bool", "aws:ViaAWSMCPService", "true"),
        ("Bool", "sts:RoleAuthorizedByIdp", "true"),
    ],
)
def test_what_lets_anybody_through_does_not(operator: str, key: str, value: str) -> None:
    assert not narrows_callers({operator: {key: value}})
