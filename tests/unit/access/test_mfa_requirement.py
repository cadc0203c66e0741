"""Roles for whose assumption MFA decides, whoever demands it and by whichever operator.

IAM User Guide, "Secure API access with MFA", "AWS global condition context keys" (aws:MultiFactorAuthPresent and
aws:MultiFactorAuthAge are absent for long-term keys), "Condition operators" (…IfExists, Null).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.access import Context, MfaRequirement, PolicySource, Principal, Target, make_external_principal
from reconciler.policy.canonical import canonical

A = "123456789012"
ROLE = f"arn:aws:iam::{A}:role/app"
USER = f"arn:aws:iam::{A}:user/team/demo-user"
ROOT = f"arn:aws:iam::{A}:root"
OTHER = f"arn:aws:iam::{A}:user/other"
PRESENT, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
MFA = {"Bool": {PRESENT: "true"}}


def document(*statements: Mapping[str, Any]) -> Any:
    return canonical({"Version": "2012-10-17", "Statement": [dict(one) for one in statements]})


def says(effect: str, condition: Any = None, **more: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Action": "sts:AssumeRole", "Resource": "*", **more}
    return made | ({"Condition": condition} if condition else {})


def lets(principal: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal} | more
    return made | ({"Condition": condition} if condition else {})


def denies(condition: Any) -> dict[str, Any]:
    return lets("*", condition, Effect="Deny")


def younger(seconds: int) -> dict[str, Any]:
    return MFA | {"NumericLessThan": {AGE: str(seconds)}}


NAMED, BY_ACCOUNT = lets({"AWS": USER}), lets({"AWS": ROOT})
ALL = says("Allow")
GUARD = says(
    "Deny", {"BoolIfExists": {PRESENT: "false"}}, NotAction=["iam:ListMFADevices", "sts:GetSessionToken"], Action=None
)
GUARD.pop("Action")


@dataclass(frozen=True)
class Case:
    """Statements of a trust and of a caller's policies and boundary, and whether MFA is required, and how young."""

    trust: tuple[Any, ...]
    policies: tuple[Any, ...] = (ALL,)
    boundary: tuple[Any, ...] | None = None
    required: bool = True
    max_age: int | None = None
    context: Context = field(default_factory=Context)


