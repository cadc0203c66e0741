"""Whether a trust demands MFA, as AWS evaluates it for this caller."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.assume.mfa import MfaDemand, device, mfa_demand
from reconciler.model.problem import Failed
from reconciler.model.state import MfaDevice
from reconciler.policy.canonical import canonical

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/demo-user"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER = f"arn:aws:iam::{ACCOUNT}:user/other"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ops/ci"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run-7"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NONE = MfaDemand(False)


def allow(principal: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return made | ({"Condition": condition} if condition else {}) | more


def aged(seconds: int) -> dict[str, Any]:
    return MFA | {"NumericLessThan": {"aws:MultiFactorAuthAge": str(seconds)}}


REQUIRED = MfaDemand(True)
CASES = [
    ("the caller by ARN", USER, [allow({"AWS": USER}, MFA)], REQUIRED),
    ("the caller among others", USER, [allow({"AWS": [OTHER, USER]}, MFA)], REQUIRED),
    ("the caller's account", USER, [allow({"AWS": ROOT}, MFA)], REQUIRED),
    ("the account by its number", USER, [allow({"AWS": ACCOUNT}, MFA)], REQUIRED),
    ("anyone", USER, [allow("*", MFA)], REQUIRED),
    ("anyone from AWS", USER, [allow({"AWS": "*"}, MFA)], REQUIRED),
    ("a maximum age", USER, [allow({"AWS": USER}, aged(3600))], MfaDemand(True, 3600)),
    (
        "the age alone, which exists only after MFA",
        USER,
        [allow({"AWS": USER}, {"NumericLessThan": {"aws:MultiFactorAuthAge": 900}})],
        MfaDemand(True, 900),
    ),
    (
        "a key in other letters",
        USER,
        [allow({"AWS": USER}, {"bool": {"AWS:multifactorauthPRESENT": True}})],
        REQUIRED,
    ),
    (
        "an action by pattern",
        USER,
        [allow({"AWS": USER}, MFA, Action=["sts:Assume*", "sts:TagSession"])],
        REQUIRED,
    ),
    ("no condition", USER, [allow({"AWS": USER})], NONE),
    ("IfExists, which lets keys through", USER, [allow({"AWS": USER}, {"BoolIfExists": MFA["Bool"]})], NONE),
    ("MFA for somebody else", USER, [allow({"AWS": OTHER}, MFA), allow({"AWS": USER})], NONE),
    ("a service", USER, [allow({"Service": "ec2.amazonaws.com"}), allow({"AWS": USER}, MFA)], REQUIRED),
    ("nobody", USER, [], NONE),
    ("not named at all", USER, [allow({"AWS": OTHER}, MFA)], NONE),
    ("another action", USER, [allow({"AWS": USER}, MFA, Action="sts:TagSession")], NONE),
    (
        "a second way in without MFA",
        USER,
        [allow({"AWS": USER}, MFA), allow({"AWS": ROOT})],
        NONE,
    ),
    (
        "two ages: the lenient one lets in",
        USER,
        [allow({"AWS": USER}, aged(900)), allow({"AWS": ROOT}, aged(3600))],
        MfaDemand(True, 3600),
    ),
    (
        "one way in with any age",
        USER,
        [allow({"AWS": USER}, aged(900)), allow({"AWS": ROOT}, MFA)],
        REQUIRED,
    ),
    (
        "a guard that denies",
        USER,
        [
            allow({"AWS": USER}),
            allow("*", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, Effect="Deny"),
        ],
        REQUIRED,
    ),
    ("a session's role, path and all", SESSION, [allow({"AWS": ROLE}, MFA)], REQUIRED),
    ("a session's own ARN", SESSION, [allow({"AWS": SESSION}, MFA)], REQUIRED),
    ("another role's session", SESSION, [allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/cd"}, MFA)], NONE),
    ("another partition's account", USER, [allow({"AWS": f"arn:aws-cn:iam::{ACCOUNT}:root"}, MFA)], NONE),
]


@pytest.mark.parametrize(("case", "caller", "statements", "expected"), CASES, ids=[case[0] for case in CASES])
def test_mfa_is_demanded_where_no_way_in_is_without_it(
    case: str, caller: str, statements: list[Any], expected: MfaDemand
) -> None:
    trust = canonical({"Version": "2012-10-17", "Statement": statements})
    assert mfa_demand(trust, caller, ACCOUNT) == expected


VIRTUAL = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
FIDO = f"arn:aws:iam::{ACCOUNT}:u2f/user/demo-user/key"


@pytest.mark.parametrize(
    ("serials", "expected"),
    [
        ([VIRTUAL], VIRTUAL),
        ([FIDO, VIRTUAL], VIRTUAL),
        (["GAHT12345678", VIRTUAL], VIRTUAL),
        ([FIDO, "GAHT12345678"], "GAHT12345678"),
    ],
)
def test_the_device_is_one_that_gives_codes(serials: list[str], expected: str) -> None:
    assert device([MfaDevice(serial) for serial in serials], USER) == expected


@pytest.mark.parametrize(("serials", "said"), [([FIDO], "security keys"), ([], "no MFA device")])
def test_a_caller_without_codes_is_told_why(serials: list[str], said: str) -> None:
    with pytest.raises(Failed) as caught:
        device([MfaDevice(serial) for serial in serials], USER)
    message = caught.value.problems[0].message
    assert said in message and USER in message and "Enrol" in message
