"""Ways into an emergency role in one step: what one's own policies, groups and boundary say about the call.

Root runs every plan and `break_glass` names role/emergency. Each refused row is followed by its near misses.
"""

from __future__ import annotations

import pytest

from tests.support.lockouts import (
    ALICE_AND_BOB,
    ALICE_ONLY,
    ALLOW_EMERGENCY,
    CLOSED_TO_ALL,
    OPEN_TO_ACCOUNT,
    LockoutCase,
    allow,
    allow_assume,
    allowed_case,
    arn,
    assert_verdict,
    deny,
    emergency_role,
    group,
    group_addresses,
    lockout_case,
    policy,
    policy_arns,
    trust,
    user,
)

NO_STS = deny("sts:AssumeRole")
S3_ONLY = policy("bound", allow("s3:*"))
S3_AND_STS = policy("bound", allow(["s3:*", "sts:AssumeRole"]))
BOUNDED = {"permissions_boundary": arn("policy/bound")}

BY_POLICY: dict[str, LockoutCase] = {
    "the account is trusted no more, and the user is not named": lockout_case(
        "alice came in by the account",
        before=[OPEN_TO_ACCOUNT],
        after=[CLOSED_TO_ALL],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the account is trusted no more, and the user is named": allowed_case(
        "a user named by a trust of the same account needs nothing else",
        before=[OPEN_TO_ACCOUNT],
        after=[emergency_role(trust("user/alice"))],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the account is trusted in place of a user who may not assume": lockout_case(
        "a trust of the account asks for an Allow in the user's own policies, and alice has none",
        before=[emergency_role(trust("user/alice"))],
        after=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the account is trusted in place of a user who may assume": allowed_case(
        "alice has the Allow that the account's trust asks for",
        before=[emergency_role(trust("user/alice"))],
        after=[OPEN_TO_ACCOUNT],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the user loses the permission that the account's trust asks for": lockout_case(
        "nothing of alice's allows sts:AssumeRole any more",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice")],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the user loses a permission that no trust asks for": allowed_case(
        "the trust names alice, so that her own Allow does not matter",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice")],
        both=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "one of two users loses the permission": allowed_case(
        "bob keeps his, and his key",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice")],
        both=[OPEN_TO_ACCOUNT, user("bob", ALLOW_EMERGENCY)],
        people=ALICE_AND_BOB,
    ),
    "the permission is narrowed to another role": lockout_case(
        "the Allow does not cover role/emergency any more",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("reader"))],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the permission is narrowed to this role": allowed_case(
        "sts:* on * becomes the one call on the one role",
        before=[user("alice", allow("sts:*"))],
        after=[user("alice", ALLOW_EMERGENCY)],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the permission is written with wildcards": allowed_case(
        "sts:Assume* on role/emerg* covers the call and the role",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow("sts:Assume*", arn("role/emerg*")))],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the permission is written as all but some calls, sts:AssumeRole among them": lockout_case(
        "NotAction sts:AssumeRole leaves that call out",
        before=[user("alice", allow("*"))],
        after=[user("alice", {"Effect": "Allow", "NotAction": "sts:AssumeRole", "Resource": "*"})],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the permission is written as all but some other calls": allowed_case(
        "NotAction iam:* leaves sts:AssumeRole in",
        before=[user("alice", allow("*"))],
        after=[user("alice", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny the call": lockout_case(
        "an explicit Deny wins, even where the trust names the user",
        before=[user("alice")],
        after=[user("alice", NO_STS)],
        both=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny another role": allowed_case(
        "the Deny is not of role/emergency",
        before=[user("alice")],
        after=[user("alice", {**NO_STS, "Resource": arn("role/reader")})],
        both=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny all roles but another": lockout_case(
        "a Deny with NotResource denies role/emergency, which it does not name",
        before=[user("alice")],
        after=[
            user("alice", {"Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": arn("role/reader")}),
        ],
        both=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the user's own policy comes to deny all roles but this": allowed_case(
        "the Deny leaves role/emergency out",
        before=[user("alice")],
        after=[
            user("alice", {"Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": arn("role/emergency")}),
        ],
        both=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "AWSDenyAll is attached to the user": lockout_case(
        "AWSDenyAll denies every call",
        before=[user("alice")],
        after=[user("alice", policies=frozenset(["arn:aws:iam::aws:policy/AWSDenyAll"]))],
        both=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "ReadOnlyAccess is attached to the user": allowed_case(
        "ReadOnlyAccess denies nothing",
        before=[user("alice")],
        after=[user("alice", policies=frozenset(["arn:aws:iam::aws:policy/ReadOnlyAccess"]))],
        both=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
}

BY_GROUP: dict[str, LockoutCase] = {
    "the group that gives the permission is left": lockout_case(
        "alice had the Allow by her membership alone",
        before=[user("alice", groups=group_addresses("enterers"))],
        after=[user("alice")],
        both=[OPEN_TO_ACCOUNT, group("enterers", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "one of two groups that give the permission is left": allowed_case(
        "the other group gives the same Allow",
        before=[user("alice", groups=group_addresses("enterers", "others"))],
        after=[user("alice", groups=group_addresses("others"))],
        both=[OPEN_TO_ACCOUNT, group("enterers", ALLOW_EMERGENCY), group("others", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "a group that gives something else is left": allowed_case(
        "the permission is alice's own",
        before=[user("alice", ALLOW_EMERGENCY, groups=group_addresses("readers"))],
        after=[user("alice", ALLOW_EMERGENCY)],
        both=[OPEN_TO_ACCOUNT, group("readers", allow("s3:Get*"))],
        people=ALICE_ONLY,
    ),
    "the policy of the group is taken away": lockout_case(
        "the members lose the Allow",
        before=[group("enterers", ALLOW_EMERGENCY)],
        after=[group("enterers", inline_policies={})],
        both=[OPEN_TO_ACCOUNT, user("alice", groups=group_addresses("enterers"))],
        people=ALICE_ONLY,
    ),
    "the policy of the group becomes a managed one": allowed_case(
        "the same Allow, attached",
        before=[group("enterers", ALLOW_EMERGENCY)],
        after=[group("enterers", inline_policies={}, policies=policy_arns("enter")), policy("enter", ALLOW_EMERGENCY)],
        both=[OPEN_TO_ACCOUNT, user("alice", groups=group_addresses("enterers"))],
        people=ALICE_ONLY,
    ),
    "the group is deleted": lockout_case(
        "its members lose what it gave",
        before=[group("enterers", ALLOW_EMERGENCY), user("alice", groups=group_addresses("enterers"))],
        after=[user("alice")],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the group is renamed": allowed_case(
        "UpdateGroup keeps members and policies",
        before=[group("enterers", ALLOW_EMERGENCY), user("alice", groups=group_addresses("enterers"))],
        after=[group("incomers", ALLOW_EMERGENCY), user("alice", groups=group_addresses("incomers"))],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
        moves={"group/enterers": "group/incomers"},
    ),
    "a group that is joined denies the call": lockout_case(
        "a Deny of a group counts as one's own",
        before=[user("alice")],
        after=[user("alice", groups=group_addresses("barred"))],
        both=[emergency_role(trust("user/alice")), group("barred", NO_STS)],
        people=ALICE_ONLY,
    ),
    "a group that is joined denies other calls": allowed_case(
        "sts:AssumeRole is not among them",
        before=[user("alice")],
        after=[user("alice", groups=group_addresses("barred"))],
        both=[emergency_role(trust("user/alice")), group("barred", deny("s3:*"))],
        people=ALICE_ONLY,
    ),
    "a managed policy of the group is narrowed": lockout_case(
        "its new version does not allow the call",
        before=[policy("enter", ALLOW_EMERGENCY, allow("s3:*", sid="Rest"))],
        after=[policy("enter", allow("s3:*", sid="Rest"))],
        both=[
            OPEN_TO_ACCOUNT,
            group("enterers", inline_policies={}, policies=policy_arns("enter")),
            user("alice", groups=group_addresses("enterers")),
        ],
        people=ALICE_ONLY,
    ),
    "a managed policy of the group is split in two statements": allowed_case(
        "its new version allows the same",
        before=[policy("enter", allow_assume("emergency", "reader"))],
        after=[policy("enter", ALLOW_EMERGENCY, allow_assume("reader") | {"Sid": "Other"})],
        both=[
            OPEN_TO_ACCOUNT,
            group("enterers", inline_policies={}, policies=policy_arns("enter")),
            user("alice", groups=group_addresses("enterers")),
        ],
        people=ALICE_ONLY,
    ),
}

BY_BOUNDARY: dict[str, LockoutCase] = {
    "the user gets a boundary without sts:AssumeRole, and the account is trusted": lockout_case(
        "an Allow of one's own counts only within the boundary",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", ALLOW_EMERGENCY, **BOUNDED)],
        both=[OPEN_TO_ACCOUNT, S3_ONLY],
        people=ALICE_ONLY,
    ),
    "the user gets a boundary with sts:AssumeRole, and the account is trusted": allowed_case(
        "the boundary allows the call as well",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", ALLOW_EMERGENCY, **BOUNDED)],
        both=[OPEN_TO_ACCOUNT, S3_AND_STS],
        people=ALICE_ONLY,
    ),
    "the user gets a boundary without sts:AssumeRole, and is trusted by name": lockout_case(
        "AWS's pages contradict each other on whether it counts, and what is not known is not a yes",
        before=[user("alice")],
        after=[user("alice", **BOUNDED)],
        both=[emergency_role(trust("user/alice")), S3_ONLY],
        people=ALICE_ONLY,
    ),
    "the user gets a boundary that denies the call, and is trusted by name": lockout_case(
        "an explicit Deny counts wherever it stands",
        before=[user("alice")],
        after=[user("alice", **BOUNDED)],
        both=[emergency_role(trust("user/alice")), policy("bound", allow("*"), NO_STS)],
        people=ALICE_ONLY,
    ),
    "the boundary of the user is narrowed": lockout_case(
        "its new version does not allow the call",
        before=[S3_AND_STS],
        after=[S3_ONLY],
        both=[OPEN_TO_ACCOUNT, user("alice", ALLOW_EMERGENCY, **BOUNDED)],
        people=ALICE_ONLY,
    ),
    "the boundary of the user is narrowed elsewhere": allowed_case(
        "the new version still allows the call",
        before=[S3_AND_STS],
        after=[policy("bound", allow("sts:AssumeRole"))],
        both=[OPEN_TO_ACCOUNT, user("alice", ALLOW_EMERGENCY, **BOUNDED)],
        people=ALICE_ONLY,
    ),
    "the boundary of the user comes off": allowed_case(
        "nothing limits the Allow any more",
        before=[user("alice", ALLOW_EMERGENCY, **BOUNDED)],
        after=[user("alice", ALLOW_EMERGENCY)],
        both=[OPEN_TO_ACCOUNT, S3_AND_STS],
        people=ALICE_ONLY,
    ),
    "a user whom a boundary kept out is deleted": allowed_case(
        "alice could not enter before",
        before=[user("alice", ALLOW_EMERGENCY, **BOUNDED)],
        both=[OPEN_TO_ACCOUNT, S3_ONLY],
        people=ALICE_ONLY,
    ),
}

ROWS = BY_POLICY | BY_GROUP | BY_BOUNDARY


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_change_of_rights_is_refused_exactly_if_nobody_may_enter_after_it(row: LockoutCase) -> None:
    assert_verdict(row)
