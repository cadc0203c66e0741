"""Which conditions narrow who may come (IAM User Guide, "AWS global condition context keys")."""

from __future__ import annotations

import pytest

from reconciler.policy.caller_conditions import excludes_strangers, narrows_callers


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


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ci"),
        ("StringLike", "aws:PrincipalArn", "arn:aws:*"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:*"),
        ("ArnEquals", "aws:PrincipalArn", ["arn:aws:iam::123456789012:role/ci", "arn:aws:iam::*:role/ci"]),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/ci"),
        ("ArnLike", "aws:SourceArn", "arn:aws:s3:::logs-*"),
        ("StringEquals", "aws:PrincipalTag/team", "x"),
        ("StringLike", "aws:PrincipalOrgID", "o-*"),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*/r-ab12/*"),
        ("StringLike", "aws:PrincipalAccount", "1234*"),
        ("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}"),
        ("StringEquals", "sts:ExternalId", "${aws:PrincipalTag/id}"),
        ("StringLike", "aws:userid", "A*"),
        ("StringLike", "aws:userid", "*:alice"),
        ("StringEquals", "aws:FederatedProvider", "accounts.google.com"),
        ("StringLike", "aws:SourceVpc", "vpc-*"),
        ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/2", "64.0.0.0/2"]),
        ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "2000::/3"]),
        ("IpAddress", "aws:SourceIp", "::/1"),
    ],
)
def test_what_a_stranger_can_meet_does_not_exclude_him(operator: str, key: str, value: object) -> None:
    assert narrows_callers({operator: {key: value}})
    assert not excludes_strangers({operator: {key: value}})


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:*"),
        ("ArnLike", "aws:PrincipalArn", "arn:*:iam::123456789012:role/ci"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:ResourceAccount}:role/ci"),
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/ci"),
        ("ArnEquals", "aws:SourceArn", "arn:aws:s3:::logs"),
        ("StringEquals", "aws:PrincipalOrgID", "o-1"),
        ("StringEquals", "aws:PrincipalOrgID", "${aws:resourceorgid}"),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
        ("StringEquals", "aws:PrincipalAccount", ["123456789012", 210987654321]),
        ("StringLike", "aws:userid", "AROAEXAMPLEID:*"),
        ("StringLike", "aws:userid", "AIDAJQABLZS4A3QDU576Q*"),
        ("StringEquals", "aws:FederatedProvider", "arn:aws:iam::123456789012:oidc-provider/gitlab.com"),
        ("StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d"),
        ("StringLike", "sts:ExternalId", "acme-*"),
        ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7"]),
        ("StringLike", "aws:SourceIp", "203.0.113.*"),
    ],
)
def test_what_only_the_owner_can_give_excludes_strangers(operator: str, key: str, value: object) -> None:
    assert excludes_strangers({operator: {key: value}})


def test_one_condition_that_excludes_strangers_is_enough() -> None:
    tag, organization = {"aws:PrincipalTag/team": "x"}, {"aws:PrincipalOrgID": "o-1"}
    assert excludes_strangers({"StringEquals": tag | organization})
