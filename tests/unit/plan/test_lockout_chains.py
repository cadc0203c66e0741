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
    ALICE_ONLY,
    KEY,
    MAY_ENTER,
    MFA,
    NONE,
    PASSWORD,
    ROOT,
    TWO,
    Row,
    allow,
    allowed,
    arn,
    assert_verdict,
    assuming,
    attached,
    emergency,
    group,
    members,
    policy,
    refuse,
    refused,
    role,
    service,
    trust,
    user,
    with_device,
)

THROUGH_ACCOUNT = emergency(trust(ROOT))
"""The account is trusted, so that only roles and users with an Allow of their own enter."""

TWO_HOPS: dict[str, Row] = {
    "the role before drops the only user": refused(
        "nobody who can sign in reaches hub, and so nobody reaches emergency",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before drops one of two users": allowed(
        "bob still comes over hub",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people=TWO,
    ),
    "the role before drops a user without credentials": allowed(
        "alice still comes over hub",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[HUB],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before is left to a service": refused(
        "a person cannot act as ec2.amazonaws.com",
        before=[hub(trust("user/alice"), service())],
        after=[hub(service())],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before drops a service": allowed(
        "the service was no way in",
        before=[hub(trust("user/alice"), service())],
        after=[HUB],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before is deleted": refused(
        "alice could only come over hub",
        before=[HUB, emergency(trust("role/hub", "user/bob"))],
        after=[emergency(trust("user/bob"))],
        people=ALICE_ONLY,
    ),
    "the role before is deleted, and the user is trusted as well": allowed(
        "alice enters without it",
        before=[HUB, emergency(trust("role/hub", "user/alice"))],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a role of almost the same name is deleted": allowed(
        "hub2 is not hub",
        before=[role("hub2", trust("user/alice"))],
        both=[HUB, BY_HUB],
        people=ALICE_ONLY,
    ),
    "one of two roles before is deleted": allowed(
        "alice still comes over the other",
        before=[role("hub2", trust("user/alice")), emergency(trust("role/hub", "role/hub2"))],
        after=[BY_HUB],
        both=[HUB],
        people=ALICE_ONLY,
    ),
    "both of two roles before drop the user": refused(
        "either way began with alice",
        before=[hub(trust("user/alice", "user/bob")), role("hub2", trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob")), role("hub2", trust("user/bob"))],
        both=[emergency(trust("role/hub", "role/hub2"))],
        people=ALICE_ONLY,
    ),
    "one of two roles before drops the user": allowed(
        "alice still comes over the other",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[role("hub2", trust("user/alice")), emergency(trust("role/hub", "role/hub2"))],
        people=ALICE_ONLY,
    ),
    "the user of the first hop is deleted": refused(
        "alice was the only one who could sign in",
        before=[user("alice"), hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "a user whom the first hop does not trust is deleted": allowed(
        "carl was no part of a way",
        before=[user("carl")],
        both=[HUB, BY_HUB],
        people={**ALICE_ONLY, "carl": PASSWORD},
    ),
    "the only user without credentials changes": allowed(
        "nobody could come before",
        before=[hub(trust("user/alice", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people={"alice": NONE, "bob": NONE},
    ),
    "a role is put between, which lets the user in": allowed(
        "alice comes over hub, which is created",
        before=[emergency(trust("user/alice"))],
        after=[HUB, BY_HUB],
        people=ALICE_ONLY,
    ),
    "a role is put between, which lets only a user without credentials in": refused(
        "nobody who can sign in reaches hub",
        before=[emergency(trust("user/alice"))],
        after=[hub(trust("user/bob")), BY_HUB],
        people=ALICE_ONLY,
    ),
    "only the role itself is trusted any more": refused(
        "who is not in it cannot come from it",
        before=[emergency(trust("user/alice", "role/emergency"))],
        after=[emergency(trust("role/emergency"))],
        people=ALICE_ONLY,
    ),
    "the role itself is trusted no more": allowed(
        "it was no way in, and alice stays",
        before=[emergency(trust("user/alice", "role/emergency"))],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "two roles that only trust each other change": allowed(
        "nobody came into either before",
        before=[desk(trust("role/hub"))],
        after=[desk(trust("role/hub"), refuse("user/bob"))],
        both=[BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "two roles that trust each other lose the user who came into one": refused(
        "after it they only trust each other",
        before=[desk(trust("role/hub", "user/alice"))],
        after=[desk(trust("role/hub"))],
        both=[BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
}

RIGHTS_OF_A_ROLE: dict[str, Row] = {
    "the role before loses the permission that the account's trust asks for": refused(
        "nothing of hub's allows sts:AssumeRole any more",
        before=[hub(trust("user/alice"), can=[MAY_ENTER])],
        after=[HUB],
        both=[THROUGH_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the role before loses a permission that no trust asks for": allowed(
        "a role named by a trust of the same account needs no Allow of its own",
        before=[hub(trust("user/alice"), can=[MAY_ENTER])],
        after=[HUB],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the permission of the role before becomes a managed policy": allowed(
        "the same Allow, attached",
        before=[hub(trust("user/alice"), can=[MAY_ENTER])],
        after=[hub(trust("user/alice"), policies=attached("enter")), policy("enter", MAY_ENTER)],
        both=[THROUGH_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "a managed policy of the role before is narrowed": refused(
        "its new version allows another role only",
        before=[policy("enter", MAY_ENTER)],
        after=[policy("enter", assuming("reader"))],
        both=[hub(trust("user/alice"), policies=attached("enter")), THROUGH_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the role before comes to deny the call": refused(
        "an explicit Deny wins, though the trust names hub",
        before=[HUB],
        after=[hub(trust("user/alice"), can=[NO_STS])],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before comes to deny the call on another role": allowed(
        "the Deny is not of role/emergency",
        before=[HUB],
        after=[hub(trust("user/alice"), can=[{**NO_STS, "Resource": arn("role/reader")}])],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before gets a boundary without sts:AssumeRole": refused(
        "a boundary limits a role's sessions, though the trust names the role",
        before=[HUB],
        after=[hub(trust("user/alice"), **BOUNDED)],
        both=[BY_HUB, S3_ONLY],
        people=ALICE_ONLY,
    ),
    "the role before gets a boundary with sts:AssumeRole": allowed(
        "the boundary allows the call",
        before=[HUB],
        after=[hub(trust("user/alice"), **BOUNDED)],
        both=[BY_HUB, S3_AND_STS],
        people=ALICE_ONLY,
    ),
    "the boundary of the role before is narrowed": refused(
        "its new version does not allow the call",
        before=[S3_AND_STS],
        after=[S3_ONLY],
        both=[hub(trust("user/alice"), **BOUNDED), BY_HUB],
        people=ALICE_ONLY,
    ),
    "the boundary of the role before is narrowed elsewhere": allowed(
        "the new version still allows the call",
        before=[S3_AND_STS],
        after=[policy("bound", allow("sts:AssumeRole", arn("role/emergency")))],
        both=[hub(trust("user/alice"), **BOUNDED), BY_HUB],
        people=ALICE_ONLY,
    ),
    "the emergency role itself gets a boundary without sts:AssumeRole": allowed(
        "it limits what the role may do, not who enters it; and it leaves all of IAM",
        before=[BY_HUB],
        after=[emergency(trust("role/hub"), **BOUNDED)],
        both=[HUB, policy("bound", allow("iam:*"))],
        people=ALICE_ONLY,
    ),
    "the trust asks for MFA of the role before": refused(
        "a session of hub carries no MFA, whatever device alice has",
        before=[BY_HUB],
        after=[emergency(trust("role/hub", **MFA))],
        both=[HUB],
        people={"alice": with_device(PASSWORD)},
    ),
    "the first hop asks for MFA of a user with a device": allowed(
        "alice gives a code on the way to hub, where her credentials are a user's",
        before=[HUB],
        after=[hub(trust("user/alice", **MFA))],
        both=[BY_HUB],
        people={"alice": with_device(PASSWORD)},
    ),
    "the first hop asks for MFA of a user without a device": refused(
        "alice cannot give a code",
        before=[HUB],
        after=[hub(trust("user/alice", **MFA))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the permission of the role before asks for MFA": refused(
        "a session of hub carries no MFA, so that its own Allow never counts",
        before=[hub(trust("user/alice"), can=[MAY_ENTER])],
        after=[hub(trust("user/alice"), can=[assuming("emergency", **MFA)])],
        both=[THROUGH_ACCOUNT],
        people={"alice": with_device(PASSWORD)},
    ),
    "the permission of the user asks for MFA, and there is a device": allowed(
        "alice gives a code with her own credentials",
        before=[user("alice", assuming("hub"))],
        after=[user("alice", assuming("hub", **MFA))],
        both=[hub(trust(ROOT)), BY_HUB],
        people={"alice": with_device(KEY)},
    ),
    "the group that lets the user take the first hop is left": refused(
        "the account's trust asks for an Allow, which alice had by the group",
        before=[user("alice", groups=members("walkers"))],
        after=[user("alice")],
        both=[group("walkers", assuming("hub")), hub(trust(ROOT)), BY_HUB],
        people=ALICE_ONLY,
    ),
    "the group that lets the user take the first hop is left, and another gives the same": allowed(
        "the other group's Allow counts as well",
        before=[user("alice", groups=members("walkers", "runners"))],
        after=[user("alice", groups=members("runners"))],
        both=[group("walkers", assuming("hub")), group("runners", assuming("h*")), hub(trust(ROOT)), BY_HUB],
        people=ALICE_ONLY,
    ),
}


ROWS = TWO_HOPS | RIGHTS_OF_A_ROLE


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_chain_is_refused_exactly_if_nobody_comes_over_any_more(row: Row) -> None:
    assert_verdict(row)
