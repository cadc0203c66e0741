"""Conditions as their author wrote them: operators, keys, and values of the right type."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from reconciler.policy.grammar import Flaw, Path, PolicyType, check_document
from tests.support.flaws import at_statement, codes_of


def identity(condition: object) -> list[Flaw]:
    body = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    return check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.IDENTITY)


def when(operator: str, key: str, value: object) -> list[Flaw]:
    return identity({operator: {key: value}})


@pytest.mark.parametrize(
    "operator",
    [
        *(
            "StringEquals",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "ArnLike",
            "ArnNotEquals",
            "BinaryEquals",
        ),
        *(
            "StringEqualsIfExists",
            "ForAnyValue:StringLike",
            "ForAllValues:StringEquals",
            "StringNotLikeIfExists",
        ),
        *("ForAnyValue:StringLikeIfExists", "ForAllValues:ArnEquals"),
    ],
)
def test_a_known_operator_is_taken(operator: str) -> None:
    assert when(operator, "s3:prefix", ["a", "b"]) == []


@pytest.mark.parametrize(
    ("operator", "meant"),
    [
        ("stringequals", "StringEquals"),
        ("StringEqual", "StringEquals"),
        ("StringEqualsIfExist", "StringEqualsIfExists"),
        ("forAnyValue:StringLike", "ForAnyValue:StringLike"),
        ("ForAnyValue.StringLike", "ForAnyValue:StringLike"),
        ("IPAddress", "IpAddress"),
        ("Boolean", "Bool"),
        ("ARNLike", "ArnLike"),
        ("NumericLessThen", "NumericLessThan"),
    ],
)
def test_an_unknown_operator_is_an_error_that_suggests_one(operator: str, meant: str) -> None:
    (flaw,) = when(operator, "s3:prefix", "a")
    assert (flaw.level, flaw.code, flaw.at_key) == (Level.ERROR, "unknown-operator", True)
    assert flaw.path == at_statement("Condition", operator)
    assert flaw.hint == f"Did you mean {meant}?"


def test_null_with_if_exists_is_explained() -> None:
    (flaw,) = when("NullIfExists", "s3:prefix", "true")
    assert flaw.code == "unknown-operator"
    assert "Write Null:" in flaw.hint


@pytest.mark.parametrize(
    "key",
    [
        *(
            "aws:SourceIp",
            "AWS:sourceip",
            "aws:RequestTag/cost centre",
            "aws:PrincipalTag/a:b",
            "aws:BrandNewThing",
            "sts:BrandNewThing",
        ),
        *("aws:ViaCustomerDomain", "aws:ViaAWSMCPService", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"),
        *("aws:SourceVpcArn", "sts:RoleAuthorizedByIdp", "sts:ExternalId", "STS:rolesessionname"),
        *(
            "token.actions.githubusercontent.com:sub",
            "SAML:aud",
            "oidc.eks.eu-west-1.amazonaws.com/id/A1:sub",
        ),
        *("idp.example.com:8443/realms/x:aud", "s3:ExistingObjectTag/key", "kms:EncryptionContext:a"),
    ],
)
def test_a_condition_key_of_the_right_form_is_taken(key: str) -> None:
    assert when("StringEquals", key, "x") == []


@pytest.mark.parametrize("key", ["", "SourceIp", "aws:", ":x", "a b:c", "aws: SourceIp"])
def test_a_condition_key_without_prefix_and_name_is_an_error(key: str) -> None:
    (flaw,) = when("StringEquals", key, "x")
    assert (flaw.code, flaw.path, flaw.at_key) == (
        "invalid-condition-key",
        at_statement("Condition", "StringEquals", key),
        True,
    )


def test_a_global_key_without_its_prefix_is_suggested() -> None:
    assert "Did you mean aws:MultiFactorAuthPresent?" in when("Bool", "MultiFactorAuthPresent", True)[0].hint


def test_a_misspelt_global_key_is_a_warning() -> None:
    (flaw,) = when("Bool", "aws:MultiFactorAuthPresnt", "true")
    assert (flaw.level, flaw.code, flaw.hint) == (
        Level.WARNING,
        "unknown-global-key",
        "Did you mean aws:MultiFactorAuthPresent?",
    )


def test_a_misspelt_key_of_sts_is_a_warning_since_it_never_matches() -> None:
    (flaw,) = when("StringEquals", "sts:ExternallId", "x")
    assert (flaw.level, flaw.code, flaw.hint) == (Level.WARNING, "unknown-global-key", "Did you mean sts:ExternalId?")
    assert "Did you mean sts:RoleSessionName?" in when("StringEquals", "RoleSessionName", "x")[0].hint


def test_a_condition_key_twice_in_different_letter_case_is_an_error() -> None:
    (flaw,) = identity({"StringEquals": {"s3:prefix": "a", "S3:Prefix": "b"}})
    assert (flaw.code, flaw.at_key) == ("duplicate-condition-key", True)


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ([], at_statement("Condition")),
        ("x", at_statement("Condition")),
        (None, at_statement("Condition")),
        ({"Bool": "true"}, at_statement("Condition", "Bool")),
        ({"Bool": [{"aws:SecureTransport": "true"}]}, at_statement("Condition", "Bool")),
    ],
)
def test_a_condition_of_the_wrong_shape_is_an_error(condition: object, path: Path) -> None:
    (flaw,) = identity(condition)
    assert (flaw.code, flaw.path) == ("invalid-condition", path)


@pytest.mark.parametrize("value", [None, {}, [["a"]], [None]])
def test_a_condition_value_that_is_no_scalar_is_an_error(value: object) -> None:
    assert codes_of(when("StringEquals", "s3:prefix", value)) == ["invalid-condition-value"]


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("Bool", True),
        ("Bool", "TRUE"),
        ("Null", "false"),
        ("NumericLessThan", 3600),
        ("NumericLessThan", "3600"),
        ("NumericEquals", "-1.5e3"),
        ("NumericEquals", 1.5),
        ("DateLessThan", "2026-12-31"),
        ("DateLessThan", "2026"),
        ("DateLessThan", "2026-12-31T23:59:59Z"),
        ("DateLessThan", "2026-12-31t23:59:59.123+01:00"),
        ("DateLessThan", 1798761599),
        ("DateLessThan", "1798761599"),
        ("IpAddress", "203.0.113.7"),
        ("NotIpAddress", "203.0.113.7/24"),
        ("IpAddress", ["2001:db8::/32", "::1"]),
        ("ForAnyValue:NumericLessThanIfExists", [1, "2"]),
        ("StringEquals", 5),
    ],
)
def test_a_value_of_the_operators_type_is_taken(operator: str, value: object) -> None:
    assert when(operator, "s3:x", value) == []


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("Bool", "yes"),
        ("Bool", 1),
        ("BoolIfExists", ""),
        ("Null", "absent"),
        ("NumericLessThan", "1h"),
        ("NumericLessThan", "1_000"),
        ("NumericLessThan", "nan"),
        ("NumericLessThan", True),
        ("DateLessThan", "2026-13-01"),
        ("DateLessThan", "2026-02-30T00:00:00Z"),
        ("DateLessThan", "tomorrow"),
        ("DateLessThan", "31.12.2026"),
        ("DateLessThan", "2026-12-31 23:59:59"),
        ("IpAddress", "203.0.113.0/33"),
        ("IpAddress", "203.0.113.*"),
        ("IpAddress", "localhost"),
        ("IpAddress", 5),
        ("ForAllValues:NotIpAddress", "10.0.0.256"),
    ],
)
def test_a_value_of_another_type_is_an_error(operator: str, value: object) -> None:
    (flaw,) = when(operator, "s3:x", value)
    assert (flaw.level, flaw.code, flaw.path) == (
        Level.ERROR,
        "condition-type-mismatch",
        at_statement("Condition", operator, "s3:x"),
    )
