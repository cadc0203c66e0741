"""Lockouts of a caller whose session came through a role, and of who carries the tag reconcile:break-glass.

The caller is a session of role/ops. Its name is the user's where that user assumed the role through the console, so a
session named alice came, most probably, through alice; one named run-1 may have come by any way. Each refused row is
followed by its near misses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.plan import Action
from reconciler.model.problem import Level
from reconciler.plan.options import PlanOptions
from tests.support.lockouts import (
    ALICE_AND_BOB,
    ALICE_ONLY,
    GLASS,
    IAM,
    ME,
    MFA,
    OPS,
    OWNER_TAGS,
    PASSWORD,
    PROVIDER,
    ROOT,
    UNREADABLE,
    LockoutCase,
    SignInMethods,
    Statement,
    allow,
    allow_assume,
    allowed_case,
    assert_verdict,
    emergency_role,
    find_lockouts,
    github_trust,
    lockout_case,
    plan_of,
    policy,
    role,
    trust,
    user,
    with_device,
)


def ops(*statements: Statement, **more: Any) -> Role:
    return role("ops", *statements, **{"inline_policies": {"own": IAM}, **more})


def hub(*statements: Statement, **more: Any) -> Role:
    return role("hub", *statements, **more)


def session(name: str) -> dict[str, Any]:
    return {"caller": OPS + name, "break_glass": ()}


RUN: dict[str, Any] = session("run-1")
LOCKED: dict[str, Any] = {**RUN, "locked_out": "role/ops"}
BY_HUB, HUB = ops(trust("role/hub")), hub(trust("user/alice"))
BOTH, BOB_ALONE = trust("user/alice", "user/bob"), trust("user/bob")

CALLERS: dict[str, LockoutCase] = {
    "the role before drops the only user": lockout_case(
        "nobody who can sign in reaches ops over hub any more",
        before=[hub(BOTH)],
        after=[hub(BOB_ALONE)],
        both=[BY_HUB],
        people=ALICE_ONLY,
        **LOCKED,
    ),
    "the role before drops one of two users": allowed_case(
        "one leaver among several: bob still comes over hub",
        before=[hub(BOTH)],
        after=[hub(BOB_ALONE)],
        both=[BY_HUB],
        people=ALICE_AND_BOB,
        **RUN,
    ),
    "the role before drops a user without credentials": allowed_case(
        "the session cannot have come through bob",
        before=[hub(BOTH)],
        after=[HUB],
        both=[BY_HUB],
        people=ALICE_ONLY,
        **RUN,
    ),
    "the trust of the caller's role drops the only user": lockout_case(
        "bob cannot sign in",
        before=[ops(BOTH)],
        after=[ops(BOB_ALONE)],
        people=ALICE_ONLY,
        **LOCKED,
    ),
    "the trust of the caller's role drops one of two users": allowed_case(
        "one leaver among several: bob still enters, and the session's name says nothing",
        before=[ops(BOTH)],
        after=[ops(BOB_ALONE)],
        people=ALICE_AND_BOB,
        **RUN,
    ),
    "the trust of the caller's role drops the user whose name the session has": lockout_case(
        "the session came through alice, who cannot come again",
        locked_out="role/ops",
        before=[ops(BOTH)],
        after=[ops(BOB_ALONE)],
        people=ALICE_AND_BOB,
        **session("alice"),
    ),
    "the trust of the caller's role drops another user than the session is named for": allowed_case(
        "the session came through bob, who stays",
        before=[ops(BOTH)],
        after=[ops(BOB_ALONE)],
        people=ALICE_AND_BOB,
        **session("bob"),
    ),
    "the trust of the caller's role drops one, and of the other nobody may read how it signs in": lockout_case(
        "a way that is known goes, and one that is not known stays",
        before=[ops(BOTH)],
        after=[ops(BOB_ALONE)],
        people={"alice": PASSWORD, "bob": UNREADABLE},
        **LOCKED,
    ),
    "the first hop comes to ask for MFA, and there is no device": lockout_case(
        "alice cannot give a code",
        before=[HUB],
        after=[hub(trust("user/alice", **MFA))],
        both=[BY_HUB],
        people=ALICE_ONLY,
        **LOCKED,
    ),
    "the first hop comes to ask for MFA, and there is a device": allowed_case(
        "alice gives a code",
        before=[HUB],
        after=[hub(trust("user/alice", **MFA))],
        both=[BY_HUB],
        people={"alice": with_device(PASSWORD)},
        **RUN,
    ),
    "the password of the only user goes": lockout_case(
        "alice signs in by nothing any more",
        before=[user("alice", console=True)],
        after=[user("alice", console=False)],
        both=[HUB, BY_HUB],
        people={"alice": PASSWORD},
        **LOCKED,
    ),
    "the password of the only user goes, and there is a key": allowed_case(
        "alice still signs in with her key",
        before=[user("alice", console=True)],
        after=[user("alice", console=False)],
        both=[HUB, BY_HUB],
        people={"alice": SignInMethods(True, (True,))},
        **RUN,
    ),
    "the role before drops the provider through which the session came": lockout_case(
        "bob, whom hub still trusts, cannot sign in",
        before=[hub(github_trust("repo:a/b:*"), BOB_ALONE)],
        after=[hub(BOB_ALONE)],
        both=[BY_HUB, PROVIDER],
        people=ALICE_ONLY,
        **LOCKED,
    ),
    "the role before takes one repository more": allowed_case(
        "the old subject stays",
        before=[hub(github_trust("repo:a/b:*"))],
        after=[hub(github_trust("repo:a/b:*", "repo:a/c:*"))],
        both=[BY_HUB, PROVIDER],
        **RUN,
    ),
    "four hops before, the only user is dropped": lockout_case(
        "nobody who can sign in reaches lobby",
        before=[role("lobby", BOTH)],
        after=[role("lobby", BOB_ALONE)],
        both=[role("desk", trust("role/lobby")), hub(trust("role/desk")), BY_HUB],
        people=ALICE_ONLY,
        **LOCKED,
    ),
    "four hops before, one of two users is dropped": allowed_case(
        "bob still comes over all four",
        before=[role("lobby", BOTH)],
        after=[role("lobby", BOB_ALONE)],
        both=[role("desk", trust("role/lobby")), hub(trust("role/desk")), BY_HUB],
        people=ALICE_AND_BOB,
        **RUN,
    ),
    "the role before loses the permission to go on": lockout_case(
        "the account's trust asks for an Allow, which hub lacks then",
        before=[hub(trust("user/alice"), can=[allow_assume("ops")])],
        after=[HUB],
        both=[ops(trust(ROOT))],
        people=ALICE_ONLY,
        **LOCKED,
    ),
    "another role loses the permission to go on": allowed_case(
        "desk was not a part of a way: nobody enters it",
        before=[role("desk", BOB_ALONE, can=[allow_assume("ops")])],
        after=[role("desk", BOB_ALONE)],
        both=[hub(trust("user/alice"), can=[allow_assume("ops")]), ops(trust(ROOT))],
        people=ALICE_ONLY,
        **RUN,
    ),
    "the caller's own password goes, and there is no key": lockout_case(
        "the caller signs in by nothing any more",
        locked_out="user/me",
        before=[user("me", allow(), console=True)],
        after=[user("me", allow(), console=False)],
        people={"me": PASSWORD},
        caller=ME,
        break_glass=(),
    ),
    "the caller's own password goes, and there is a key": allowed_case(
        "the caller still signs in with it",
        before=[user("me", allow(), console=True)],
        after=[user("me", allow(), console=False)],
        people={"me": SignInMethods(True, (True,))},
        caller=ME,
        break_glass=(),
    ),
}

TAG = {**OWNER_TAGS, GLASS: "true"}
UNNAMED: dict[str, Any] = {"break_glass": ()}
TAGGED = emergency_role(trust("user/alice"), tags=TAG)
"""Live, it was in `break_glass` once; no row's file names it there any more."""
DROPPED = emergency_role(trust("user/alice"))