CASES = {
    # the trust
    "the caller by ARN": Case((lets({"AWS": USER}, MFA),)),
    "the caller among others": Case((lets({"AWS": [OTHER, USER]}, MFA),)),
    "its account": Case((lets({"AWS": ROOT}, MFA),)),
    "its account by number": Case((lets({"AWS": A}, MFA),)),
    "anyone": Case((lets("*", MFA),)),
    "a maximum age": Case((lets({"AWS": USER}, younger(3600)),), max_age=3600),
    "the age alone": Case((lets({"AWS": USER}, {"NumericLessThan": {AGE: 900}}),), max_age=900),
    "the age itself included": Case((lets({"AWS": USER}, {"NumericLessThanEquals": {AGE: 900}}),), max_age=901),
    "the age at least": Case((lets({"AWS": USER}, {"NumericGreaterThan": {AGE: 0}}),)),
    "one age": Case((lets({"AWS": USER}, {"NumericEquals": {AGE: 5}}),), max_age=6),
    "ages between two": Case(
        (lets({"AWS": USER}, {"NumericGreaterThan": {AGE: 60}, "NumericLessThan": {AGE: 900}}),), max_age=900
    ),
    "a Deny of a fresh code": Case((lets({"AWS": USER}, MFA), denies({"NumericLessThan": {AGE: 60}}))),
    "other letters": Case((lets({"AWS": USER}, {"Bool": {"AWS:multifactorauthPRESENT": True}}),)),
    "an action by pattern": Case((lets({"AWS": USER}, MFA, Action=["sts:Assume*", "sts:TagSession"]),)),
    "an age that exists": Case((lets({"AWS": USER}, {"Null": {AGE: "false"}}),)),
    "a presence that exists": Case((lets({"AWS": USER}, {"Null": {PRESENT: "false"}}),)),
    "a Deny in the trust": Case((NAMED, denies({"BoolIfExists": {PRESENT: "false"}}))),
    "a Deny in the trust by Null of the age": Case((NAMED, denies({"Null": {AGE: "true"}}))),
    "a Deny in the trust by Null of the presence": Case((NAMED, denies({"Null": {PRESENT: "true"}}))),
    "a Deny in the trust of an old MFA, or of none": Case(
        (NAMED, denies({"NumericGreaterThanIfExists": {AGE: "3600"}})), max_age=3601
    ),
    "a Deny in the trust that has another condition beside": Case(
        (NAMED, denies({"Null": {AGE: "true"}, "StringNotEquals": {"aws:username": "root-of-all"}}))
    ),
    "two ages, of which the lenient one lets in": Case(
        (lets({"AWS": USER}, younger(900)), lets({"AWS": ROOT}, younger(3600))), max_age=3600
    ),
    "one way in with any age": Case((lets({"AWS": USER}, younger(900)), lets({"AWS": ROOT}, MFA))),
    # the caller's side
    "the guard": Case((NAMED,), (ALL, GUARD)),
    "the guard, with the account trusted": Case((BY_ACCOUNT,), (ALL, GUARD)),
    "an Allow of the caller": Case((BY_ACCOUNT,), (says("Allow", MFA),)),
    "an Allow of the caller with an age": Case((BY_ACCOUNT,), (says("Allow", younger(60)),), max_age=60),
    "an Allow of the caller by Null": Case((BY_ACCOUNT,), (says("Allow", {"Null": {AGE: "false"}}),)),
    "a Deny of the caller by Null": Case((NAMED,), (ALL, says("Deny", {"Null": {AGE: "true"}}))),
    "a Deny of the caller by Bool alone lets long-term keys through": Case(
        (NAMED,), (ALL, says("Deny", {"Bool": {PRESENT: "false"}})), required=False
    ),
    "a Deny of the boundary": Case((NAMED,), (ALL,), (ALL, says("Deny", {"BoolIfExists": {PRESENT: "false"}}))),
    "an Allow of the boundary": Case((BY_ACCOUNT,), (ALL,), (says("Allow", MFA),)),
    "both sides, and the shorter age": Case(
        (lets({"AWS": ROOT}, younger(3600)),), (says("Allow", younger(60)),), max_age=60
    ),
    "a way without MFA that this call does not go": Case(
        (lets({"AWS": USER}, MFA), lets({"AWS": USER}, {"StringEquals": {"sts:ExternalId": "x-1"}})),
        context=Context.of(absent=["sts:ExternalId"]),
    ),
    # nobody demands it
    "no condition": Case((NAMED,), required=False),
    "IfExists, which lets keys through": Case((lets({"AWS": USER}, {"BoolIfExists": MFA["Bool"]}),), required=False),
    "Null that asks for no MFA": Case((lets({"AWS": USER}, {"Null": {AGE: "true"}}),), required=False),
    "MFA for somebody else": Case((lets({"AWS": OTHER}, MFA), NAMED), required=False),
    "a second way in without MFA": Case((lets({"AWS": USER}, MFA), BY_ACCOUNT), required=False),
    "the way without MFA that this call goes": Case(
        (lets({"AWS": USER}, MFA), lets({"AWS": USER}, {"StringEquals": {"sts:ExternalId": "x-1"}})),
        required=False,
        context=Context.of({"sts:ExternalId": "x-1"}),
    ),
    # MFA would not help
    "nobody is let in": Case((), required=False),
    "MFA on the wrong action": Case((lets({"AWS": USER}, MFA, Action="sts:TagSession"),), required=False),
    "MFA, and a Deny for good": Case((lets({"AWS": USER}, MFA),), (ALL, says("Deny")), required=False),
    "MFA, and no policy of the caller": Case((lets({"AWS": ROOT}, MFA),), (), required=False),
    "no age": Case(
        (lets({"AWS": USER}, {"NumericGreaterThan": {AGE: 900}, "NumericLessThan": {AGE: 60}}),), required=False
    ),
    "MFA is forbidden": Case((lets({"AWS": USER}, MFA), denies({"Bool": {PRESENT: "true"}})), required=False),
    "another partition's account": Case((lets({"AWS": f"arn:aws-cn:iam::{A}:root"}, MFA),), required=False),
}


