"""Ways into an emergency role over two, three and four hops of sts:AssumeRole.

The chains are alice → hub → emergency, alice → desk → hub → emergency, and alice → lobby → desk → hub → emergency. Root
runs every plan, and only role/emergency is guarded: the roles before it are not. Each refused row is followed by its
near misses. A session of a role carries no MFA (IAM User Guide, "Configuring MFA-protected API access").
"""

from __future__ import annotations

import pytest

from tests.support.lockout_chains import (
    BOUNDED,
    BY_DESK,
    BY_HUB,
    HUB,
    NO_STS,
    S3_AND_STS,
    S3_ONLY,
    desk,
    hub,
)
from tests.support.lockouts import (
    ALICE_AND_BOB,
    ALICE_ONLY,
    ALLOW_EMERGENCY,
    KEY,
    MFA,
    NO_CREDENTIALS,
    PASSWORD,
    ROOT,
    LockoutCase,
    allow,
    allow_assume,
    allowed_case,
    arn,
    assert_verdict,
    deny_trust,
    emergency_role,
    group,
    group_addresses,
    lockout_case,
    policy,
    policy_arns,
    role,
    service_trust,
    trust,
    user,
    with_device,
)

THROUGH_ACCOUNT = emergency_role(trust(ROOT))
"""The account is trusted, so that only roles and users with an Allow of their own enter."""

