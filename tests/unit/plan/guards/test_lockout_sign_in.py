"""Beginnings of ways in: passwords, access keys and MFA devices, of the people on the way and of guarded users.

A user signs in with a password or an active key; an inactive key does not count. A key that nobody may read is
unknown: if the plan leaves it alone nothing is lost, but it cannot take the place of a way that the plan closes. Root
runs every plan. Each refused row is followed by its near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.lockouts import (
    ALLOW_EMERGENCY,
    CLOSED_TO_ALL,
    IAM,
    INACTIVE,
    KEY,
    NO_CREDENTIALS,
    OKTA,
    OPEN_TO_ACCOUNT,
    PASSWORD,
    UNREADABLE,
    LockoutCase,
    SignInMethods,
    allowed_case,
    assert_verdict,
    deny,
    emergency_role,
    group,
    group_addresses,
    lockout_case,
    okta_trust,
    role,
    trust,
    user,
)

ERIN = user("erin", inline_policies={"own": IAM})
SIGNS_IN, SIGNS_IN_NO_MORE = replace(ERIN, console=True), replace(ERIN, console=False)
OF_ERIN = {"break_glass": ("user/erin",), "before": [SIGNS_IN], "after": [SIGNS_IN_NO_MORE]}
WITH_PASSWORD, WITHOUT_PASSWORD = user("alice", console=True), user("alice", console=False)
OF_ALICE = {"before": [WITH_PASSWORD], "after": [WITHOUT_PASSWORD]}
BY_ALICE, BY_BOTH = emergency_role(trust("user/alice")), emergency_role(trust("user/alice", "user/bob"))


OF_A_GUARDED_USER: dict[str, LockoutCase] = {
    "the password goes, and there is no key": lockout_case(
        "erin signs in by nothing any more",
        locked_out="user/erin",
        people={"erin": PASSWORD},
        **OF_ERIN,
    ),
    "the password goes, and there is an active key": allowed_case(
        "erin still signs in with her key",
        people={"erin": SignInMethods(True, (True,))},
        **OF_ERIN,
    ),
    "the password goes, and the key is inactive": lockout_case(
        "AWS refuses an inactive key",
        locked_out="user/erin",
        people={"erin": SignInMethods(True, (False,))},
        **OF_ERIN,
    ),
    "the password goes, and one of two keys is active": allowed_case(
        "one key is enough",
        people={"erin": SignInMethods(True, (False, True))},
        **OF_ERIN,
    ),
    "the password goes, and nobody may read the keys": lockout_case(
        "what is not known is not a key",
        locked_out="user/erin",
        people={"erin": SignInMethods(True, None)},
        **OF_ERIN,
    ),
    "the guarded user has a password, and joins a group": allowed_case(
        "sign-in and rights stay",
        break_glass=("user/erin",),
        before=[ERIN],
        after=[replace(ERIN, groups=group_addresses("readers"))],
        both=[group("readers", deny("s3:*"))],
        people={"erin": PASSWORD},
    ),
    "nobody may read how the guarded user signs in, and its tags change": allowed_case(
        "the plan touches no sign-in",
        break_glass=("user/erin",),
        before=[ERIN],
        after=[replace(ERIN, tags={**ERIN.tags, "team": "b"})],
        people={"erin": UNREADABLE},
    ),
    "a guarded user without credentials gets another Deny by its group": allowed_case(
        "it could not sign in before",
        break_glass=("user/erin",),
        before=[replace(ERIN, groups=group_addresses("readers")), group("readers", deny("s3:*"))],
        after=[replace(ERIN, groups=group_addresses("readers")), group("readers", deny("ec2:*"))],
        people={"erin": NO_CREDENTIALS},
    ),
}

OF_WHO_IS_ON_THE_WAY: dict[str, LockoutCase] = {
    "the password of the only user goes": lockout_case(
        "alice was the way into the role, and signs in by nothing any more",
        both=[BY_ALICE],
        people={"alice": PASSWORD},
        **OF_ALICE,
    ),
    "the password of the only user goes, and there is an active key": allowed_case(
        "alice still enters by key",
        both=[BY_ALICE],
        people={"alice": SignInMethods(True, (True,))},
        **OF_ALICE,
    ),
    "the password of the only user goes, and the key is inactive": lockout_case(
        "AWS refuses an inactive key",
        both=[BY_ALICE],
        people={"alice": SignInMethods(True, (False,))},
        **OF_ALICE,
    ),
    "the password of the only user goes, and nobody may read the keys": lockout_case(
        "what is not known is not a key",
        both=[BY_ALICE],
        people={"alice": SignInMethods(True, None)},
        **OF_ALICE,
    ),
    "the password of one of two users goes": allowed_case(
        "bob still enters with his",
        both=[BY_BOTH],
        people={"alice": PASSWORD, "bob": PASSWORD},
        **OF_ALICE,
    ),
    "the password of one of two users goes, and the other has an inactive key": lockout_case(
        "bob cannot sign in",
        both=[BY_BOTH],
        people={"alice": PASSWORD, "bob": INACTIVE},
        **OF_ALICE,
    ),
    "the password of the only user goes, two hops before": lockout_case(
        "nobody reaches hub, and so nobody reaches emergency",
        both=[role("hub", trust("user/alice")), emergency_role(trust("role/hub"))],
        people={"alice": PASSWORD},
        **OF_ALICE,
    ),
    "the password of one of two users goes, two hops before": allowed_case(
        "bob still comes over hub",
        both=[role("hub", trust("user/alice", "user/bob")), emergency_role(trust("role/hub"))],
        people={"alice": PASSWORD, "bob": KEY},
        **OF_ALICE,
    ),
    "the password of a user who may not enter goes": allowed_case(
        "alice was no way in, and bob's stays",
        both=[emergency_role(trust("user/bob"))],
        people={"alice": PASSWORD, "bob": KEY},
        **OF_ALICE,
    ),
    "the password of the only user goes four hops before": lockout_case(
        "nobody reaches lobby",
        both=[
            role("lobby", trust("user/alice")),
            role("desk", trust("role/lobby")),
            role("hub", trust("role/desk")),
            emergency_role(trust("role/hub")),
        ],
        people={"alice": PASSWORD},
        **OF_ALICE,
    ),
    "the user with the only active key is deleted": lockout_case(
        "its key goes with it, and bob's is inactive",
        before=[user("alice"), BY_BOTH],
        after=[CLOSED_TO_ALL],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "a user with an inactive key is deleted": allowed_case(
        "bob was no way in",
        before=[user("bob"), BY_BOTH],
        after=[BY_ALICE],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "the trust drops the only active key, and one with an inactive key stays": lockout_case(
        "bob cannot sign in",
        before=[BY_BOTH],
        after=[CLOSED_TO_ALL],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "the trust drops an inactive key, and an active one stays": allowed_case(
        "bob was no way in",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "the users of the trust have inactive keys alone": allowed_case(
        "nobody could enter before",
        before=[BY_BOTH],
        after=[CLOSED_TO_ALL],
        people={"alice": INACTIVE, "bob": INACTIVE},
    ),
}

UNREAD: dict[str, LockoutCase] = {
    "nobody may read how the only user signs in, and the description changes": allowed_case(
        "the plan touches no way",
        before=[BY_ALICE],
        after=[emergency_role(trust("user/alice"), description="For emergencies")],
        people={"alice": UNREADABLE},
    ),
    "nobody may read how the only user signs in, and the trust drops it": lockout_case(
        "it may have been a way, and nothing stays",
        before=[emergency_role(trust("user/alice", "user/bob"))],
        after=[CLOSED_TO_ALL],
        people={"alice": UNREADABLE, "bob": NO_CREDENTIALS},
    ),
    "the trust drops who can sign in, and of the other nobody may read it": lockout_case(
        "a way that is known goes, and one that is not known stays",
        before=[BY_BOTH],
        after=[CLOSED_TO_ALL],
        people={"alice": PASSWORD, "bob": UNREADABLE},
    ),
    "the trust drops one of whom nobody may read it, and who can sign in stays": allowed_case(
        "alice enters as before",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": PASSWORD, "bob": UNREADABLE},
    ),
    "the trust drops one without credentials, and of the other nobody may read it": allowed_case(
        "bob was no way in, and alice's is as unknown as before",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": UNREADABLE, "bob": NO_CREDENTIALS},
    ),
    "the password is known and the keys are not, and another is dropped": allowed_case(
        "alice's password is enough",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": SignInMethods(True, None), "bob": KEY},
    ),
    "the password is not known and the key is active, and another is dropped": allowed_case(
        "alice's key is enough",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": SignInMethods(None, (True,)), "bob": KEY},
    ),
    "the password is not known and the key is inactive, and the other is dropped": lockout_case(
        "a way that is known goes, and one that is not known stays",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": SignInMethods(None, (False,)), "bob": KEY},
    ),
    "nobody may read how the users sign in, and a provider stays": allowed_case(
        "people of the provider enter as before",
        before=[emergency_role(trust("user/alice"), okta_trust())],
        after=[emergency_role(okta_trust())],
        both=[OKTA],
        people={"alice": UNREADABLE},
    ),
    "the user of whom nobody may read it loses the permission": lockout_case(
        "it may have been a way, and nothing stays",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice")],
        both=[OPEN_TO_ACCOUNT],
        people={"alice": UNREADABLE},
    ),
    "the user of whom nobody may read it gets another policy": allowed_case(
        "its way is as unknown as before",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", ALLOW_EMERGENCY, policies=frozenset(["arn:aws:iam::aws:policy/ReadOnlyAccess"]))],
        both=[OPEN_TO_ACCOUNT],
        people={"alice": UNREADABLE},
    ),
}

ROWS = OF_A_GUARDED_USER | OF_WHO_IS_ON_THE_WAY | UNREAD


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_way_begins_only_at_who_can_sign_in(row: LockoutCase) -> None:
    assert_verdict(row)
