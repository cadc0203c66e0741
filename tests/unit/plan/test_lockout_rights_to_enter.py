"""Ways into an emergency role in one step: what one's own policies, groups and boundary say about the call.

Root runs every plan and `break_glass` names role/emergency. Each refused row is followed by its near misses.
"""

from __future__ import annotations

import pytest

from tests.support.lockouts import (
    ALICE_ONLY,
    MAY_ENTER,
    NOBODY,
    OPEN,
    TWO,
    Row,
    allow,
    allowed,
    arn,
    assert_verdict,
    assuming,
    attached,
    deny,
    emergency,
    group,
    members,
    policy,
    refused,
    trust,
    user,
)

NO_STS = deny("sts:AssumeRole")
S3_ONLY = policy("bound", allow("s3:*"))
S3_AND_STS = policy("bound", allow(["s3:*", "sts:AssumeRole"]))
BOUNDED = {"permissions_boundary": arn("policy/bound")}

BY_POLICY: dict[str, Row] = {
    "the account is trusted no more, and the user is not named": refused(
        "alice came in by the account",
        before=[OPEN],
        after=[NOBODY],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the account is trusted no more, and the user is named": allowed(
        "a user named by a trust of the same account needs nothing else",
        before=[OPEN],
        after=[emergency(trust("user/alice"))],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the account is trusted in place of a user who may not assume": refused(
        "a trust of the account asks for an Allow in the user's own policies, and alice has none",
        before=[emergency(trust("user/alice"))],
        after=[OPEN],
        people=ALICE_ONLY,
    ),
    "the account is trusted in place of a user who may assume": allowed(
        "alice has the Allow that the account's trust asks for",
        before=[emergency(trust("user/alice"))],
        after=[OPEN],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the user loses the permission that the account's trust asks for": refused(
        "nothing of alice's allows sts:AssumeRole any more",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice")],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the user loses a permission that no trust asks for": allowed(
        "the trust names alice, so that her own Allow does not matter",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice")],
        both=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "one of two users loses the permission": allowed(
        "bob keeps his, and his key",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice")],
        both=[OPEN, user("bob", MAY_ENTER)],
        people=TWO,
    ),
    "the permission is narrowed to another role": refused(
        "the Allow does not cover role/emergency any more",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice", assuming("reader"))],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the permission is narrowed to this role": allowed(
        "sts:* on * becomes the one call on the one role",
        before=[user("alice", allow("sts:*"))],
        after=[user("alice", MAY_ENTER)],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the permission is written with wildcards": allowed(
        "sts:Assume* on role/emerg* covers the call and the role",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice", allow("sts:Assume*", arn("role/emerg*")))],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the permission is written as all but some calls, sts:AssumeRole among them": refused(
        "NotAction sts:AssumeRole leaves that call out",
        before=[user("alice", allow("*"))],
        after=[user("alice", {"Effect": "Allow", "NotAction": "sts:AssumeRole", "Resource": "*"})],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the permission is written as all but some other calls": allowed(
        "NotAction iam:* leaves sts:AssumeRole in",
        before=[user("alice", allow("*"))],
        after=[user("alice", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny the call": refused(
        "an explicit Deny wins, even where the trust names the user",
        before=[user("alice")],
        after=[user("alice", NO_STS)],
        both=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny another role": allowed(
        "the Deny is not of role/emergency",
        before=[user("alice")],
        after=[user("alice", {**NO_STS, "Resource": arn("role/reader")})],
        both=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny all roles but another": refused(
        "a Deny with NotResource denies role/emergency, which it does not name",
        before=[user("alice")],
        after=[
            user("alice", {"Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": arn("role/reader")}),
        ],
        both=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny all roles but this": allowed(
        "the Deny leaves role/emergency out",
        before=[user("alice")],
        after=[
            user("alice", {"Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": arn("role/emergency")}),
        ],
        both=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "AWSDenyAll is attached to the user": refused(
        "AWSDenyAll denies every call",
        before=[user("alice")],
        after=[user("alice", policies=frozenset(["arn:aws:iam::aws:policy/AWSDenyAll"]))],
        both=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "ReadOnlyAccess is attached to the user": allowed(
        "ReadOnlyAccess denies nothing",
        before=[user("alice")],
        after=[user("alice", policies=frozenset(["arn:aws:iam::aws:policy/ReadOnlyAccess"]))],
        both=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
}

BY_GROUP: dict[str, Row] = {
    "the group that gives the permission is left": refused(
        "alice had the Allow by her membership alone",
        before=[user("alice", groups=members("enterers"))],
        after=[user("alice")],
        both=[OPEN, group("enterers", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "one of two groups that give the permission is left": allowed(
        "the other group gives the same Allow",
        before=[user("alice", groups=members("enterers", "others"))],
        after=[user("alice", groups=members("others"))],
        both=[OPEN, group("enterers", MAY_ENTER), group("others", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "a group that gives something else is left": allowed(
        "the permission is alice's own",
        before=[user("alice", MAY_ENTER, groups=members("readers"))],
        after=[user("alice", MAY_ENTER)],
        both=[OPEN, group("readers", allow("s3:Get*"))],
        people=ALICE_ONLY,
    ),
    "the policy of the group is taken away": refused(
        "the members lose the Allow",
        before=[group("enterers", MAY_ENTER)],
        after=[group("enterers", inline_policies={})],
        both=[OPEN, user("alice", groups=members("enterers"))],
        people=ALICE_ONLY,
    ),
    "the policy of the group becomes a managed one": allowed(
        "the same Allow, attached",
        before=[group("enterers", MAY_ENTER)],
        after=[group("enterers", inline_policies={}, policies=attached("enter")), policy("enter", MAY_ENTER)],
        both=[OPEN, user("alice", groups=members("enterers"))],
        people=ALICE_ONLY,
    ),
    "the group is deleted": refused(
        "its members lose what it gave",
        before=[group("enterers", MAY_ENTER), user("alice", groups=members("enterers"))],
        after=[user("alice")],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the group is renamed": allowed(
        "UpdateGroup keeps members and policies",
        before=[group("enterers", MAY_ENTER), user("alice", groups=members("enterers"))],
        after=[group("incomers", MAY_ENTER), user("alice", groups=members("incomers"))],
        both=[OPEN],
        people=ALICE_ONLY,
        moves={"group/enterers": "group/incomers"},
    ),
    "a group that is joined denies the call": refused(
        "a Deny of a group counts as one's own",
        before=[user("alice")],
        after=[user("alice", groups=members("barred"))],
        both=[emergency(trust("user/alice")), group("barred", NO_STS)],
        people=ALICE_ONLY,
    ),
    "a group that is joined denies other calls": allowed(
        "sts:AssumeRole is not among them",
        before=[user("alice")],
        after=[user("alice", groups=members("barred"))],
        both=[emergency(trust("user/alice")), group("barred", deny("s3:*"))],
        people=ALICE_ONLY,
    ),
    "a managed policy of the group is narrowed": refused(
        "its new version does not allow the call",
        before=[policy("enter", MAY_ENTER, allow("s3:*", sid="Rest"))],
        after=[policy("enter", allow("s3:*", sid="Rest"))],
        both=[
            OPEN,
            group("enterers", inline_policies={}, policies=attached("enter")),
            user("alice", groups=members("enterers")),
        ],
        people=ALICE_ONLY,
    ),
    "a managed policy of the group is split in two statements": allowed(
        "its new version allows the same",
        before=[policy("enter", assuming("emergency", "reader"))],
        after=[policy("enter", MAY_ENTER, assuming("reader") | {"Sid": "Other"})],
        both=[
            OPEN,
            group("enterers", inline_policies={}, policies=attached("enter")),
            user("alice", groups=members("enterers")),
        ],
        people=ALICE_ONLY,
    ),
}

BY_BOUNDARY: dict[str, Row] = {
    "the user gets a boundary without sts:AssumeRole, and the account is trusted": refused(
        "an Allow of one's own counts only within the boundary",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice", MAY_ENTER, **BOUNDED)],
        both=[OPEN, S3_ONLY],
        people=ALICE_ONLY,
    ),
    "the user gets a boundary with sts:AssumeRole, and the account is trusted": allowed(
        "the boundary allows the call as well",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice", MAY_ENTER, **BOUNDED)],
        both=[OPEN, S3_AND_STS],
        people=ALICE_ONLY,
    ),
    "the user gets a boundary without sts:AssumeRole, and is trusted by name": refused(
        "AWS's pages contradict each other on whether it counts, and what is not known is no yes",
        before=[user("alice")],
        after=[user("alice", **BOUNDED)],
        both=[emergency(trust("user/alice")), S3_ONLY],
        people=ALICE_ONLY,
    ),
    "the user gets a boundary that denies the call, and is trusted by name": refused(
        "an explicit Deny counts wherever it stands",
        before=[user("alice")],
        after=[user("alice", **BOUNDED)],
        both=[emergency(trust("user/alice")), policy("bound", allow("*"), NO_STS)],
        people=ALICE_ONLY,
    ),
    "the boundary of the user is narrowed": refused(
        "its new version does not allow the call",
        before=[S3_AND_STS],
        after=[S3_ONLY],
        both=[OPEN, user("alice", MAY_ENTER, **BOUNDED)],
        people=ALICE_ONLY,
    ),
    "the boundary of the user is narrowed elsewhere": allowed(
        "the new version still allows the call",
        before=[S3_AND_STS],
        after=[policy("bound", allow("sts:AssumeRole"))],
        both=[OPEN, user("alice", MAY_ENTER, **BOUNDED)],
        people=ALICE_ONLY,
    ),
    "the boundary of the user comes off": allowed(
        "nothing limits the Allow any more",
        before=[user("alice", MAY_ENTER, **BOUNDED)],
        after=[user("alice", MAY_ENTER)],
        both=[OPEN, S3_AND_STS],
        people=ALICE_ONLY,
    ),
    "a user whom a boundary kept out is deleted": allowed(
        "alice could not enter before",
        before=[user("alice", MAY_ENTER, **BOUNDED)],
        both=[OPEN, S3_ONLY],
        people=ALICE_ONLY,
    ),
}

ROWS = BY_POLICY | BY_GROUP | BY_BOUNDARY


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_change_of_rights_is_refused_exactly_if_nobody_may_enter_after_it(row: Row) -> None:
    assert_verdict(row)