TWO_HOPS: dict[str, LockoutCase] = {
    "the role before drops the only user": lockout_case(
        "nobody who can sign in reaches hub, and so nobody reaches emergency",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before drops one of two users": allowed_case(
        "bob still comes over hub",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people=ALICE_AND_BOB,
    ),
    "the role before drops a user without credentials": allowed_case(
        "alice still comes over hub",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[HUB],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before is left to a service": lockout_case(
        "a person cannot act as ec2.amazonaws.com",
        before=[hub(trust("user/alice"), service_trust())],
        after=[hub(service_trust())],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before drops a service": allowed_case(
        "the service was no way in",
        before=[hub(trust("user/alice"), service_trust())],
        after=[HUB],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before is deleted": lockout_case(
        "alice could only come over hub",
        before=[HUB, emergency_role(trust("role/hub", "user/bob"))],
        after=[emergency_role(trust("user/bob"))],
        people=ALICE_ONLY,
    ),
    "the role before is deleted, and the user is trusted as well": allowed_case(
        "alice enters without it",
        before=[HUB, emergency_role(trust("role/hub", "user/alice"))],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a role of almost the same name is deleted": allowed_case(
        "hub2 is not hub",
        before=[role("hub2", trust("user/alice"))],
        both=[HUB, BY_HUB],
        people=ALICE_ONLY,
    ),
    "one of two roles before is deleted": allowed_case(
        "alice still comes over the other",
        before=[role("hub2", trust("user/alice")), emergency_role(trust("role/hub", "role/hub2"))],
        after=[BY_HUB],
        both=[HUB],
        people=ALICE_ONLY,
    ),
    "both of two roles before drop the user": lockout_case(
        "either way began with alice",
        before=[hub(trust("user/alice", "user/bob")), role("hub2", trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob")), role("hub2", trust("user/bob"))],
        both=[emergency_role(trust("role/hub", "role/hub2"))],
        people=ALICE_ONLY,
    ),
    "one of two roles before drops the user": allowed_case(
        "alice still comes over the other",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[role("hub2", trust("user/alice")), emergency_role(trust("role/hub", "role/hub2"))],
        people=ALICE_ONLY,
    ),
    "the user of the first hop is deleted": lockout_case(
        "alice was the only one who could sign in",
        before=[user("alice"), hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "a user whom the first hop does not trust is deleted": allowed_case(
        "carl was not a part of a way",
        before=[user("carl")],
        both=[HUB, BY_HUB],
        people={**ALICE_ONLY, "carl": PASSWORD},
    ),
    "the only user without credentials changes": allowed_case(
        "nobody could come before",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people={"alice": NO_CREDENTIALS, "bob": NO_CREDENTIALS},
    ),
    "a role is put between, which lets the user in": allowed_case(
        "alice comes over hub, which is created",
        before=[emergency_role(trust("user/alice"))],
        after=[HUB, BY_HUB],
        people=ALICE_ONLY,
    ),
    "a role is put between, which lets only a user without credentials in": lockout_case(
        "nobody who can sign in reaches hub",
        before=[emergency_role(trust("user/alice"))],
        after=[hub(trust("user/bob")), BY_HUB],
        people=ALICE_ONLY,
    ),
    "only the role itself is trusted any more": lockout_case(
        "who is not in it cannot come from it",
        before=[emergency_role(trust("user/alice", "role/emergency"))],
        after=[emergency_role(trust("role/emergency"))],
        people=ALICE_ONLY,
    ),
    "the role itself is trusted no more": allowed_case(
        "it was no way in, and alice stays",
        before=[emergency_role(trust("user/alice", "role/emergency"))],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "two roles that only trust each other change": allowed_case(
        "nobody came into either before",
        before=[desk(trust("role/hub"))],
        after=[desk(trust("role/hub"), deny_trust("user/bob"))],
        both=[BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "two roles that trust each other lose the user who came into one": lockout_case(
        "after it they only trust each other",
        before=[desk(trust("role/hub", "user/alice"))],
        after=[desk(trust("role/hub"))],
        both=[BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
}

RIGHTS_OF_A_ROLE: dict[str, LockoutCase] = {
    "the role before loses the permission that the account's trust asks for": lockout_case(
        "nothing of hub's allows sts:AssumeRole any more",
        before=[hub(trust("user/alice"), can=[ALLOW_EMERGENCY])],
        after=[HUB],
        both=[THROUGH_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the role before loses a permission that no trust asks for": allowed_case(
        "a role named by a trust of the same account needs no Allow of its own",
        before=[hub(trust("user/alice"), can=[ALLOW_EMERGENCY])],
        after=[HUB],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the permission of the role before becomes a managed policy": allowed_case(
        "the same Allow, attached",
        before=[hub(trust("user/alice"), can=[ALLOW_EMERGENCY])],
        after=[hub(trust("user/alice"), policies=policy_arns("enter")), policy("enter", ALLOW_EMERGENCY)],
        both=[THROUGH_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "a managed policy of the role before is narrowed": lockout_case(
        "its new version allows another role only",
        before=[policy("enter", ALLOW_EMERGENCY)],
        after=[policy("enter", allow_assume("reader"))],
        both=[hub(trust("user/alice"), policies=policy_arns("enter")), THROUGH_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the role before comes to deny the call": lockout_case(
        "an explicit Deny wins, though the trust names hub",
        before=[HUB],
        after=[hub(trust("user/alice"), can=[NO_STS])],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before comes to deny the call on another role": allowed_case(
        "the Deny is not of role/emergency",
        before=[HUB],
        after=[hub(trust("user/alice"), can=[{**NO_STS, "Resource": arn("role/reader")}])],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before gets a boundary without sts:AssumeRole": lockout_case(
        "a boundary limits a role's sessions, though the trust names the role",
        before=[HUB],
        after=[hub(trust("user/alice"), **BOUNDED)],
        both=[BY_HUB, S3_ONLY],
        people=ALICE_ONLY,
    ),
    "the role before gets a boundary with sts:AssumeRole": allowed_case(
        "the boundary allows the call",
        before=[HUB],
        after=[hub(trust("user/alice"), **BOUNDED)],
        both=[BY_HUB, S3_AND_STS],
        people=ALICE_ONLY,
    ),
    "the boundary of the role before is narrowed": lockout_case(
        "its new version does not allow the call",
        before=[S3_AND_STS],
        after=[S3_ONLY],
        both=[hub(trust("user/alice"), **BOUNDED), BY_HUB],
        people=ALICE_ONLY,
    ),
    "the boundary of the role before is narrowed elsewhere": allowed_case(
        "the new version still allows the call",
        before=[S3_AND_STS],
        after=[policy("bound", allow("sts:AssumeRole", arn("role/emergency")))],
        both=[hub(trust("user/alice"), **BOUNDED), BY_HUB],
        people=ALICE_ONLY,
    ),
    "the emergency role itself gets a boundary without sts:AssumeRole": allowed_case(
        "it limits what the role may do, not who enters it; and it leaves all of IAM",
        before=[BY_HUB],
        after=[emergency_role(trust("role/hub"), **BOUNDED)],
        both=[HUB, policy("bound", allow("iam:*"))],
        people=ALICE_ONLY,
    ),
    "the trust asks for MFA of the role before": lockout_case(
        "a session of hub carries no MFA, whatever device alice has",
        before=[BY_HUB],
        after=[emergency_role(trust("role/hub", **MFA))],
        both=[HUB],
        people={"alice": with_device(PASSWORD)},
    ),
    "the first hop asks for MFA of a user with a device": allowed_case(
        "alice gives a code on the way to hub, where her credentials are a user's",
        before=[HUB],
        after=[hub(trust("user/alice", **MFA))],
        both=[BY_HUB],
        people={"alice": with_device(PASSWORD)},
    ),
    "the first hop asks for MFA of a user without a device": lockout_case(
        "alice cannot give a code",
        before=[HUB],
        after=[hub(trust("user/alice", **MFA))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the permission of the role before asks for MFA": lockout_case(
        "a session of hub carries no MFA, so that its own Allow never counts",
        before=[hub(trust("user/alice"), can=[ALLOW_EMERGENCY])],
        after=[hub(trust("user/alice"), can=[allow_assume("emergency", **MFA)])],
        both=[THROUGH_ACCOUNT],
        people={"alice": with_device(PASSWORD)},
    ),
    "the permission of the user asks for MFA, and there is a device": allowed_case(
        "alice gives a code with her own credentials",
        before=[user("alice", allow_assume("hub"))],
        after=[user("alice", allow_assume("hub", **MFA))],
        both=[hub(trust(ROOT)), BY_HUB],
        people={"alice": with_device(KEY)},
    ),
    "the group that lets the user take the first hop is left": lockout_case(
        "the account's trust asks for an Allow, which alice had by the group",
        before=[user("alice", groups=group_addresses("walkers"))],
        after=[user("alice")],
        both=[group("walkers", allow_assume("hub")), hub(trust(ROOT)), BY_HUB],
        people=ALICE_ONLY,
    ),
    "the group that lets the user take the first hop is left, and another gives the same": allowed_case(
        "the other group's Allow counts as well",
        before=[user("alice", groups=group_addresses("walkers", "runners"))],
        after=[user("alice", groups=group_addresses("runners"))],
        both=[group("walkers", allow_assume("hub")), group("runners", allow_assume("h*")), hub(trust(ROOT)), BY_HUB],
        people=ALICE_ONLY,
    ),
}


ROWS = TWO_HOPS | RIGHTS_OF_A_ROLE


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_chain_is_refused_exactly_if_nobody_comes_over_any_more(row: LockoutCase) -> None:
    assert_verdict(row)
