"""Ways into an emergency role on which MFA is demanded, and passwords that a policy of the account lets expire.

IAM User Guide, "Configuring MFA-protected API access" and "AWS global condition context keys": with long-term keys
aws:MultiFactorAuthPresent is absent, unless a session was made with a code; in the console it is there, true or false.
A passkey signs in to the console and gives no codes for API calls. IAM API, UpdateAccountPasswordPolicy: MaxPasswordAge
counts for old passwords at once; with HardExpiry, who lets a password expire is shut out of the console; keys go on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds.account import PasswordPolicy
from tests.support.lockouts import (
    ALICE_ONLY,
    ALLOW_EMERGENCY,
    CLOSED_TO_ALL,
    IAM,
    KEY,
    MFA,
    NO_CREDENTIALS,
    OKTA,
    OPEN_TO_ACCOUNT,
    PASSKEY,
    PASSWORD,
    TOKEN,
    LockoutCase,
    SignInMethods,
    allow,
    allow_assume,
    allowed_case,
    assert_verdict,
    deny,
    emergency_role,
    group,
    group_addresses,
    lockout_case,
    okta_trust,
    role,
    tag_condition,
    trust,
    user,
    with_device,
)

BY_ALICE, BY_BOTH = emergency_role(trust("user/alice")), emergency_role(trust("user/alice", "user/bob"))
ASKS = {"before": [BY_ALICE], "after": [emergency_role(trust("user/alice", **MFA))]}
RECENT = {
    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
}
GUARD = deny("*", **tag_condition("aws:MultiFactorAuthPresent", "false", "BoolIfExists"))
HALF_A_GUARD = deny("*", **tag_condition("aws:MultiFactorAuthPresent", "false", "Bool"))
HALF_AN_ALLOW = tag_condition("aws:MultiFactorAuthPresent", "true", "BoolIfExists")
ERIN = user("erin", allow())


def join_group(*statements: Any) -> dict[str, Any]:
    """alice, whom the trust names, joins a group with these statements."""
    return {
        "before": [user("alice")],
        "after": [user("alice", groups=group_addresses("people"))],
        "both": [BY_ALICE, group("people", *statements)],
    }


DEVICES: dict[str, LockoutCase] = {
    "the trust comes to ask for MFA of a user without a device": lockout_case(
        "alice cannot give a code",
        people={"alice": PASSWORD},
        **ASKS,
    ),
    "the trust comes to ask for MFA of a user with a virtual device": allowed_case(
        "alice gives a code",
        people={"alice": with_device(PASSWORD)},
        **ASKS,
    ),
    "the trust comes to ask for MFA of a user with a key and a virtual device": allowed_case(
        "alice gives a code with her key",
        people={"alice": with_device(KEY)},
        **ASKS,
    ),
    "the trust comes to ask for MFA of a user with a hardware token": allowed_case(
        "its codes are taken as a virtual device's",
        people={"alice": with_device(KEY, TOKEN)},
        **ASKS,
    ),
    "the trust comes to ask for MFA of a user with a key and a passkey": lockout_case(
        "a passkey gives no codes, and who has no password does not come by the console",
        people={"alice": with_device(KEY, PASSKEY)},
        **ASKS,
    ),
    "the trust comes to ask for MFA of a user with a password and a passkey": allowed_case(
        "a console session that began with the passkey carries MFA, and switches roles",
        people={"alice": with_device(PASSWORD, PASSKEY)},
        **ASKS,
    ),
    "the trust comes to ask for MFA of a user whose devices nobody may read": lockout_case(
        "what is not known is not a device",
        people={"alice": replace(PASSWORD, devices=None)},
        **ASKS,
    ),
    "the trust asked for MFA before, and nobody may read the devices": allowed_case(
        "the way is as unknown as before",
        before=[emergency_role(trust("user/alice", **MFA))],
        after=[emergency_role(trust("user/alice", **MFA), description="For emergencies")],
        people={"alice": replace(PASSWORD, devices=None)},
    ),
    "the trust comes to ask for a fresh code of a user with a device": allowed_case(
        "alice gives one within the hour",
        before=[BY_ALICE],
        after=[emergency_role(trust("user/alice", **RECENT))],
        people={"alice": with_device(PASSWORD)},
    ),
    "the trust comes to ask for a fresh code of a user without a device": lockout_case(
        "alice cannot give a code",
        before=[BY_ALICE],
        after=[emergency_role(trust("user/alice", **RECENT))],
        people={"alice": PASSWORD},
    ),
    "the trust comes to ask for MFA of two users, of whom one has a device": allowed_case(
        "bob gives a code",
        before=[BY_BOTH],
        after=[emergency_role(trust("user/alice", "user/bob", **MFA))],
        people={"alice": PASSWORD, "bob": with_device(KEY)},
    ),
    "the trust drops the only user with a device": lockout_case(
        "alice stays trusted with MFA, and cannot give a code",
        before=[emergency_role(trust("user/alice", "user/bob", **MFA))],
        after=[emergency_role(trust("user/alice", **MFA))],
        people={"alice": PASSWORD, "bob": with_device(KEY)},
    ),
    "the trust drops a user without a device": allowed_case(
        "alice could not enter, and bob does",
        before=[emergency_role(trust("user/alice", "user/bob", **MFA))],
        after=[emergency_role(trust("user/bob", **MFA))],
        people={"alice": PASSWORD, "bob": with_device(KEY)},
    ),
    "the trust asked for MFA of users without devices": allowed_case(
        "nobody could enter before",
        before=[emergency_role(trust("user/alice", "user/bob", **MFA))],
        after=[emergency_role(trust("user/bob", **MFA))],
        people={"alice": PASSWORD, "bob": KEY},
    ),
    "the trust asks for MFA no more": allowed_case(
        "the way becomes wider",
        before=[emergency_role(trust("user/alice", **MFA))],
        after=[BY_ALICE],
        people={"alice": with_device(PASSWORD)},
    ),
    "the user with the only device is deleted": lockout_case(
        "its device goes with it",
        before=[user("bob"), emergency_role(trust("user/alice", "user/bob", **MFA))],
        after=[emergency_role(trust("user/alice", **MFA))],
        people={"alice": PASSWORD, "bob": with_device(PASSWORD)},
    ),
    "the user's permission comes to ask for MFA, and there is no device": lockout_case(
        "the account's trust asks for an Allow, which needs a code",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("emergency", **MFA))],
        both=[OPEN_TO_ACCOUNT],
        people={"alice": PASSWORD},
    ),
    "the user's permission comes to ask for MFA, and there is a device": allowed_case(
        "alice gives a code",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("emergency", **MFA))],
        both=[OPEN_TO_ACCOUNT],
        people={"alice": with_device(PASSWORD)},
    ),
}

GUARDS: dict[str, LockoutCase] = {
    "the user joins a group that denies everything without MFA, and has no device": lockout_case(
        "BoolIfExists false holds for keys and for sessions without a code",
        people={"alice": SignInMethods(True, (True,))},
        **join_group(GUARD),
    ),
    "the user joins a group that denies everything without MFA, and has a device": allowed_case(
        "with a code the Deny does not hold",
        people={"alice": with_device(PASSWORD)},
        **join_group(GUARD),
    ),
    "the user joins a group that denies other calls without MFA, and has no device": allowed_case(
        "sts:AssumeRole is not among them",
        people={"alice": PASSWORD},
        **join_group({**GUARD, "Action": "s3:*"}),
    ),
    "the user has a key, and Bool false is to deny who has no MFA": allowed_case(
        "with a long-term key the condition's key is absent, and Bool does not match",
        people={"alice": KEY},
        **join_group(HALF_A_GUARD),
    ),
    "the user has a password alone, and Bool false is to deny who has no MFA": lockout_case(
        "a console session without a code carries the key as false",
        people={"alice": PASSWORD},
        **join_group(HALF_A_GUARD),
    ),
    "the user has a key, and BoolIfExists true is to allow who has MFA": allowed_case(
        "with a long-term key the condition's key is absent, and IfExists matches",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("emergency", **HALF_AN_ALLOW))],
        both=[OPEN_TO_ACCOUNT],
        people={"alice": KEY},
    ),
    "the user has a password alone, and BoolIfExists true is to allow who has MFA": lockout_case(
        "a console session without a code carries the key as false",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("emergency", **HALF_AN_ALLOW))],
        both=[OPEN_TO_ACCOUNT],
        people={"alice": PASSWORD},
    ),
    "the guarded user joins a group that denies everything without MFA, and has no device": lockout_case(
        "erin signs in and can undo nothing",
        locked_out="user/erin",
        break_glass=("user/erin",),
        before=[ERIN],
        after=[replace(ERIN, groups=group_addresses("people"))],
        both=[group("people", GUARD)],
        people={"erin": PASSWORD},
    ),
    "the guarded user joins a group that denies everything without MFA, and has a device": allowed_case(
        "with a code erin can undo everything",
        break_glass=("user/erin",),
        before=[ERIN],
        after=[replace(ERIN, groups=group_addresses("people"))],
        both=[group("people", GUARD)],
        people={"erin": with_device(PASSWORD)},
    ),
    "the guarded user has a key and a passkey, and joins that group": lockout_case(
        "a passkey gives no codes for API calls",
        locked_out="user/erin",
        break_glass=("user/erin",),
        before=[ERIN],
        after=[replace(ERIN, groups=group_addresses("people"))],
        both=[group("people", GUARD)],
        people={"erin": with_device(KEY, PASSKEY)},
    ),
}

BARE = PasswordPolicy("password-policy")
EXPIRES = replace(BARE, max_age=90, hard_expiry=True)
OF_ERIN: dict[str, Any] = {"break_glass": ("user/erin",), "both": [user("erin", inline_policies={"own": IAM})]}
HUB = role("hub", trust("user/alice"))


def policies(before: PasswordPolicy | None, after: PasswordPolicy) -> dict[str, Any]:
    return {"before": [before] if before else [], "after": [after]}


PASSWORDS: dict[str, LockoutCase] = {
    "passwords come to expire for good, and the emergency user has nothing else": lockout_case(
        "a password older than 90 days shuts erin out at once",
        locked_out="user/erin",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and the emergency user has a key": allowed_case(
        "access keys do not expire",
        people={"erin": SignInMethods(True, (True,))},
        **OF_ERIN,
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and the emergency user has an inactive key": lockout_case(
        "AWS refuses an inactive key",
        locked_out="user/erin",
        people={"erin": SignInMethods(True, (False,))},
        **OF_ERIN,
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and nobody may read the emergency user's keys": lockout_case(
        "what is not known is not a key",
        locked_out="user/erin",
        people={"erin": SignInMethods(True, None)},
        **OF_ERIN,
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and the emergency user has a key alone": allowed_case(
        "there is no password that could expire",
        people={"erin": KEY},
        **OF_ERIN,
        **policies(BARE, EXPIRES),
    ),
    "the account gets its first password policy, and passwords expire for good": lockout_case(
        "without a policy no password expires",
        locked_out="user/erin",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(None, EXPIRES),
    ),
    "passwords come to expire, and people may set a new one": allowed_case(
        "without HardExpiry who signs in with an old password is asked for a new one",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(BARE, replace(BARE, max_age=90)),
    ),
    "expired passwords come to shut out": lockout_case(
        "a password older than 90 days could be renewed by its user before",
        locked_out="user/erin",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(replace(BARE, max_age=90), EXPIRES),
    ),
    "expired passwords come to shut out, and none expires": allowed_case(
        "HardExpiry without MaxPasswordAge does nothing",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(BARE, replace(BARE, hard_expiry=True)),
    ),
    "passwords that expire for good come to be longer": allowed_case(
        "their age counts as before",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(EXPIRES, replace(EXPIRES, minimum_length=14)),
    ),
    "passwords expire for good in fewer days": lockout_case(
        "one of 60 days worked before and does not now",
        locked_out="user/erin",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(EXPIRES, replace(EXPIRES, max_age=30)),
    ),
    "passwords expire for good in more days": allowed_case(
        "whatever worked works longer",
        people={"erin": PASSWORD},
        **OF_ERIN,
        **policies(EXPIRES, replace(EXPIRES, max_age=365)),
    ),
    "passwords come to expire for good, and the emergency role's only user has nothing else": lockout_case(
        "alice is the way into the role, and a password older than 90 days shuts her out",
        both=[BY_ALICE],
        people=ALICE_ONLY,
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and another user enters by key": allowed_case(
        "access keys do not expire",
        both=[BY_BOTH],
        people={"alice": PASSWORD, "bob": KEY},
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and people come by a provider": allowed_case(
        "IAM knows no password of theirs",
        both=[emergency_role(okta_trust(), trust("user/alice")), OKTA],
        people={"alice": PASSWORD},
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and the only user is two hops before": lockout_case(
        "alice is the way to hub, and so to emergency",
        both=[HUB, emergency_role(trust("role/hub"))],
        people=ALICE_ONLY,
        **policies(BARE, EXPIRES),
    ),
    "passwords come to expire for good, and nobody could enter": allowed_case(
        "bob has no password that could expire",
        both=[CLOSED_TO_ALL],
        people={"bob": NO_CREDENTIALS},
        **policies(BARE, EXPIRES),
    ),
}

ROWS = DEVICES | GUARDS | PASSWORDS


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_way_counts_only_if_its_user_meets_mfa_and_keeps_its_password(row: LockoutCase) -> None:
    assert_verdict(row)
