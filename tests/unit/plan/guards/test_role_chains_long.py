"""Ways into an emergency role over three and four hops, and chains that begin outside the account.

The chains are alice → desk → hub → emergency and alice → lobby → desk → hub → emergency. Root runs every plan, and only
role/emergency is guarded: the roles before it are not. Each refused row is followed by its near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.lockout_chains import (
    BOUNDED,
    BY_DESK,
    BY_HUB,
    BY_LOBBY,
    HUB,
    NO_STS,
    S3_ONLY,
    desk,
    hub,
    lobby,
)
from tests.support.lockouts import (
    ALICE_AND_BOB,
    ALICE_ONLY,
    ALLOW_EMERGENCY,
    KEY,
    MFA,
    PARTNER_ROOT,
    PROVIDER,
    LockoutCase,
    allowed_case,
    arn,
    assert_verdict,
    audience_trust,
    emergency_role,
    github_trust,
    lockout_case,
    service_trust,
    trust,
    user,
    with_device,
)

DESK, LOBBY = desk(trust("user/alice")), lobby(trust("user/alice"))


LONGER: dict[str, LockoutCase] = {
    "three hops, and the first drops the only user": lockout_case(
        "nobody who can sign in reaches desk",
        before=[desk(trust("user/alice", "user/bob"))],
        after=[desk(trust("user/bob"))],
        both=[BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "three hops, and the first drops one of two users": allowed_case(
        "bob still comes over desk and hub",
        before=[desk(trust("user/alice", "user/bob"))],
        after=[desk(trust("user/bob"))],
        both=[BY_DESK, BY_HUB],
        people=ALICE_AND_BOB,
    ),
    "three hops, and the second drops the role of the first": lockout_case(
        "bob, whom hub still trusts, cannot sign in",
        before=[hub(trust("role/desk", "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "three hops, and the second trusts the user in place of the first": allowed_case(
        "the way becomes shorter",
        before=[BY_DESK],
        after=[HUB],
        both=[DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "three hops, and the last drops the role before": lockout_case(
        "bob, whom emergency still trusts, cannot sign in",
        before=[emergency_role(trust("role/hub", "user/bob"))],
        after=[emergency_role(trust("user/bob"))],
        both=[DESK, BY_DESK],
        people=ALICE_ONLY,
    ),
    "three hops, and the last trusts the role one before": allowed_case(
        "alice comes over desk alone",
        before=[BY_HUB],
        after=[emergency_role(trust("role/desk"))],
        both=[DESK, BY_DESK],
        people=ALICE_ONLY,
    ),
    "three hops, and the middle one denies the call": lockout_case(
        "desk can assume nothing any more",
        before=[DESK],
        after=[desk(trust("user/alice"), can=[NO_STS])],
        both=[BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "three hops, and the middle one denies the call on the last role": allowed_case(
        "desk assumes hub, which the Deny does not name",
        before=[DESK],
        after=[desk(trust("user/alice"), can=[{**NO_STS, "Resource": arn("role/emergency")}])],
        both=[BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "four hops, and the first drops the only user": lockout_case(
        "nobody who can sign in reaches lobby",
        before=[lobby(trust("user/alice", "user/bob"))],
        after=[lobby(trust("user/bob"))],
        both=[BY_LOBBY, BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "four hops, and the first drops one of two users": allowed_case(
        "bob still comes over all four",
        before=[lobby(trust("user/alice", "user/bob"))],
        after=[lobby(trust("user/bob"))],
        both=[BY_LOBBY, BY_DESK, BY_HUB],
        people=ALICE_AND_BOB,
    ),
    "four hops, and the user is deleted": lockout_case(
        "bob, whom lobby still trusts, cannot sign in",
        before=[user("alice"), lobby(trust("user/alice", "user/bob"))],
        after=[lobby(trust("user/bob"))],
        both=[BY_LOBBY, BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "four hops, and the second comes to trust only a service": lockout_case(
        "lobby no longer reaches desk",
        before=[desk(trust("role/lobby"), service_trust())],
        after=[desk(service_trust())],
        both=[LOBBY, BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "four hops, and the second gets a Sid": allowed_case(
        "a Sid decides nothing",
        before=[BY_LOBBY],
        after=[desk({**trust("role/lobby"), "Sid": "Lobby"})],
        both=[LOBBY, BY_DESK, BY_HUB],
        people=ALICE_ONLY,
    ),
    "four hops, and the third gets a boundary without sts:AssumeRole": lockout_case(
        "the boundary keeps sessions of hub from emergency",
        before=[BY_DESK],
        after=[hub(trust("role/desk"), **BOUNDED)],
        both=[LOBBY, BY_LOBBY, BY_HUB, S3_ONLY],
        people=ALICE_ONLY,
    ),
    "four hops, and the third loses a permission that its trust made needless": allowed_case(
        "emergency names hub, which needs no Allow of its own",
        before=[hub(trust("role/desk"), can=[ALLOW_EMERGENCY])],
        after=[BY_DESK],
        both=[LOBBY, BY_LOBBY, BY_HUB],
        people=ALICE_ONLY,
    ),
    "four hops, and the third asks for MFA": lockout_case(
        "desk's session carries none",
        before=[BY_DESK],
        after=[hub(trust("role/desk", **MFA))],
        both=[LOBBY, BY_LOBBY, BY_HUB],
        people={"alice": with_device(KEY)},
    ),
    "four hops, and the first asks for MFA of a user with a device": allowed_case(
        "alice gives a code to lobby",
        before=[LOBBY],
        after=[lobby(trust("user/alice", **MFA))],
        both=[BY_LOBBY, BY_DESK, BY_HUB],
        people={"alice": with_device(KEY)},
    ),
    "four hops stay when the direct way goes": allowed_case(
        "the longer way still works",
        before=[emergency_role(trust("role/hub", "user/bob"))],
        after=[BY_HUB],
        both=[LOBBY, BY_LOBBY, BY_DESK],
        people=ALICE_AND_BOB,
    ),
    "the direct way stays when four hops go": allowed_case(
        "bob enters with his key",
        before=[lobby(trust("user/alice")), desk(trust("role/lobby"))],
        after=[desk(service_trust())],
        both=[BY_DESK, emergency_role(trust("role/hub", "user/bob"))],
        people=ALICE_AND_BOB,
    ),
    "the direct way goes, and four hops have a gap": lockout_case(
        "desk trusts only a service, so that the longer way never worked",
        before=[emergency_role(trust("role/hub", "user/alice"))],
        after=[BY_HUB],
        both=[LOBBY, desk(service_trust()), BY_DESK],
        people=ALICE_ONLY,
    ),
}

FROM_OUTSIDE: dict[str, LockoutCase] = {
    "the role before drops the provider through which people came": lockout_case(
        "bob, whom hub still trusts, cannot sign in",
        before=[hub(github_trust("repo:a/b:*"), trust("user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB, PROVIDER],
        people=ALICE_ONLY,
    ),
    "the role before drops the provider, and a user stays": allowed_case(
        "alice still comes over hub",
        before=[hub(github_trust("repo:a/b:*"), trust("user/alice"))],
        after=[HUB],
        both=[BY_HUB, PROVIDER],
        people=ALICE_ONLY,
    ),
    "the provider loses the client id that the role before takes": lockout_case(
        "no token lets anybody into hub any more",
        before=[PROVIDER],
        after=[replace(PROVIDER, client_ids=frozenset(["other"]))],
        both=[hub(audience_trust("sts.amazonaws.com")), BY_HUB],
    ),
    "the provider loses a client id that the role before does not take": allowed_case(
        "tokens for the audience of hub's trust are taken as before",
        before=[PROVIDER],
        after=[replace(PROVIDER, client_ids=frozenset(["sts.amazonaws.com"]))],
        both=[hub(audience_trust("sts.amazonaws.com")), BY_HUB],
    ),
    "the role before drops another account through which people came": lockout_case(
        "bob, whom hub still trusts, cannot sign in",
        before=[hub(trust(PARTNER_ROOT, "user/bob"))],
        after=[hub(trust("user/bob"))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
    "the role before drops the only user, and another account stays": allowed_case(
        "the other account's people still come over hub",
        before=[hub(trust(PARTNER_ROOT, "user/alice"))],
        after=[hub(trust(PARTNER_ROOT))],
        both=[BY_HUB],
        people=ALICE_ONLY,
    ),
}

ROWS = LONGER | FROM_OUTSIDE


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_long_chain_is_refused_exactly_if_nobody_comes_over_any_more(row: LockoutCase) -> None:
    assert_verdict(row)