def demand(case: Case, principal: Principal | None = None) -> MfaRequirement:
    who = principal or Principal(
        USER,
        "user",
        A,
        (PolicySource("own", document(*case.policies)),) if case.policies else (),
        None if case.boundary is None else PolicySource("boundary", document(*case.boundary)),
    )
    return MfaRequirement(who, Target(ROLE, document(*case.trust), {}), case.context)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_mfa_is_required_if_the_call_is_denied_without_it_and_not_with_it(case: Case) -> None:
    found = demand(case)
    assert (found.is_required, found.max_age) == (case.required, case.max_age)
    assert found.may_matter == case.required


@pytest.mark.parametrize(
    ("trust", "required", "may_matter"),
    [
        ((lets({"AWS": USER}, MFA),), True, True),
        ((NAMED, denies({"Null": {AGE: "true"}})), True, True),
        ((NAMED,), False, True),
        ((BY_ACCOUNT,), False, True),
        ((lets({"AWS": OTHER}, MFA),), False, False),
    ],
)
def test_policies_that_nobody_saw_may_demand_mfa(trust: Any, required: bool, may_matter: bool) -> None:
    found = demand(Case(trust), make_external_principal(USER))
    assert (found.is_required, found.may_matter) == (required, may_matter)


def test_an_address_that_is_not_known_may_stand_in_for_mfa() -> None:
    outside = {"BoolIfExists": {PRESENT: "false"}, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    found = demand(Case((NAMED, denies(outside))))
    assert not found.is_required and found.may_matter and found.verdict_without_mfa.keys == {"aws:sourceip"}


def test_a_demand_of_another_action_of_the_call_counts() -> None:
    trust = (NAMED, lets({"AWS": USER}, MFA, Action="sts:TagSession"))
    plain = demand(Case(trust))
    tagging = MfaRequirement(plain.principal, plain.role, actions=("sts:AssumeRole", "sts:TagSession"))
    assert not plain.is_required and tagging.is_required


SESSION = f"arn:aws:sts::{A}:assumed-role/ci/run-7"
CI = f"arn:aws:iam::{A}:role/ops/ci"


@pytest.mark.parametrize(
    ("principal", "required"),
    [({"AWS": CI}, True), ({"AWS": SESSION}, True), ({"AWS": f"arn:aws:iam::{A}:role/cd"}, False)],
)
def test_mfa_is_demanded_of_a_session_that_can_give_none(principal: Any, required: bool) -> None:
    trust = document(lets(principal, MFA))
    found = MfaRequirement(make_external_principal(SESSION, trust), Target(ROLE, trust))
    assert found.is_required == required and found.verdict_without_mfa.denied


def test_a_session_of_a_user_without_mfa_is_told_from_long_term_keys() -> None:
    """GetSessionToken without a code: the key exists, and is false."""
    known = Context.of({PRESENT: False}, absent=[AGE])
    case = Case((NAMED,), (ALL, says("Deny", {"Bool": {PRESENT: "false"}})))
    assert not demand(case).is_required
    found = demand(case)
    assert MfaRequirement(found.principal, found.role, no_mfa_context=known).is_required


SOFT_TESTS: dict[str, tuple[dict[str, Any], bool]] = {
    "the key is there": ({"Null": {PRESENT: "false"}}, False),
    "the key has any value": ({"StringLike": {PRESENT: "*"}}, False),
    "yes or no": ({"Bool": {PRESENT: ["true", "false"]}}, False),
    "yes": (MFA, True),
    "the age is there": ({"Null": {AGE: "false"}}, True),
}


@pytest.mark.parametrize(("condition", "always"), SOFT_TESTS.values(), ids=SOFT_TESTS)
def test_a_session_without_mfa_passes_tests_that_keys_fail(condition: dict[str, Any], always: bool) -> None:
    found = demand(Case((lets({"AWS": USER}, condition),)))
    assert found.is_required
    assert (found.is_required_always, found.verdict_of_session.denied) == (always, always)
