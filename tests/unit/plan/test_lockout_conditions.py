"""Ways into an emergency role that hang on a condition: of a trust, of one's own policy, on a tag, on a name.

A condition that is new, or another than before, makes a way uncertain if nothing here tells whether it is met; one that
the way already had changes nothing; one that is met for certain is none. Root runs every plan.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.lockouts import (
    ALICE_ONLY,
    KEY,
    MAY_ENTER,
    MINE,
    NONE,
    OFFICE,
    OPEN,
    PASSWORD,
    ROOT,
    THEIRS,
    TWO,
    Row,
    allowed,
    arn,
    assert_verdict,
    assuming,
    deny,
    emergency,
    refuse,
    refused,
    role,
    tag_is,
    trust,
    user,
    when,
)
from tests.support.strategies import ACCOUNT

BY_ALICE = emergency(trust("user/alice"))
SECRET = when("StringEquals", sts__ExternalId="x")
BY_ARN = when("ArnEquals", aws__PrincipalArn=arn("user/alice"))
OF_TEAM = tag_is("aws:PrincipalTag/team", "ops")
TO_TAGGED = tag_is("aws:ResourceTag/tier", "glass")
NO_STS = deny("sts:AssumeRole")


def under(condition: dict[str, Any]) -> Any:
    """The emergency role that trusts alice under a condition."""
    return emergency(trust("user/alice", **condition))


def within(network: str) -> dict[str, Any]:
    return when("IpAddress", aws__SourceIp=network)


OF_THE_TRUST: dict[str, Row] = {
    "the trust comes to ask for an address": refused(
        "where alice will be is not known here",
        before=[BY_ALICE],
        after=[under(OFFICE)],
        people=ALICE_ONLY,
    ),
    "the trust asked for an address before": allowed(
        "the way had the condition already",
        before=[emergency(trust("user/alice", "user/bob", **OFFICE))],
        after=[under(OFFICE)],
        people=ALICE_ONLY,
    ),
    "the trust asks for an address no more": allowed(
        "the way becomes wider",
        before=[under(OFFICE)],
        after=[BY_ALICE],
        people=ALICE_ONLY,
    ),
    "the trust asks for an address of one of two users": allowed(
        "bob enters from anywhere, as before",
        before=[emergency(trust("user/alice"), {**trust("user/bob"), "Sid": "Bob"})],
        after=[emergency(trust("user/alice", **OFFICE), {**trust("user/bob"), "Sid": "Bob"})],
        people=TWO,
    ),
    "the network that the trust asks for becomes smaller": refused(
        "alice's address may be in the part that goes",
        before=[under(within("203.0.113.0/24"))],
        after=[under(within("203.0.113.0/28"))],
        people=ALICE_ONLY,
    ),
    "the network that the trust asks for becomes greater": allowed(
        "it holds every address that it held",
        before=[under(within("203.0.113.0/24"))],
        after=[under(within("203.0.112.0/20"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an external id": refused(
        "whether alice knows it is not known here, and the console cannot send one",
        before=[BY_ALICE],
        after=[under(SECRET)],
        people=ALICE_ONLY,
    ),
    "the trust asks for another external id": refused(
        "whether alice knows the new one is not known here",
        before=[under(SECRET)],
        after=[under(when("StringEquals", sts__ExternalId="y"))],
        people=ALICE_ONLY,
    ),
    "the trust takes one external id more": allowed(
        "the old one is still taken",
        before=[under(SECRET)],
        after=[under(when("StringEquals", sts__ExternalId=["x", "y"]))],
        people=ALICE_ONLY,
    ),
    "the trust asks for an external id beside an address": refused(
        "both must be met, and one is new",
        before=[under(OFFICE)],
        after=[under({"Condition": OFFICE["Condition"] | SECRET["Condition"]})],
        people=ALICE_ONLY,
    ),
    "the trust asks for an address, and for an external id no more": allowed(
        "one of two conditions goes",
        before=[under({"Condition": OFFICE["Condition"] | SECRET["Condition"]})],
        after=[under(OFFICE)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a source identity": refused(
        "whether alice may set one is not known here",
        before=[BY_ALICE],
        after=[under(when("StringEquals", sts__SourceIdentity="alice"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an organization": refused(
        "of which organization the account is a member is not known here",
        before=[BY_ALICE],
        after=[under(when("StringEquals", aws__PrincipalOrgID="o-abcdefghij"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for this account": allowed(
        "alice's aws:PrincipalAccount is the account's",
        before=[BY_ALICE],
        after=[under(when("StringEquals", aws__PrincipalAccount=ACCOUNT))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for another account": refused(
        "alice's aws:PrincipalAccount is this account's",
        before=[BY_ALICE],
        after=[under(when("StringEquals", aws__PrincipalAccount="210987654321"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for the user's own ARN": allowed(
        "alice's aws:PrincipalArn fits",
        before=[OPEN],
        after=[emergency(trust(ROOT, **BY_ARN))],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for another user's ARN": refused(
        "alice's aws:PrincipalArn does not fit, and bob cannot sign in",
        before=[OPEN],
        after=[emergency(trust(ROOT, **when("ArnEquals", aws__PrincipalArn=arn("user/bob"))))],
        both=[user("alice", MAY_ENTER), user("bob", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an ARN by a pattern that fits": allowed(
        "user/* holds alice's ARN",
        before=[OPEN],
        after=[emergency(trust(ROOT, **when("ArnLike", aws__PrincipalArn=arn("user/*"))))],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an ARN by a pattern of another path": refused(
        "alice is not below /admins/",
        before=[OPEN],
        after=[emergency(trust(ROOT, **when("ArnLike", aws__PrincipalArn=arn("user/admins/*"))))],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for the user's name": allowed(
        "alice's aws:username is alice",
        before=[OPEN],
        after=[emergency(trust(ROOT, **when("StringEquals", aws__username="alice")))],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for the user's name in other letters": refused(
        "StringEquals is case-sensitive",
        before=[OPEN],
        after=[emergency(trust(ROOT, **when("StringEquals", aws__username="Alice")))],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but the user": allowed(
        "the Deny's ArnNotEquals does not hold for alice",
        before=[BY_ALICE],
        after=[
            emergency(trust("user/alice"), refuse("*", **when("ArnNotEquals", aws__PrincipalArn=arn("user/alice"))))
        ],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but another user": refused(
        "the Deny's ArnNotEquals holds for alice",
        before=[BY_ALICE],
        after=[emergency(trust("user/alice"), refuse("*", **when("ArnNotEquals", aws__PrincipalArn=arn("user/bob"))))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny other addresses": refused(
        "whether the Deny holds for alice is not known here",
        before=[BY_ALICE],
        after=[emergency(trust("user/alice"), refuse("*", **when("NotIpAddress", aws__SourceIp="203.0.113.0/24")))],
        people=ALICE_ONLY,
    ),
    "the trust denied other addresses before": allowed(
        "the way had the condition already",
        before=[
            emergency(
                trust("user/alice", "user/bob"), refuse("*", **when("NotIpAddress", aws__SourceIp="203.0.113.0/24"))
            )
        ],
        after=[emergency(trust("user/alice"), refuse("*", **when("NotIpAddress", aws__SourceIp="203.0.113.0/24")))],
        people=ALICE_ONLY,
    ),
}

OF_A_TAG: dict[str, Row] = {
    "the user loses the tag that the trust asks for": refused(
        "aws:PrincipalTag/team is alice's own tag",
        before=[user("alice", tags={**MINE, "team": "ops"})],
        after=[user("alice")],
        both=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "the user gets another value of the tag that the trust asks for": refused(
        "dev is not ops",
        before=[user("alice", tags={**MINE, "team": "ops"})],
        after=[user("alice", tags={**MINE, "team": "dev"})],
        both=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "the user gets another tag than the trust asks for": allowed(
        "the tag that decides stays",
        before=[user("alice", tags={**MINE, "team": "ops"})],
        after=[user("alice", tags={**MINE, "team": "ops", "floor": "3"})],
        both=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "one of two users loses the tag that the trust asks for": allowed(
        "bob keeps his",
        before=[user("alice", tags={**MINE, "team": "ops"})],
        after=[user("alice")],
        both=[emergency(trust("user/alice", "user/bob", **OF_TEAM)), user("bob", tags={**MINE, "team": "ops"})],
        people=TWO,
    ),
    "the trust comes to ask for a tag that the user has": allowed(
        "alice's team is ops",
        before=[BY_ALICE],
        after=[under(OF_TEAM)],
        both=[user("alice", tags={**MINE, "team": "ops"})],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a tag that the user lacks": refused(
        "alice has no team",
        before=[BY_ALICE],
        after=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a tag if there is one, and there is none": allowed(
        "…IfExists holds for a missing key",
        before=[BY_ALICE],
        after=[under(tag_is("aws:PrincipalTag/team", "ops", "StringEqualsIfExists"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a tag if there is one, and it is another": refused(
        "alice's team is dev",
        before=[BY_ALICE],
        after=[under(tag_is("aws:PrincipalTag/team", "ops", "StringEqualsIfExists"))],
        both=[user("alice", tags={**MINE, "team": "dev"})],
        people=ALICE_ONLY,
    ),
    "the role loses the tag by which the user may assume it": refused(
        "alice's Allow asks for aws:ResourceTag/tier of the role",
        before=[emergency(trust(ROOT), tags={**MINE, "tier": "glass"})],
        after=[OPEN],
        both=[user("alice", assuming("*", **TO_TAGGED))],
        people=ALICE_ONLY,
    ),
    "the role gets another tag than the one by which the user may assume it": allowed(
        "the tag that decides stays",
        before=[emergency(trust(ROOT), tags={**MINE, "tier": "glass"})],
        after=[emergency(trust(ROOT), tags={**MINE, "tier": "glass", "team": "b"})],
        both=[user("alice", assuming("*", **TO_TAGGED))],
        people=ALICE_ONLY,
    ),
    "the role loses a tag on which nothing hangs": allowed(
        "alice's Allow names the role",
        before=[emergency(trust(ROOT), tags={**MINE, "tier": "glass"})],
        after=[OPEN],
        both=[user("alice", MAY_ENTER)],
        people=ALICE_ONLY,
    ),
    "the role gets a tag that the user may not touch": refused(
        "alice's own Deny asks for the tag that the role gets",
        before=[BY_ALICE],
        after=[emergency(trust("user/alice"), tags={**MINE, "tier": "glass"})],
        both=[user("alice", {**NO_STS, **TO_TAGGED})],
        people=ALICE_ONLY,
    ),
    "the role gets another tag than the one that the user may not touch": allowed(
        "the Deny does not hold",
        before=[BY_ALICE],
        after=[emergency(trust("user/alice"), tags={**MINE, "tier": "paper"})],
        both=[user("alice", {**NO_STS, **TO_TAGGED})],
        people=ALICE_ONLY,
    ),
    "the role before loses the tag that the next trust asks for": refused(
        "a session of hub has hub's tags",
        before=[role("hub", trust("user/alice"), tags={**MINE, "team": "ops"})],
        after=[role("hub", trust("user/alice"))],
        both=[emergency(trust("role/hub", **OF_TEAM))],
        people=ALICE_ONLY,
    ),
    "the role before gets another tag than the next trust asks for": allowed(
        "the tag that decides stays",
        before=[role("hub", trust("user/alice"), tags={**MINE, "team": "ops"})],
        after=[role("hub", trust("user/alice"), tags={**MINE, "team": "ops", "floor": "3"})],
        both=[emergency(trust("role/hub", **OF_TEAM))],
        people=ALICE_ONLY,
    ),
    "the role before loses the tag by which the user may assume it": refused(
        "alice's Allow asks for aws:ResourceTag/tier of hub",
        before=[role("hub", trust(ROOT), tags={**MINE, "tier": "glass"})],
        after=[role("hub", trust(ROOT))],
        both=[user("alice", assuming("*", **TO_TAGGED)), emergency(trust("role/hub"))],
        people=ALICE_ONLY,
    ),
}

OF_ONES_OWN: dict[str, Row] = {
    "the user's permission comes to ask for an address": refused(
        "where alice will be is not known here",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice", assuming("emergency", **OFFICE))],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the user's permission comes to ask for an address, and the trust names the user": allowed(
        "alice needs no permission of her own",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice", assuming("emergency", **OFFICE))],
        both=[BY_ALICE],
        people=ALICE_ONLY,
    ),
    "the user's permission asked for an address before": allowed(
        "the way had the condition already",
        before=[user("alice", assuming("emergency", "reader", **OFFICE))],
        after=[user("alice", assuming("emergency", **OFFICE))],
        both=[OPEN],
        people=ALICE_ONLY,
    ),
    "the user comes to be denied outside an address, though the trust names it": refused(
        "whether the Deny holds for alice is not known here",
        before=[user("alice")],
        after=[user("alice", {**NO_STS, **when("NotIpAddress", aws__SourceIp="203.0.113.0/24")})],
        both=[BY_ALICE],
        people=ALICE_ONLY,
    ),
    "another account comes to be asked for an external id": refused(
        "whether its people send the id is not known here",
        before=[emergency(trust(THEIRS))],
        after=[emergency(trust(THEIRS, **SECRET))],
    ),
    "another account was asked for an external id before": allowed(
        "the way had the condition already; alice was no way in",
        before=[emergency(trust(THEIRS, **SECRET), trust("user/alice"))],
        after=[emergency(trust(THEIRS, **SECRET))],
        people={"alice": NONE},
    ),
    "a hop in the middle comes to ask for an external id": refused(
        "whether alice sends it from hub is not known here",
        before=[emergency(trust("role/hub"))],
        after=[emergency(trust("role/hub", **SECRET))],
        both=[role("hub", trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a hop in the middle comes to ask for a condition, and a user enters without": allowed(
        "bob is trusted by name",
        before=[emergency(trust("role/hub"), {**trust("user/bob"), "Sid": "Bob"})],
        after=[emergency(trust("role/hub", **SECRET), {**trust("user/bob"), "Sid": "Bob"})],
        both=[role("hub", trust("user/alice"))],
        people={"alice": PASSWORD, "bob": KEY},
    ),
}

ROWS = OF_THE_TRUST | OF_A_TAG | OF_ONES_OWN


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_way_counts_only_if_its_conditions_are_those_of_before_or_met(row: Row) -> None:
    assert_verdict(row)
