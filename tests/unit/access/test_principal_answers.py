"""Identity policies, boundary and session policy: IAM User Guide, "Policy evaluation logic"; MFA; known policies."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from reconciler.access import (
    WITHOUT_MFA,
    Context,
    PolicySource,
    Principal,
    VerdictReason,
    evaluate,
    find_powers,
    make_mfa_context,
)
from reconciler.access.aws_policies import find_aws_policy
from reconciler.access.powers import UNREAD_POLICIES
from reconciler.policy.canonical import canonical
from tests.support.managed_policies import read_managed_policies

A = "111122223333"
ALICE = f"arn:aws:iam::{A}:user/staff/alice"
AWS = "arn:aws:iam::aws:policy/"


def source(*statements: dict[str, Any], label: str = "p") -> PolicySource:
    return PolicySource(label, canonical({"Version": "2012-10-17", "Statement": list(statements)}))


def says(effect: str, action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def user(*policies: PolicySource, **more: Any) -> Principal:
    return Principal(ALICE, "user", A, policies, **more)


def decision(
    *statements: dict[str, Any], action: str = "s3:GetObject", on: str = "arn:aws:s3:::b/k", **keys: Any
) -> str:
    return evaluate(user(source(*statements)), action, on, Context.of(keys)).decision


YES, NO, NONE = says("Allow", "s3:*"), says("Deny", "s3:*"), says("Allow", "ec2:*")


@pytest.mark.parametrize("layers", list(itertools.product([YES, NO, NONE], repeat=3)))
def test_the_three_layers_intersect_and_a_deny_anywhere_wins(layers: tuple[dict[str, Any], ...]) -> None:
    identity, boundary, session = (source(item) for item in layers)
    asked = Principal(ALICE, "user", A, (identity,), boundary, (session,))
    found = evaluate(asked, "S3:GetObject", "arn:aws:s3:::b/k")
    if NO in layers:
        assert (found.decision, found.reason) == ("deny", VerdictReason.EXPLICIT)
    elif NONE in layers:
        assert found.denied
        expected = [VerdictReason.IMPLICIT, VerdictReason.BOUNDARY, VerdictReason.SESSION][layers.index(NONE)]
        assert found.reason is expected
    else:
        assert found.allowed


@pytest.mark.parametrize(
    ("pattern", "arn", "matches"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k/l", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::B/*", "arn:aws:s3:::b/k", False),
        ("arn:aws:iam::*:role/x", f"arn:aws:iam::{A}:role/x", True),
        ("arn:aws:iam::*", f"arn:aws:iam::{A}:role/x", True),
        ("arn:aws:iam::1*3:role/x", f"arn:aws:iam::{A}:role/x", True),
        ("arn:aws:sqs:eu-*-1:1:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("arn:aws:sqs:e*1:1:q", "arn:aws:sqs:eu:x:1:1:q", False),
        (f"arn:aws:iam::{A}:user/${{aws:username}}", ALICE, False),  # the path is in the way
        (f"arn:aws:iam::{A}:user/*/${{aws:username}}", ALICE, True),
    ],
)
def test_a_resource_matches_by_segments(pattern: str, arn: str, matches: bool) -> None:
    assert (decision(says("Allow", "*", pattern), on=arn) == "allow") is matches
    opposite = {"Effect": "Allow", "Action": "*", "NotResource": pattern}
    assert (decision(opposite, on=arn) == "allow") is not matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("s3:GetObject", True),
        ("S3:getobject", True),
        ("s3:Get*", True),
        ("?3:GetObject", True),
        ("s*:GetObject", True),
        ("*:GetObject", True),
        ("*Object", True),
        ("*", True),
        ("s3:Put*", False),
        ("ec2:GetObject", False),
        ("?:GetObject", False),
    ],
)
def test_an_action_matches_by_wildcards_in_its_service_too(pattern: str, matches: bool) -> None:
    assert decision(says("Allow", ["ec2:Describe*", pattern])) == ("allow" if matches else "deny")


def test_not_action_is_everything_else() -> None:
    statement = {"Effect": "Allow", "NotAction": ["iam:*", "S3:Get*"], "Resource": "*"}
    assert decision(statement, action="s3:PutObject") == "allow"
    assert decision(statement) == "deny"


def test_a_resource_with_an_absent_variable_matches_nothing_under_not_resource_either() -> None:
    """AWS: "the resource that includes a policy variable with no value will not match any resource"."""
    pattern = "arn:aws:s3:::b/${aws:PrincipalTag/team}"
    for tags, positive, negative in (
        ({}, "deny", "allow"),
        (None, "depends", "depends"),
        ({"team": "k"}, "allow", "deny"),
    ):
        for element, expected in (("Resource", positive), ("NotResource", negative)):
            policy = source({"Effect": "Allow", "Action": "*", element: pattern})
            assert evaluate(user(policy, tags=tags), "s3:GetObject", "arn:aws:s3:::b/k").decision == expected


@pytest.mark.parametrize(
    ("resource", "asked", "expected"),
    [
        ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:123456789012:q", "allow"),
        ("arn:aws:sqs:eu-west-1", "arn:aws:sqs:eu-west-1:123456789012:q", "allow"),
        ("arn:aws:sqs:eu-west-1:123456789012", "arn:aws:sqs:eu-west-1:123456789012:q", "allow"),
        ("arn:aws:sqs:us-east-1", "arn:aws:sqs:eu-west-1:123456789012:q", "deny"),
        ("arn:aws:sns", "arn:aws:sqs:eu-west-1:123456789012:q", "deny"),
        ("arn:aws:s3::b", "arn:aws:s3:::b", "deny"),
    ],
)
def test_a_short_arn_is_completed_with_wildcards(resource: str, asked: str, expected: str) -> None:
    """IAM User Guide, "IAM identifiers"; IAM refuses the last one."""
    assert decision(says("Allow", "sqs:*", resource), action="sqs:SendMessage", on=asked) == expected
    negated = {"Effect": "Allow", "Action": "*", "NotResource": resource}
    assert decision(negated, action="sqs:SendMessage", on=asked) != expected


def test_an_unknown_deny_over_an_allow_depends_on_its_keys() -> None:
    deny = says("Deny", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, Sid="Net")
    found = evaluate(user(source(YES, deny)), "s3:GetObject", "*")
    assert (found.decision, found.keys) == ("depends", {"aws:sourceip"})
    assert [item.statement.sid for item in found.deciding_statements if item.statement] == ["Net"]
    assert evaluate(user(source(deny)), "s3:GetObject", "*").denied


BOOL = "aws:MultiFactorAuthPresent"


@pytest.mark.parametrize(
    ("statement", "keys", "with_code"),
    [
        (says("Allow", Condition={"Bool": {BOOL: "true"}}), "deny", "allow"),
        (says("Allow", Condition={"BoolIfExists": {BOOL: "true"}}), "allow", "allow"),
        (says("Deny", Condition={"BoolIfExists": {BOOL: "false"}}), "deny", "allow"),
        (says("Deny", Condition={"Bool": {BOOL: "false"}}), "allow", "allow"),
        (says("Deny", Condition={"Null": {BOOL: "true"}}), "deny", "allow"),
    ],
)
def test_the_table_of_mfa(statement: dict[str, Any], keys: str, with_code: str) -> None:
    allowed = [says("Allow")] if statement["Effect"] == "Deny" else []
    asked = user(source(statement, *allowed))
    assert evaluate(asked, "s3:GetObject", "*", WITHOUT_MFA).decision == keys
    assert evaluate(asked, "s3:GetObject", "*", make_mfa_context()).decision == with_code


def test_a_policy_that_is_not_known_may_allow_and_rarely_denies() -> None:
    unknown = PolicySource(f"{AWS}SomethingNew", None)
    assert evaluate(user(unknown), "s3:GetObject", "*").keys == {f"policy:{AWS}SomethingNew"}
    assert evaluate(user(unknown, source(YES)), "s3:GetObject", "*").allowed
    own = PolicySource(f"arn:aws:iam::{A}:policy/mine", None)
    assert evaluate(user(own, source(YES)), "s3:GetObject", "*").keys == {f"policy:arn:aws:iam::{A}:policy/mine"}
    denying = PolicySource(f"{AWS}AWSLakeFormationDataAdmin", None)
    assert evaluate(user(denying, source(YES)), "s3:GetObject", "*").decision == "depends"
    assert evaluate(user(source(YES), boundary=unknown), "s3:GetObject", "*").decision == "depends"


def test_well_known_policies_are_known() -> None:
    held = {
        name: user(PolicySource(AWS + name, None))
        for name in ("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess")
    }
    assert evaluate(held["AdministratorAccess"], "iam:CreateUser", "*").allowed
    assert evaluate(held["PowerUserAccess"], "iam:CreateUser", "*").denied
    assert evaluate(held["PowerUserAccess"], "sts:AssumeRole", "*").allowed
    assert evaluate(held["ReadOnlyAccess"], "sts:AssumeRole", "*").denied
    assert evaluate(held["ReadOnlyAccess"], "s3:GetObject", "*").decision == "depends"
    both = user(PolicySource(f"{AWS}AdministratorAccess", None), PolicySource(f"{AWS}AWSDenyAll", None))
    assert evaluate(both, "s3:GetObject", "*").reason is VerdictReason.EXPLICIT


def test_what_is_known_of_policies_of_aws_is_true_of_those_that_moto_ships() -> None:
    ceilings = 0
    for name, policy in read_managed_policies().items():
        document, exact = find_aws_policy(AWS + policy["Path"][1:] + name)
        if document is None:
            continue
        real = canonical(policy["Document"])
        if exact:
            assert {item.actions for item in document.statements} == {item.actions for item in real.statements}, name
            continue
        ceilings += 1
        bound = user(PolicySource(AWS + policy["Path"][1:] + name, None))
        for action in (action for item in real.statements for action in item.actions):
            assert evaluate(bound, action, "*").decision == "depends", action
    assert ceilings == 3


def names(*statements: dict[str, Any], **more: Any) -> set[str]:
    return {power.name for power in find_powers(user(source(*statements), **more)) if power.verdict.allowed}


def test_star_on_star_is_every_power() -> None:
    assert names(says("Allow")) >= {"* on *", "iam:* on *", "iam:PassRole with ec2:RunInstances"}
    found = names(says("Allow", "iam:*"))
    assert "iam:* on *" in found and "* on *" not in found and "iam:PassRole with ec2:RunInstances" not in found


def test_not_action_and_wildcards_cover_and_denies_subtract() -> None:
    statement = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    assert "iam:PutUserPolicy" in names(statement)
    assert "iam:PutUserPolicy" in names(says("Allow", "iam:Put*"))
    assert not names(says("Allow", "iam:Put*"), says("Deny", "iam:*"))
    assert not names(says("Allow", "iam:*"), boundary=source(says("Allow", "s3:*")))
    assert names(says("Allow"), says("Deny", "iam:*")) >= {"lambda:UpdateFunctionCode", "ssm:SendCommand"}


def test_a_path_needs_all_its_steps() -> None:
    assert not names(says("Allow", "iam:PassRole"))
    assert names(says("Allow", ["iam:PassRole", "ec2:RunInstances"])) == {"iam:PassRole with ec2:RunInstances"}
    create = ["iam:PassRole", "lambda:CreateFunction"]
    assert not names(says("Allow", create))
    assert names(says("Allow", [*create, "lambda:InvokeFunction"])) == {
        "iam:PassRole with lambda:CreateFunction and lambda:InvokeFunction"
    }


def test_power_over_oneself_counts_if_it_leads_up() -> None:
    itself = f"arn:aws:iam::{A}:user/*/${{aws:username}}"
    assert names(says("Allow", "iam:PutUserPolicy", itself)) == {"iam:PutUserPolicy"}
    assert not names(says("Allow", ["iam:CreateAccessKey", "iam:UpdateLoginProfile"], itself))
    assert not names(says("Allow", "iam:PutUserPolicy", f"arn:aws:iam::{A}:user/other"))


def test_a_condition_makes_a_power_depend_and_unknown_policies_are_one_power() -> None:
    asked = user(source(says("Allow", Condition={"Bool": {BOOL: "true"}})))
    assert {power.verdict.decision for power in find_powers(asked)} == {"depends"}
    assert not find_powers(asked, WITHOUT_MFA)
    found = find_powers(user(PolicySource(f"{AWS}SomethingNew", None)))
    assert [power.name for power in found] == [UNREAD_POLICIES]
