"""Ways into an emergency role in one step: whom the role trusts, by which name, and from where.

Root runs every plan and `break_glass` names role/emergency. Each refused row is followed by its near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.model.entity import Entity
from tests.support.lockouts import (
    ALICE_AND_BOB,
    ALICE_ONLY,
    ALLOW_EMERGENCY,
    CLOSED_TO_ALL,
    NO_CREDENTIALS,
    OKTA,
    OWNER_TAGS,
    PARTNER_ROOT,
    PROVIDER,
    ROOT,
    LockoutCase,
    allowed_case,
    arn,
    assert_verdict,
    audience_trust,
    condition_on,
    deny_trust,
    deny_trust_except,
    emergency_role,
    find_lockouts,
    github_trust,
    lockout_case,
    okta_trust,
    plan_of,
    service_trust,
    trust,
    user,
)


def clients(*names: str) -> OidcProvider:
    return replace(PROVIDER, client_ids=frozenset(names))


TRUSTED: dict[str, LockoutCase] = {
    "the trust drops the only user who can sign in": lockout_case(
        "bob stays trusted, and has neither password nor key",
        before=[emergency_role(trust("user/alice", "user/bob"))],
        after=[CLOSED_TO_ALL],
        people=ALICE_ONLY,
    ),
    "the trust drops one of two users who can sign in": allowed_case(
        "bob still enters with his key",
        before=[emergency_role(trust("user/alice", "user/bob"))],
        after=[CLOSED_TO_ALL],
        people=ALICE_AND_BOB,
    ),
    "the trust drops a user without credentials": allowed_case(
        "bob could not enter, and alice still does",
        before=[emergency_role(trust("user/alice", "user/bob"))],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the trust swaps one user for another who can sign in": allowed_case(
        "one way goes, another comes in the same call",
        before=[emergency_role(trust("user/alice"))],
        after=[CLOSED_TO_ALL],
        people=ALICE_AND_BOB,
    ),
    "the trust swaps users of whom none can sign in": allowed_case(
        "nobody could enter before",
        before=[emergency_role(trust("user/alice"))],
        after=[CLOSED_TO_ALL],
        people={"alice": NO_CREDENTIALS, "bob": NO_CREDENTIALS},
    ),
    "the trust keeps nobody but a service": lockout_case(
        "a person cannot act as ec2.amazonaws.com",
        before=[emergency_role(trust("user/alice"), service_trust())],
        after=[emergency_role(service_trust())],
        people=ALICE_ONLY,
    ),
    "the trust drops a service, and a user stays": allowed_case(
        "the service was no way in",
        before=[emergency_role(trust("user/alice"), service_trust())],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a role that only a service enters gets another service": allowed_case(
        "no person could enter before",
        before=[emergency_role(service_trust())],
        after=[emergency_role(service_trust("lambda.amazonaws.com"))],
    ),
    "the only user of the trust is deleted": lockout_case(
        "a deleted user's ARN in a trust becomes a dead id; bob cannot sign in",
        before=[user("alice"), emergency_role(trust("user/alice", "user/bob"))],
        after=[CLOSED_TO_ALL],
        people=ALICE_ONLY,
    ),
    "one of two users of the trust is deleted": allowed_case(
        "bob still enters",
        before=[user("alice"), emergency_role(trust("user/alice", "user/bob"))],
        after=[CLOSED_TO_ALL],
        people=ALICE_AND_BOB,
    ),
    "a trusted user without credentials is deleted": allowed_case(
        "alice is untouched",
        before=[user("bob"), emergency_role(trust("user/alice", "user/bob"))],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a user who is created comes in place of the one who could sign in": lockout_case(
        "a user just created has neither password nor key",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role(trust("user/dora")), user("dora")],
        people=ALICE_ONLY,
    ),
    "a user who is created comes beside the one who can sign in": allowed_case(
        "alice is untouched",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role(trust("user/alice", "user/dora")), user("dora")],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny the user": lockout_case(
        "an explicit Deny wins over the Allow",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role(trust("user/alice"), deny_trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny another user": allowed_case(
        "the Deny does not name alice",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role(trust("user/alice"), deny_trust("user/bob"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny the whole account": lockout_case(
        "alice belongs to the account",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role(trust("user/alice"), deny_trust(ROOT))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny another account": allowed_case(
        "alice does not belong to it",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role(trust("user/alice"), deny_trust(PARTNER_ROOT))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but somebody else": lockout_case(
        "a Deny with NotPrincipal denies whoever is not named: alice",
        before=[emergency_role(trust("user/alice", "user/bob"))],
        after=[emergency_role(trust("user/alice", "user/bob"), deny_trust_except(ROOT, "user/bob"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but the user": allowed_case(
        "alice and her account are named, so the Deny leaves her out",
        before=[emergency_role(trust("user/alice", "user/bob"))],
        after=[emergency_role(trust("user/alice", "user/bob"), deny_trust_except(ROOT, "user/alice"))],
        people=ALICE_ONLY,
    ),
    "everybody was trusted if his ARN is alice's, and now if it is bob's": lockout_case(
        "the only ARN that fits is that of a user without credentials",
        before=[emergency_role(trust("*", **condition_on("ArnEquals", aws__PrincipalArn=arn("user/alice"))))],
        after=[emergency_role(trust("*", **condition_on("ArnEquals", aws__PrincipalArn=arn("user/bob"))))],
        people=ALICE_ONLY,
    ),
    "everybody was trusted if his ARN is alice's, and now alice by name": allowed_case(
        "the same user, named in another way",
        before=[emergency_role(trust("*", **condition_on("ArnEquals", aws__PrincipalArn=arn("user/alice"))))],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the trust is written as two statements with Sids": allowed_case(
        "the same principals are let in",
        before=[emergency_role(trust("user/alice", "user/bob"))],
        after=[emergency_role({**trust("user/alice"), "Sid": "A"}, {**trust("user/bob"), "Sid": "B"})],
        people=ALICE_ONLY,
    ),
    "the trust allows only another call of STS": lockout_case(
        "a user assumes a role by sts:AssumeRole, which nothing allows any more",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role({**trust("user/alice"), "Action": "sts:TagSession"})],
        people=ALICE_ONLY,
    ),
    "the trust allows sts:TagSession as well": allowed_case(
        "sts:AssumeRole stays",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role({**trust("user/alice"), "Action": ["sts:AssumeRole", "sts:TagSession"]})],
        people=ALICE_ONLY,
    ),
    "only the description of the role changes": allowed_case(
        "nothing that decides who enters",
        before=[emergency_role(trust("user/alice"))],
        after=[emergency_role(trust("user/alice"), description="For emergencies")],
        people=ALICE_ONLY,
    ),
}

FROM_OUTSIDE: dict[str, LockoutCase] = {
    "another account is dropped, and nobody else can sign in": lockout_case(
        "people of the other account came in",
        before=[emergency_role(trust(PARTNER_ROOT, "user/bob"))],
        after=[CLOSED_TO_ALL],
        people=ALICE_ONLY,
    ),
    "another account is dropped, and a user stays": allowed_case(
        "alice still enters",
        before=[emergency_role(trust(PARTNER_ROOT, "user/alice"))],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the only user is dropped, and another account stays": allowed_case(
        "the other account's people still enter",
        before=[emergency_role(trust(PARTNER_ROOT, "user/alice"))],
        after=[emergency_role(trust(PARTNER_ROOT))],
        people=ALICE_ONLY,
    ),
    "another account is narrowed to a role of it": lockout_case(
        "whether anybody can be that role is not known here",
        before=[emergency_role(trust(PARTNER_ROOT))],
        after=[emergency_role(trust("arn:aws:iam::210987654321:role/new"))],
    ),
    "a role of another account is widened to the account": allowed_case(
        "the account holds the role",
        before=[emergency_role(trust("arn:aws:iam::210987654321:role/ci"))],
        after=[emergency_role(trust(PARTNER_ROOT))],
    ),
    "the OIDC provider is deleted": lockout_case(
        "no token of the issuer is taken any more",
        before=[emergency_role(github_trust("repo:a/b:*"), trust("user/bob")), PROVIDER],
        after=[CLOSED_TO_ALL],
        people=ALICE_ONLY,
    ),
    "the OIDC provider is deleted, and a user stays": allowed_case(
        "alice still enters",
        before=[emergency_role(github_trust("repo:a/b:*"), trust("user/alice")), PROVIDER],
        after=[emergency_role(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the only user is dropped, and a provider stays": allowed_case(
        "tokens of the provider still let people in",
        before=[emergency_role(github_trust("repo:a/b:*"), trust("user/alice"))],
        after=[emergency_role(github_trust("repo:a/b:*"))],
        both=[PROVIDER],
        people=ALICE_ONLY,
    ),
    "the OIDC provider loses the client id that the trust takes": lockout_case(
        "tokens for that audience are refused",
        before=[PROVIDER],
        after=[clients("other")],
        both=[emergency_role(audience_trust("sts.amazonaws.com"))],
    ),
    "the OIDC provider loses a client id that the trust does not take": allowed_case(
        "the trust asks for another audience",
        before=[PROVIDER],
        after=[clients("sts.amazonaws.com")],
        both=[emergency_role(audience_trust("sts.amazonaws.com"))],
    ),
    "the trust asks for an audience that the provider does not have": lockout_case(
        "no token passes both",
        before=[emergency_role(audience_trust("sts.amazonaws.com"))],
        after=[emergency_role(audience_trust("third"))],
        both=[PROVIDER],
    ),
    "the trust takes another repository": lockout_case(
        "whether anybody holds a token of the new subject is not known here",
        before=[emergency_role(github_trust("repo:a/b:*"))],
        after=[emergency_role(github_trust("repo:a/c:*"))],
        both=[PROVIDER],
    ),
    "the trust takes one repository more": allowed_case(
        "the old subject stays",
        before=[emergency_role(github_trust("repo:a/b:*"))],
        after=[emergency_role(github_trust("repo:a/b:*", "repo:a/c:*"))],
        both=[PROVIDER],
    ),
    "the trust takes one of two repositories no more": allowed_case(
        "one leaver among several: the other subject enters as before",
        before=[emergency_role(github_trust("repo:a/b:*"), {**github_trust("repo:a/c:*"), "Sid": "Other"})],
        after=[emergency_role(github_trust("repo:a/b:*"))],
        both=[PROVIDER],
    ),
    "the SAML provider is deleted": lockout_case(
        "no assertion is taken any more",
        before=[emergency_role(okta_trust(), trust("user/bob")), OKTA],
        after=[CLOSED_TO_ALL],
        people=ALICE_ONLY,
    ),
    "the SAML provider gets a tag": allowed_case(
        "its metadata stays",
        before=[OKTA],
        after=[replace(OKTA, tags={**OWNER_TAGS, "team": "b"})],
        both=[emergency_role(okta_trust())],
    ),
    "a SAML provider goes, and OIDC stays": allowed_case(
        "tokens of the other provider still let people in",
        before=[emergency_role(okta_trust(), github_trust("repo:a/b:*")), OKTA],
        after=[emergency_role(github_trust("repo:a/b:*"))],
        both=[PROVIDER],
    ),
    "a user loses the permission, and the trust names a provider that does not exist": lockout_case(
        "a provider that is not there vouches for nobody",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice")],
        both=[emergency_role(okta_trust(), trust(ROOT))],
        people=ALICE_ONLY,
    ),
    "a user loses the permission, and the trust names a provider that exists": allowed_case(
        "its people still enter",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice")],
        both=[emergency_role(okta_trust(), trust(ROOT)), OKTA],
        people=ALICE_ONLY,
    ),
}

ROWS = TRUSTED | FROM_OUTSIDE


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_change_of_a_trust_is_refused_exactly_if_the_last_way_in_goes(row: LockoutCase) -> None:
    assert_verdict(row)


EMERGENCY = emergency_role(trust("user/alice"))
BEHIND_ACCOUNT = emergency_role(trust(ROOT))
DENYING = {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
SIDES: dict[str, tuple[list[Entity], list[Entity], str]] = {
    "a Deny of the user": (
        [EMERGENCY, user("alice")],
        [EMERGENCY, user("alice", DENYING)],
        "a Deny of user/alice inline policy own keeps user/alice out of role/emergency",
    ),
    "the last Allow of the user": (
        [BEHIND_ACCOUNT, user("alice", ALLOW_EMERGENCY)],
        [BEHIND_ACCOUNT, user("alice")],
        "user/alice may not assume role/emergency: no policy allows it",
    ),
    "a Deny of the trust": (
        [EMERGENCY],
        [emergency_role(trust("user/alice"), deny_trust("user/alice"))],
        "role/emergency refuses user/alice",
    ),
    "the trust names another user": ([EMERGENCY], [CLOSED_TO_ALL], "role/emergency refuses user/alice"),
    "both sides": (
        [BEHIND_ACCOUNT, user("alice", ALLOW_EMERGENCY)],
        [CLOSED_TO_ALL, user("alice")],
        "role/emergency refuses user/alice",
    ),
}


@pytest.mark.parametrize(("before", "after", "said"), SIDES.values(), ids=SIDES)
def test_a_lockout_names_the_side_that_refuses(before: list[Entity], after: list[Entity], said: str) -> None:
    (problem,) = find_lockouts(plan_of(lockout_case("", before=before, after=after, people=ALICE_ONLY)))
    assert f"user/alice assuming role/emergency ({said})" in problem.summary