BY_TAG: dict[str, LockoutCase] = {
    "the name and the rights are dropped in one change": lockout_case(
        "the tag of the live role tells that it was named",
        before=[TAGGED],
        after=[replace(DROPPED, policies=frozenset())],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the rights of a role that never was named are dropped": allowed_case(
        "it carries no tag",
        before=[DROPPED],
        after=[replace(DROPPED, policies=frozenset())],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the name is dropped, and nothing else but a description changes": allowed_case(
        "people still enter, and keep every right",
        before=[TAGGED],
        after=[replace(DROPPED, description="For emergencies")],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the name is dropped with the only user of the trust": lockout_case(
        "bob, whom it trusts then, cannot sign in",
        before=[emergency_role(BOTH, tags=TAG)],
        after=[emergency_role(BOB_ALONE)],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the name is dropped with one of two users of the trust": allowed_case(
        "bob still enters",
        before=[emergency_role(BOTH, tags=TAG)],
        after=[emergency_role(BOB_ALONE)],
        people=ALICE_AND_BOB,
        **UNNAMED,
    ),
    "the name is dropped with the only user of the role before": lockout_case(
        "nobody reaches hub, and so nobody reaches emergency",
        before=[hub(BOTH), emergency_role(trust("role/hub"), tags=TAG)],
        after=[hub(BOB_ALONE), emergency_role(trust("role/hub"))],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the tag says something else than true": allowed_case(
        "reconcile writes the value true alone",
        before=[emergency_role(trust("user/alice"), tags={**OWNER_TAGS, GLASS: "no"})],
        after=[replace(DROPPED, policies=frozenset())],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the tag is written in other letters": lockout_case(
        "IAM ignores the case of tag keys on roles",
        before=[emergency_role(trust("user/alice"), tags={**OWNER_TAGS, "Reconcile:Break-Glass": "true"})],
        after=[replace(DROPPED, policies=frozenset())],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the tag is on a role of another stack": allowed_case(
        "this file does not declare it, so that stack guards it",
        before=[user("alice", allow_assume("emergency"))],
        after=[user("alice")],
        undeclared=[emergency_role(trust(ROOT), tags={"reconcile:owner": "others", GLASS: "true"})],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the tag is on a role of this file, and the user loses the permission to enter": lockout_case(
        "alice was the only way in",
        before=[user("alice", allow_assume("emergency")), emergency_role(trust(ROOT), tags=TAG)],
        after=[user("alice"), emergency_role(trust(ROOT))],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "the tag is on a user, and its password goes": lockout_case(
        "erin signs in by nothing any more",
        locked_out="user/erin",
        before=[user("erin", allow(), tags=TAG, console=True)],
        after=[user("erin", allow(), console=False)],
        people={"erin": PASSWORD},
        **UNNAMED,
    ),
    "the tag is on a user, and its password goes, and there is a key": allowed_case(
        "erin still signs in with her key",
        before=[user("erin", allow(), tags=TAG, console=True)],
        after=[user("erin", allow(), console=False)],
        people={"erin": SignInMethods(True, (True,))},
        **UNNAMED,
    ),
    "the tag is on a policy, which is narrowed": allowed_case(
        "a policy is nobody who could be locked out",
        before=[policy("work", allow("s3:*"), tags=TAG)],
        after=[policy("work", allow("s3:Get*"), tags=TAG)],
        people=ALICE_ONLY,
        **UNNAMED,
    ),
    "a role comes to be named": allowed_case(
        "the plan changes nothing that decides who enters",
        before=[DROPPED],
        after=[replace(DROPPED, description="For emergencies")],
        people=ALICE_ONLY,
    ),
    "a role comes to be named and loses its rights in one change": lockout_case(
        "it is named now, and had them before",
        before=[DROPPED],
        after=[replace(DROPPED, policies=frozenset())],
        people=ALICE_ONLY,
    ),
}

ROWS = CALLERS | BY_TAG


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_who_runs_the_plan_or_carries_the_tag_is_guarded(row: LockoutCase) -> None:
    assert_verdict(row)


KEPT = LockoutCase(
    why="dropping the name alone is not a lockout: the tag stays until somebody says that it is meant",
    before=[TAGGED],
    after=[DROPPED],
    people=ALICE_ONLY,
    break_glass=(),
)


def test_a_dropped_name_keeps_the_tag_and_is_a_finding() -> None:
    made = plan_of(KEPT)
    assert made.is_safe
    assert made.steps == ()
    (finding,) = [finding for finding in made.findings if finding.code == "break-glass-kept"]
    assert (finding.level, str(finding.address)) == (Level.WARNING, "role/emergency")
    assert "--allow-lockout" in finding.message


def test_the_flag_takes_the_tag_of_a_dropped_name() -> None:
    made = plan_of(KEPT, PlanOptions(allow_lockout=True))
    assert made.is_safe
    assert [(step.call.operation, step.call.parameters["TagKeys"]) for step in made.steps] == [("UntagRole", [GLASS])]


def test_a_named_role_gets_the_tag() -> None:
    made = plan_of(LockoutCase(why="", before=[DROPPED], after=[DROPPED], people=ALICE_ONLY))
    assert made.is_safe
    (step,) = made.steps
    assert step.call.operation == "TagRole"
    assert step.call.parameters["Tags"] == [{"Key": GLASS, "Value": "true"}]


def test_a_role_with_the_tag_is_not_deleted_together_with_its_name() -> None:
    """Whoever may not take its rights in one change with its name may not delete it with its name either."""
    made = plan_of(LockoutCase(why="", before=[TAGGED], people=ALICE_ONLY, break_glass=()))
    deleted = [change for change in made.changes if change.action is Action.DELETE]
    assert not deleted or [finding.address for finding in find_lockouts(made)] == [Address("role", "emergency")]
