"""Where ways in begin: passwords, access keys and MFA devices, of the people on the way and of guarded users.

A user signs in with a password or an active key; an inactive key is none. What nobody may read is neither yes nor no:
left alone it is no loss, and it is no way that could stand in for one that goes. Root runs every plan. Each refused row
is followed by its near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.lockouts import (
    IAM,
    INACTIVE,
    KEY,
    MAY_ENTER,
    NOBODY,
    NONE,
    OKTA,
    OPEN,
    PASSWORD,
    UNREADABLE,
    Credentials,
    Row,
    allowed,
    assert_verdict,
    deny,
    emergency,
    group,
    members,
    okta,
    refused,
    role,
    trust,
    user,
)

ERIN = user("erin", inline_policies={"own": IAM})
SIGNS_IN, SIGNS_IN_NO_MORE = replace(ERIN, console=True), replace(ERIN, console=False)
OF_ERIN = {"break_glass": ("user/erin",), "before": [SIGNS_IN], "after": [SIGNS_IN_NO_MORE]}
WITH_PASSWORD, WITHOUT_PASSWORD = user("alice", console=True), user("alice", console=False)
OF_ALICE = {"before": [WITH_PASSWORD], "after": [WITHOUT_PASSWORD]}
BY_ALICE, BY_BOTH = emergency(trust("user/alice")), emergency(trust("user/alice", "user/bob"))


OF_A_GUARDED_USER: dict[str, Row] = {
    "the password goes, and there is no key": refused(
        "erin signs in by nothing any more",
        locked_out="user/erin",
        people={"erin": PASSWORD},
        **OF_ERIN,
    ),
    "the password goes, and there is an active key": allowed(
        "erin still signs in with her key",
        people={"erin": Credentials(True, (True,))},
        **OF_ERIN,
    ),
    "the password goes, and the key is inactive": refused(
        "AWS refuses an inactive key",
        locked_out="user/erin",
        people={"erin": Credentials(True, (False,))},
        **OF_ERIN,
    ),
    "the password goes, and one of two keys is active": allowed(
        "one key is enough",
        people={"erin": Credentials(True, (False, True))},
        **OF_ERIN,
    ),
    "the password goes, and nobody may read the keys": refused(
        "what is not known is no key",
        locked_out="user/erin",
        people={"erin": Credentials(True, None)},
        **OF_ERIN,
    ),
    "the guarded user has a password, and joins a group": allowed(
        "sign-in and rights stay",
        break_glass=("user/erin",),
        before=[ERIN],
        after=[replace(ERIN, groups=members("readers"))],
        both=[group("readers", deny("s3:*"))],
        people={"erin": PASSWORD},
    ),
    "nobody may read how the guarded user signs in, and its tags change": allowed(
        "the plan touches no sign-in",
        break_glass=("user/erin",),
        before=[ERIN],
        after=[replace(ERIN, tags={**ERIN.tags, "team": "b"})],
        people={"erin": UNREADABLE},
    ),
    "a guarded user without credentials gets another Deny by its group": allowed(
        "it could not sign in before",
        break_glass=("user/erin",),
        before=[replace(ERIN, groups=members("readers")), group("readers", deny("s3:*"))],
        after=[replace(ERIN, groups=members("readers")), group("readers", deny("ec2:*"))],
        people={"erin": NONE},
    ),
}

OF_WHO_IS_ON_THE_WAY: dict[str, Row] = {
    "the password of the only user goes": refused(
        "alice was the way into the role, and signs in by nothing any more",
        both=[BY_ALICE],
        people={"alice": PASSWORD},
        **OF_ALICE,
    ),
    "the password of the only user goes, and there is an active key": allowed(
        "alice still enters by key",
        both=[BY_ALICE],
        people={"alice": Credentials(True, (True,))},
        **OF_ALICE,
    ),
    "the password of the only user goes, and the key is inactive": refused(
        "AWS refuses an inactive key",
        both=[BY_ALICE],
        people={"alice": Credentials(True, (False,))},
        **OF_ALICE,
    ),
    "the password of the only user goes, and nobody may read the keys": refused(
        "what is not known is no key",
        both=[BY_ALICE],
        people={"alice": Credentials(True, None)},
        **OF_ALICE,
    ),
    "the password of one of two users goes": allowed(
        "bob still enters with his",
        both=[BY_BOTH],
        people={"alice": PASSWORD, "bob": PASSWORD},
        **OF_ALICE,
    ),
    "the password of one of two users goes, and the other has an inactive key": refused(
        "bob cannot sign in",
        both=[BY_BOTH],
        people={"alice": PASSWORD, "bob": INACTIVE},
        **OF_ALICE,
    ),
    "the password of the only user goes, two hops before": refused(
        "nobody reaches hub, and so nobody reaches emergency",
        both=[role("hub", trust("user/alice")), emergency(trust("role/hub"))],
        people={"alice": PASSWORD},
        **OF_ALICE,
    ),
    "the password of one of two users goes, two hops before": allowed(
        "bob still comes over hub",
        both=[role("hub", trust("user/alice", "user/bob")), emergency(trust("role/hub"))],
        people={"alice": PASSWORD, "bob": KEY},
        **OF_ALICE,
    ),
    "the password of a user who may not enter goes": allowed(
        "alice was no way in, and bob's stays",
        both=[emergency(trust("user/bob"))],
        people={"alice": PASSWORD, "bob": KEY},
        **OF_ALICE,
    ),
    "the password of the only user goes four hops before": refused(
        "nobody reaches lobby",
        both=[
            role("lobby", trust("user/alice")),
            role("desk", trust("role/lobby")),
            role("hub", trust("role/desk")),
            emergency(trust("role/hub")),
        ],
        people={"alice": PASSWORD},
        **OF_ALICE,
    ),
    "the user with the only active key is deleted": refused(
        "its key goes with it, and bob's is inactive",
        before=[user("alice"), BY_BOTH],
        after=[NOBODY],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "a user with an inactive key is deleted": allowed(
        "bob was no way in",
        before=[user("bob"), BY_BOTH],
        after=[BY_ALICE],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "the trust drops the only active key, and one with an inactive key stays": refused(
        "bob cannot sign in",
        before=[BY_BOTH],
        after=[NOBODY],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "the trust drops an inactive key, and an active one stays": allowed(
        "bob was no way in",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": KEY, "bob": INACTIVE},
    ),
    "the users of the trust have inactive keys alone": allowed(
        "nobody could enter before",
        before=[BY_BOTH],
        after=[NOBODY],
        people={"alice": INACTIVE, "bob": INACTIVE},
    ),
}

UNREAD: dict[str, Row] = {
    "nobody may read how the only user signs in, and the description changes": allowed(
        "the plan touches no way",
        before=[BY_ALICE],
        after=[emergency(trust("user/alice"), description="For emergencies")],
        people={"alice": UNREADABLE},
    ),
    "nobody may read how the only user signs in, and the trust drops it": refused(
        "it may have been a way, and nothing stays",
        before=[emergency(trust("user/alice", "user/bob"))],
        after=[NOBODY],
        people={"alice": UNREADABLE, "bob": NONE},
    ),
    "the trust drops who can sign in, and of the other nobody may read it": refused(
        "a way that is known goes, and one that is not known stays",
        before=[BY_BOTH],
        after=[NOBODY],
        people={"alice": PASSWORD, "bob": UNREADABLE},
    ),
    "the trust drops one of whom nobody may read it, and who can sign in stays": allowed(
        "alice enters as before",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": PASSWORD, "bob": UNREADABLE},
    ),
    "the trust drops one without credentials, and of the other nobody may read it": allowed(
        "bob was no way in, and alice's is as unknown as before",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": UNREADABLE, "bob": NONE},
    ),
    "the password is known and the keys are not, and another is dropped": allowed(
        "alice's password is enough",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": Credentials(True, None), "bob": KEY},
    ),
    "the password is not known and the key is active, and another is dropped": allowed(
        "alice's key is enough",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": Credentials(None, (True,)), "bob": KEY},
    ),
    "the password is not known and the key is inactive, and the other is dropped": refused(
        "a way that is known goes, and one that is not known stays",
        before=[BY_BOTH],
        after=[BY_ALICE],
        people={"alice": Credentials(None, (False,)), "bob": KEY},
    ),
    "nobody may read how the users sign in, and a provider stays": allowed(
        "people of the provider enter as before",
        before=[emergency(trust("user/alice"), okta())],
        after=[emergency(okta())],
        both=[OKTA],
        people={"alice": UNREADABLE},
    ),
    "the user of whom nobody may read it loses the permission": refused(
        "it may have been a way, and nothing stays",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice")],
        both=[OPEN],
        people={"alice": UNREADABLE},
    ),
    "the user of whom nobody may read it gets another policy": allowed(
        "its way is as unknown as before",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice", MAY_ENTER, policies=frozenset(["arn:aws:iam::aws:policy/ReadOnlyAccess"]))],
        both=[OPEN],
        people={"alice": UNREADABLE},
    ),
}

ROWS = OF_A_GUARDED_USER | OF_WHO_IS_ON_THE_WAY | UNREAD


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_way_begins_only_at_who_can_sign_in(row: Row) -> None:
    assert_verdict(row)
