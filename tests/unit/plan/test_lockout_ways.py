"""Ways into an emergency role in one step: whom the role trusts, by which name, and from where.

Root runs every plan and `break_glass` names role/emergency. Each refused row is followed by its near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from tests.support.lockouts import (
    ALICE_ONLY,
    MAY_ENTER,
    MINE,
    NOBODY,
    NONE,
    OKTA,
    PROVIDER,
    ROOT,
    THEIRS,
    TWO,
    Row,
    allowed,
    arn,
    assert_verdict,
    audience,
    emergency,
    github,
    okta,
    refuse,
    refuse_all_but,
    refused,
    service,
    trust,
    user,
    when,
)


def clients(*names: str) -> OidcProvider:
    return replace(PROVIDER, client_ids=frozenset(names))


TRUSTED: dict[str, Row] = {
    "the trust drops the only user who can sign in": refused(
        "bob stays trusted, and has neither password nor key",
        before=[emergency(trust("user/alice", "user/bob"))],
        after=[NOBODY],
        people=ALICE_ONLY,
    ),
    "the trust drops one of two users who can sign in": allowed(
        "bob still enters with his key",
        before=[emergency(trust("user/alice", "user/bob"))],
        after=[NOBODY],
        people=TWO,
    ),
    "the trust drops a user without credentials": allowed(
        "bob could not enter, and alice still does",
        before=[emergency(trust("user/alice", "user/bob"))],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the trust swaps one user for another who can sign in": allowed(
        "one way goes, another comes in the same call",
        before=[emergency(trust("user/alice"))],
        after=[NOBODY],
        people=TWO,
    ),
    "the trust swaps users of whom none can sign in": allowed(
        "nobody could enter before",
        before=[emergency(trust("user/alice"))],
        after=[NOBODY],
        people={"alice": NONE, "bob": NONE},
    ),
    "the trust keeps nobody but a service": refused(
        "a person cannot act as ec2.amazonaws.com",
        before=[emergency(trust("user/alice"), service())],
        after=[emergency(service())],
        people=ALICE_ONLY,
    ),
    "the trust drops a service, and a user stays": allowed(
        "the service was no way in",
        before=[emergency(trust("user/alice"), service())],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a role that only a service enters gets another service": allowed(
        "no person could enter before",
        before=[emergency(service())],
        after=[emergency(service("lambda.amazonaws.com"))],
    ),
    "the only user of the trust is deleted": refused(
        "a deleted user's ARN in a trust becomes a dead id; bob cannot sign in",
        before=[user("alice"), emergency(trust("user/alice", "user/bob"))],
        after=[NOBODY],
        people=ALICE_ONLY,
    ),
    "one of two users of the trust is deleted": allowed(
        "bob still enters",
        before=[user("alice"), emergency(trust("user/alice", "user/bob"))],
        after=[NOBODY],
        people=TWO,
    ),
    "a trusted user without credentials is deleted": allowed(
        "alice is untouched",
        before=[user("bob"), emergency(trust("user/alice", "user/bob"))],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "a user who is created comes in place of the one who could sign in": refused(
        "a user just created has neither password nor key",
        before=[emergency(trust("user/alice"))],
        after=[emergency(trust("user/dora")), user("dora")],
        people=ALICE_ONLY,
    ),
    "a user who is created comes beside the one who can sign in": allowed(
        "alice is untouched",
        before=[emergency(trust("user/alice"))],
        after=[emergency(trust("user/alice", "user/dora")), user("dora")],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny the user": refused(
        "an explicit Deny wins over the Allow",
        before=[emergency(trust("user/alice"))],
        after=[emergency(trust("user/alice"), refuse("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny another user": allowed(
        "the Deny does not name alice",
        before=[emergency(trust("user/alice"))],
        after=[emergency(trust("user/alice"), refuse("user/bob"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny the whole account": refused(
        "alice belongs to the account",
        before=[emergency(trust("user/alice"))],
        after=[emergency(trust("user/alice"), refuse(ROOT))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny another account": allowed(
        "alice does not belong to it",
        before=[emergency(trust("user/alice"))],
        after=[emergency(trust("user/alice"), refuse(THEIRS))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but somebody else": refused(
        "a Deny with NotPrincipal denies whoever is not named: alice",
        before=[emergency(trust("user/alice", "user/bob"))],
        after=[emergency(trust("user/alice", "user/bob"), refuse_all_but(ROOT, "user/bob"))],
        people=ALICE_ONLY,
    ),
    "the trust comes to deny all but the user": allowed(
        "alice and her account are named, so the Deny leaves her out",
        before=[emergency(trust("user/alice", "user/bob"))],
        after=[emergency(trust("user/alice", "user/bob"), refuse_all_but(ROOT, "user/alice"))],
        people=ALICE_ONLY,
    ),
    "everybody was trusted if his ARN is alice's, and now if it is bob's": refused(
        "the only ARN that fits is that of a user without credentials",
        before=[emergency(trust("*", **when("ArnEquals", aws__PrincipalArn=arn("user/alice"))))],
        after=[emergency(trust("*", **when("ArnEquals", aws__PrincipalArn=arn("user/bob"))))],
        people=ALICE_ONLY,
    ),
    "everybody was trusted if his ARN is alice's, and now alice by name": allowed(
        "the same user, named in another way",
        before=[emergency(trust("*", **when("ArnEquals", aws__PrincipalArn=arn("user/alice"))))],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the trust is written as two statements with Sids": allowed(
        "the same principals are let in",
        before=[emergency(trust("user/alice", "user/bob"))],
        after=[emergency({**trust("user/alice"), "Sid": "A"}, {**trust("user/bob"), "Sid": "B"})],
        people=ALICE_ONLY,
    ),
    "the trust allows only another call of STS": refused(
        "a user assumes a role by sts:AssumeRole, which nothing allows any more",
        before=[emergency(trust("user/alice"))],
        after=[emergency({**trust("user/alice"), "Action": "sts:TagSession"})],
        people=ALICE_ONLY,
    ),
    "the trust allows sts:TagSession as well": allowed(
        "sts:AssumeRole stays",
        before=[emergency(trust("user/alice"))],
        after=[emergency({**trust("user/alice"), "Action": ["sts:AssumeRole", "sts:TagSession"]})],
        people=ALICE_ONLY,
    ),
    "only the description of the role changes": allowed(
        "nothing that decides who enters",
        before=[emergency(trust("user/alice"))],
        after=[emergency(trust("user/alice"), description="For emergencies")],
        people=ALICE_ONLY,
    ),
}

FROM_OUTSIDE: dict[str, Row] = {
    "another account is dropped, and nobody else can sign in": refused(
        "people of the other account came in",
        before=[emergency(trust(THEIRS, "user/bob"))],
        after=[NOBODY],
        people=ALICE_ONLY,
    ),
    "another account is dropped, and a user stays": allowed(
        "alice still enters",
        before=[emergency(trust(THEIRS, "user/alice"))],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the only user is dropped, and another account stays": allowed(
        "the other account's people still enter",
        before=[emergency(trust(THEIRS, "user/alice"))],
        after=[emergency(trust(THEIRS))],
        people=ALICE_ONLY,
    ),
    "another account is narrowed to a role of it": refused(
        "whether anybody can be that role is not known here",
        before=[emergency(trust(THEIRS))],
        after=[emergency(trust("arn:aws:iam::210987654321:role/new"))],
    ),
    "a role of another account is widened to the account": allowed(
        "the account holds the role",
        before=[emergency(trust("arn:aws:iam::210987654321:role/ci"))],
        after=[emergency(trust(THEIRS))],
    ),
    "the OIDC provider is deleted": refused(
        "no token of the issuer is taken any more",
        before=[emergency(github("repo:a/b:*"), trust("user/bob")), PROVIDER],
        after=[NOBODY],
        people=ALICE_ONLY,
    ),
    "the OIDC provider is deleted, and a user stays": allowed(
        "alice still enters",
        before=[emergency(github("repo:a/b:*"), trust("user/alice")), PROVIDER],
        after=[emergency(trust("user/alice"))],
        people=ALICE_ONLY,
    ),
    "the only user is dropped, and a provider stays": allowed(
        "tokens of the provider still let people in",
        before=[emergency(github("repo:a/b:*"), trust("user/alice"))],
        after=[emergency(github("repo:a/b:*"))],
        both=[PROVIDER],
        people=ALICE_ONLY,
    ),
    "the OIDC provider loses the client id that the trust takes": refused(
        "tokens for that audience are refused",
        before=[PROVIDER],
        after=[clients("other")],
        both=[emergency(audience("sts.amazonaws.com"))],
    ),
    "the OIDC provider loses a client id that the trust does not take": allowed(
        "the trust asks for another audience",
        before=[PROVIDER],
        after=[clients("sts.amazonaws.com")],
        both=[emergency(audience("sts.amazonaws.com"))],
    ),
    "the trust asks for an audience that the provider does not have": refused(
        "no token passes both",
        before=[emergency(audience("sts.amazonaws.com"))],
        after=[emergency(audience("third"))],
        both=[PROVIDER],
    ),
    "the trust takes another repository": refused(
        "whether anybody holds a token of the new subject is not known here",
        before=[emergency(github("repo:a/b:*"))],
        after=[emergency(github("repo:a/c:*"))],
        both=[PROVIDER],
    ),
    "the trust takes one repository more": allowed(
        "the old subject stays",
        before=[emergency(github("repo:a/b:*"))],
        after=[emergency(github("repo:a/b:*", "repo:a/c:*"))],
        both=[PROVIDER],
    ),
    "the trust takes one of two repositories no more": allowed(
        "one leaver among several: the other subject enters as before",
        before=[emergency(github("repo:a/b:*"), {**github("repo:a/c:*"), "Sid": "Other"})],
        after=[emergency(github("repo:a/b:*"))],
        both=[PROVIDER],
    ),
    "the SAML provider is deleted": refused(
        "no assertion is taken any more",
        before=[emergency(okta(), trust("user/bob")), OKTA],
        after=[NOBODY],
        people=ALICE_ONLY,
    ),
    "the SAML provider gets a tag": allowed(
        "its metadata stays",
        before=[OKTA],
        after=[replace(OKTA, tags={**MINE, "team": "b"})],
        both=[emergency(okta())],
    ),
    "a SAML provider goes, and OIDC stays": allowed(
        "tokens of the other provider still let people in",
        before=[emergency(okta(), github("repo:a/b:*")), OKTA],
        after=[emergency(github("repo:a/b:*"))],
        both=[PROVIDER],
    ),
    "a user loses the permission, and the trust names a provider that does not exist": refused(
        "a provider that is not there vouches for nobody",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice")],
        both=[emergency(okta(), trust(ROOT))],
        people=ALICE_ONLY,
    ),
    "a user loses the permission, and the trust names a provider that exists": allowed(
        "its people still enter",
        before=[user("alice", MAY_ENTER)],
        after=[user("alice")],
        both=[emergency(okta(), trust(ROOT)), OKTA],
        people=ALICE_ONLY,
    ),
}

ROWS = TRUSTED | FROM_OUTSIDE


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_change_of_a_trust_is_refused_exactly_if_the_last_way_in_goes(row: Row) -> None:
    assert_verdict(row)
