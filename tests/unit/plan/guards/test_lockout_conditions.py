"""Ways into an emergency role that hang on a condition: of a trust, of one's own policy, on a tag, on a name.

A condition that is new, or another than before, makes a way uncertain if nothing here tells whether it is met; one that
the way already had changes nothing; one that is met for certain is none. Root runs every plan.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.lockouts import (
    ALICE_AND_BOB,
    ALICE_ONLY,
    ALLOW_EMERGENCY,
    KEY,
    NO_CREDENTIALS,
    OFFICE,
    OPEN_TO_ACCOUNT,
    OWNER_TAGS,
    PARTNER_ROOT,
    PASSWORD,
    ROOT,
    LockoutCase,
    allow_assume,
    allowed_case,
    arn,
    assert_verdict,
    condition_on,
    deny,
    deny_trust,
    emergency_role,
    lockout_case,
    role,
    tag_condition,
    trust,
    user,
)
from tests.support.strategies import ACCOUNT

BY_ALICE = emergency_role(trust("user/alice"))
SECRET = condition_on("StringEquals", sts__ExternalId="x")
BY_ARN = condition_on("ArnEquals", aws__PrincipalArn=arn("user/alice"))
OF_TEAM = tag_condition("aws:PrincipalTag/team", "ops")
TO_TAGGED = tag_condition("aws:ResourceTag/tier", "glass")
NO_STS = deny("sts:AssumeRole")


def under(condition: dict[str, Any]) -> Any:
    """The emergency role that trusts alice under a condition."""
    return emergency_role(trust("user/alice", **condition))


def within(network: str) -> dict[str, Any]:
    return condition_on("IpAddress", aws__SourceIp=network)


OF_THE_TRUST: dict[str, LockoutCase] = {
    "the trust comes to ask for an address": lockout_case(
        "where alice will be is not known here",
        before=[BY_ALICE],
        after=[under(OFFICE)],
        people=ALICE_ONLY,
    ),
    "the trust asked for an address before": allowed_case(
        "the way had the condition already",
        before=[emergency_role(trust("user/alice", "user/bob", **OFFICE))],
        after=[under(OFFICE)],
        people=ALICE_ONLY,
    ),
    "the trust asks for an address no more": allowed_case(
        "the way becomes wider",
        before=[under(OFFICE)],
        after=[BY_ALICE],
        people=ALICE_ONLY,
    ),
    "the trust asks for an address of one of two users": allowed_case(
        "bob enters from anywhere, as before",
        before=[emergency_role(trust("user/alice"), {**trust("user/bob"), "Sid": "Bob"})],
        after=[emergency_role(trust("user/alice", **OFFICE), {**trust("user/bob"), "Sid": "Bob"})],
        people=ALICE_AND_BOB,
    ),
    "the network that the trust asks for becomes smaller": lockout_case(
        "alice's address may be in the part that goes",
        before=[under(within("203.0.113.0/24"))],
        after=[under(within("203.0.113.0/28"))],
        people=ALICE_ONLY,
    ),
    "the network that the trust asks for becomes greater": allowed_case(
        "it holds every address that it held",
        before=[under(within("203.0.113.0/24"))],
        after=[under(within("203.0.112.0/20"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an external id": lockout_case(
        "whether alice knows it is not known here, and the console cannot send one",
        before=[BY_ALICE],
        after=[under(SECRET)],
        people=ALICE_ONLY,
    ),
    "the trust asks for another external id": lockout_case(
        "whether alice knows the new one is not known here",
        before=[under(SECRET)],
        after=[under(condition_on("StringEquals", sts__ExternalId="y"))],
        people=ALICE_ONLY,
    ),
    "the trust takes one external id more": allowed_case(
        "the old one is still taken",
        before=[under(SECRET)],
        after=[under(condition_on("StringEquals", sts__ExternalId=["x", "y"]))],
        people=ALICE_ONLY,
    ),
    "the trust asks for an external id beside an address": lockout_case(
        "both must be met, and one is new",
        before=[under(OFFICE)],
        after=[under({"Condition": OFFICE["Condition"] | SECRET["Condition"]})],
        people=ALICE_ONLY,
    ),
    "the trust asks for an address, and for an external id no more": allowed_case(
        "one of two conditions goes",
        before=[under({"Condition": OFFICE["Condition"] | SECRET["Condition"]})],
        after=[under(OFFICE)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a source identity": lockout_case(
        "whether alice may set one is not known here",
        before=[BY_ALICE],
        after=[under(condition_on("StringEquals", sts__SourceIdentity="alice"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an organization": lockout_case(
        "of which organization the account is a member is not known here",
        before=[BY_ALICE],
        after=[under(condition_on("StringEquals", aws__PrincipalOrgID="o-abcdefghij"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for this account": allowed_case(
        "alice's aws:PrincipalAccount is the account's",
        before=[BY_ALICE],
        after=[under(condition_on("StringEquals", aws__PrincipalAccount=ACCOUNT))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for another account": lockout_case(
        "alice's aws:PrincipalAccount is this account's",
        before=[BY_ALICE],
        after=[under(condition_on("StringEquals", aws__PrincipalAccount="210987654321"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for the user's own ARN": allowed_case(
        "alice's aws:PrincipalArn fits",
        before=[OPEN_TO_ACCOUNT],
        after=[emergency_role(trust(ROOT, **BY_ARN))],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for another user's ARN": lockout_case(
        "alice's aws:PrincipalArn does not fit, and bob cannot sign in",
        before=[OPEN_TO_ACCOUNT],
        after=[emergency_role(trust(ROOT, **condition_on("ArnEquals", aws__PrincipalArn=arn("user/bob"))))],
        both=[user("alice", ALLOW_EMERGENCY), user("bob", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an ARN by a pattern that fits": allowed_case(
        "user/* holds alice's ARN",
        before=[OPEN_TO_ACCOUNT],
        after=[emergency_role(trust(ROOT, **condition_on("ArnLike", aws__PrincipalArn=arn("user/*"))))],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for an ARN by a pattern of another path": lockout_case(
        "alice is not below /admins/",
        before=[OPEN_TO_ACCOUNT],
        after=[emergency_role(trust(ROOT, **condition_on("ArnLike", aws__PrincipalArn=arn("user/admins/*"))))],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for the user's name": allowed_case(
        "alice's aws:username is alice",
        before=[OPEN_TO_ACCOUNT],
        after=[emergency_role(trust(ROOT, **condition_on("StringEquals", aws__username="alice")))],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for the user's name in other letters": lockout_case(
        "StringEquals is case-sensitive",
        before=[OPEN_TO_ACCOUNT],
        after=[emergency_role(trust(ROOT, **condition_on("StringEquals", aws__username="Alice")))],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but the user": allowed_case(
        "the Deny's ArnNotEquals does not hold for alice",
        before=[BY_ALICE],
        after=[
            emergency_role(
                trust("user/alice"),
                deny_trust("*", **condition_on("ArnNotEquals", aws__PrincipalArn=arn("user/alice"))),
            )
        ],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but another user": lockout_case(
        "the Deny's ArnNotEquals holds for alice",
        before=[BY_ALICE],
        after=[
            emergency_role(
                trust("user/alice"), deny_trust("*", **condition_on("ArnNotEquals", aws__PrincipalArn=arn("user/bob")))
            )
        ],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny other addresses": lockout_case(
        "whether the Deny holds for alice is not known here",
        before=[BY_ALICE],
        after=[
            emergency_role(
                trust("user/alice"), deny_trust("*", **condition_on("NotIpAddress", aws__SourceIp="203.0.113.0/24"))
            )
        ],
        people=ALICE_ONLY,
    ),
    "the trust denied other addresses before": allowed_case(
        "the way had the condition already",
        before=[
            emergency_role(
                trust("user/alice", "user/bob"),
                deny_trust("*", **condition_on("NotIpAddress", aws__SourceIp="203.0.113.0/24")),
            )
        ],
        after=[
            emergency_role(
                trust("user/alice"), deny_trust("*", **condition_on("NotIpAddress", aws__SourceIp="203.0.113.0/24"))
            )
        ],
        people=ALICE_ONLY,
    ),
}

OF_A_TAG: dict[str, LockoutCase] = {
    "the user loses the tag that the trust asks for": lockout_case(
        "aws:PrincipalTag/team is alice's own tag",
        before=[user("alice", tags={**OWNER_TAGS, "team": "ops"})],
        after=[user("alice")],
        both=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "the user gets another value of the tag that the trust asks for": lockout_case(
        "dev is not ops",
        before=[user("alice", tags={**OWNER_TAGS, "team": "ops"})],
        after=[user("alice", tags={**OWNER_TAGS, "team": "dev"})],
        both=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "the user gets another tag than the trust asks for": allowed_case(
        "the tag that decides stays",
        before=[user("alice", tags={**OWNER_TAGS, "team": "ops"})],
        after=[user("alice", tags={**OWNER_TAGS, "team": "ops", "floor": "3"})],
        both=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "one of two users loses the tag that the trust asks for": allowed_case(
        "bob keeps his",
        before=[user("alice", tags={**OWNER_TAGS, "team": "ops"})],
        after=[user("alice")],
        both=[
            emergency_role(trust("user/alice", "user/bob", **OF_TEAM)),
            user("bob", tags={**OWNER_TAGS, "team": "ops"}),
        ],
        people=ALICE_AND_BOB,
    ),
    "the trust comes to ask for a tag that the user has": allowed_case(
        "alice's team is ops",
        before=[BY_ALICE],
        after=[under(OF_TEAM)],
        both=[user("alice", tags={**OWNER_TAGS, "team": "ops"})],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a tag that the user lacks": lockout_case(
        "alice has no team",
        before=[BY_ALICE],
        after=[under(OF_TEAM)],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a tag if there is one, and there is none": allowed_case(
        "…IfExists holds for a missing key",
        before=[BY_ALICE],
        after=[under(tag_condition("aws:PrincipalTag/team", "ops", "StringEqualsIfExists"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to ask for a tag if there is one, and it is another": lockout_case(
        "alice's team is dev",
        before=[BY_ALICE],
        after=[under(tag_condition("aws:PrincipalTag/team", "ops", "StringEqualsIfExists"))],
        both=[user("alice", tags={**OWNER_TAGS, "team": "dev"})],
        people=ALICE_ONLY,
    ),
    "the role loses the tag by which the user may assume it": lockout_case(
        "alice's Allow asks for aws:ResourceTag/tier of the role",
        before=[emergency_role(trust(ROOT), tags={**OWNER_TAGS, "tier": "glass"})],
        after=[OPEN_TO_ACCOUNT],
        both=[user("alice", allow_assume("*", **TO_TAGGED))],
        people=ALICE_ONLY,
    ),
    "the role gets another tag than the one by which the user may assume it": allowed_case(
        "the tag that decides stays",
        before=[emergency_role(trust(ROOT), tags={**OWNER_TAGS, "tier": "glass"})],
        after=[emergency_role(trust(ROOT), tags={**OWNER_TAGS, "tier": "glass", "team": "b"})],
        both=[user("alice", allow_assume("*", **TO_TAGGED))],
        people=ALICE_ONLY,
    ),
    "the role loses a tag on which nothing hangs": allowed_case(
        "alice's Allow names the role",
        before=[emergency_role(trust(ROOT), tags={**OWNER_TAGS, "tier": "glass"})],
        after=[OPEN_TO_ACCOUNT],
        both=[user("alice", ALLOW_EMERGENCY)],
        people=ALICE_ONLY,
    ),
    "the role gets a tag that the user may not touch": lockout_case(
        "alice's own Deny asks for the tag that the role gets",
        before=[BY_ALICE],
        after=[emergency_role(trust("user/alice"), tags={**OWNER_TAGS, "tier": "glass"})],
        both=[user("alice", {**NO_STS, **TO_TAGGED})],
        people=ALICE_ONLY,
    ),
    "the role gets another tag than the one that the user may not touch": allowed_case(
        "the Deny does not hold",
        before=[BY_ALICE],
        after=[emergency_role(trust("user/alice"), tags={**OWNER_TAGS, "tier": "paper"})],
        both=[user("alice", {**NO_STS, **TO_TAGGED})],
        people=ALICE_ONLY,
    ),
    "the role before loses the tag that the next trust asks for": lockout_case(
        "a session of hub has hub's tags",
        before=[role("hub", trust("user/alice"), tags={**OWNER_TAGS, "team": "ops"})],
        after=[role("hub", trust("user/alice"))],
        both=[emergency_role(trust("role/hub", **OF_TEAM))],
        people=ALICE_ONLY,
    ),
    "the role before gets another tag than the next trust asks for": allowed_case(
        "the tag that decides stays",
        before=[role("hub", trust("user/alice"), tags={**OWNER_TAGS, "team": "ops"})],
        after=[role("hub", trust("user/alice"), tags={**OWNER_TAGS, "team": "ops", "floor": "3"})],
        both=[emergency_role(trust("role/hub", **OF_TEAM))],
        people=ALICE_ONLY,
    ),
    "the role before loses the tag by which the user may assume it": lockout_case(
        "alice's Allow asks for aws:ResourceTag/tier of hub",
        before=[role("hub", trust(ROOT), tags={**OWNER_TAGS, "tier": "glass"})],
        after=[role("hub", trust(ROOT))],
        both=[user("alice", allow_assume("*", **TO_TAGGED)), emergency_role(trust("role/hub"))],
        people=ALICE_ONLY,
    ),
}

OF_ONES_OWN: dict[str, LockoutCase] = {
    "the user's permission comes to ask for an address": lockout_case(
        "where alice will be is not known here",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("emergency", **OFFICE))],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the user's permission comes to ask for an address, and the trust names the user": allowed_case(
        "alice needs no permission of her own",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("emergency", **OFFICE))],
        both=[BY_ALICE],
        people=ALICE_ONLY,
    ),
    "the user's permission asked for an address before": allowed_case(
        "the way had the condition already",
        before=[user("alice", allow_assume("emergency", "reader", **OFFICE))],
        after=[user("alice", allow_assume("emergency", **OFFICE))],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "the user comes to be denied outside an address, though the trust names it": lockout_case(
        "whether the Deny holds for alice is not known here",
        before=[user("alice")],
        after=[user("alice", {**NO_STS, **condition_on("NotIpAddress", aws__SourceIp="203.0.113.0/24")})],
        both=[BY_ALICE],
        people=ALICE_ONLY,
    ),
    "another account comes to be asked for an external id": lockout_case(
        "whether its people send the id is not known here",
        before=[emergency_role(trust(PARTNER_ROOT))],
        after=[emergency_role(trust(PARTNER_ROOT, **SECRET))],
    ),
    "another account was asked for an external id before": allowed_case(
        "the way had the condition already; alice was no way in",
        before=[emergency_role(trust(PARTNER_ROOT, **SECRET), trust("user/alice"))],
        after=[emergency_role(trust(PARTNER_ROOT, **SECRET))],
        people={"alice": NO_CREDENTIALS},
    ),
    "a hop in the middle comes to ask for an external id": lockout_case(
        "whether alice sends it from hub is not known here",
        before=[emergency_role(trust("role/hub"))],
        after=[emergency_role(trust("role/hub", **SECRET))],
        both=[role("hub", trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a hop in the middle comes to ask for a condition, and a user enters without": allowed_case(
        "bob is trusted by name",
        before=[emergency_role(trust("role/hub"), {**trust("user/bob"), "Sid": "Bob"})],
        after=[emergency_role(trust("role/hub", **SECRET), {**trust("user/bob"), "Sid": "Bob"})],
        both=[role("hub", trust("user/alice"))],
        people={"alice": PASSWORD, "bob": KEY},
    ),
}

ROWS = OF_THE_TRUST | OF_A_TAG | OF_ONES_OWN


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_way_counts_only_if_its_conditions_are_those_of_before_or_met(row: LockoutCase) -> None:
    assert_verdict(row)
