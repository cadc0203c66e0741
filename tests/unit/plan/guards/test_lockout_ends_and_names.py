"""Ways into an emergency role that end by a date, or whose parts get other names.

`expires` of a trust rule is a condition that AWS itself obeys from that moment on; `expires` of an attachment is obeyed
by the first apply after it. Users and groups are renamed and keep their id; roles are replaced. Root runs every plan.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.lockouts import (
    ALICE_AND_BOB,
    ALICE_ONLY,
    ALLOW_EMERGENCY,
    OPEN_TO_ACCOUNT,
    ROOT,
    LockoutCase,
    Statement,
    allow_assume,
    allowed_case,
    arn,
    assert_verdict,
    condition_on,
    emergency_role,
    group,
    group_addresses,
    lockout_case,
    policy,
    policy_arns,
    role,
    trust,
    user,
)

PAST, LATER, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2090, 2099))
BY_ALICE = emergency_role(trust("user/alice"))
ENTER = policy("enter", ALLOW_EMERGENCY)
HUB_BY_ALICE, BY_HUB = role("hub", trust("user/alice")), emergency_role(trust("role/hub"))


def until(end: datetime) -> dict[str, Any]:
    """The condition of a trust rule that ends."""
    return condition_on("DateLessThan", aws__CurrentTime=f"{end:%Y-%m-%dT%H:%M:%SZ}")


def end_at(address: str, end: datetime, by_policy: str = "") -> dict[str, Any]:
    """`expires` as the file has it: of a trust rule, or of the attachment of a policy."""
    return {"ends": {address: {by_policy: end}}}


def alice_until(end: datetime, *others: Statement) -> Any:
    return emergency_role(trust("user/alice", **until(end)), *others)


BOB = {**trust("user/bob"), "Sid": "Bob"}

ENDS: dict[str, LockoutCase] = {
    "the only rule of the trust gets an end that is past": lockout_case(
        "AWS lets nobody in by it from that moment on",
        before=[BY_ALICE],
        after=[alice_until(PAST)],
        people=ALICE_ONLY,
        **end_at("role/emergency", PAST),
    ),
    "one of two rules of the trust gets an end that is past": allowed_case(
        "bob's rule has none",
        before=[emergency_role(trust("user/alice"), BOB)],
        after=[alice_until(PAST, BOB)],
        people=ALICE_AND_BOB,
        **end_at("role/emergency", PAST),
    ),
    "the only rule of the trust gets an end to come": lockout_case(
        "AWS closes the last way at that moment, and no plan is judged then",
        before=[BY_ALICE],
        after=[alice_until(LATER)],
        people=ALICE_ONLY,
        **end_at("role/emergency", LATER),
    ),
    "one of two rules of the trust gets an end to come": allowed_case(
        "bob's rule has none",
        before=[emergency_role(trust("user/alice"), BOB)],
        after=[alice_until(LATER, BOB)],
        people=ALICE_AND_BOB,
        **end_at("role/emergency", LATER),
    ),
    "the end of the only rule is moved later": allowed_case(
        "the way lasts longer than it did",
        before=[alice_until(LATER)],
        after=[alice_until(LATEST)],
        people=ALICE_ONLY,
        **end_at("role/emergency", LATEST),
    ),
    "the end of the only rule is moved earlier": lockout_case(
        "between the two moments nobody enters any more",
        before=[alice_until(LATEST)],
        after=[alice_until(LATER)],
        people=ALICE_ONLY,
        **end_at("role/emergency", LATER),
    ),
    "the end of the only rule is taken off": allowed_case(
        "the way lasts for good",
        before=[alice_until(LATER)],
        after=[BY_ALICE],
        people=ALICE_ONLY,
    ),
    "a rule that has ended is taken out": allowed_case(
        "it let nobody in, and bob's stays",
        before=[alice_until(PAST, BOB)],
        after=[emergency_role(BOB)],
        people=ALICE_AND_BOB,
    ),
    "the only rule had ended before": allowed_case(
        "nobody could enter before",
        before=[alice_until(PAST)],
        after=[alice_until(PAST, {**trust("user/bob", **until(PAST)), "Sid": "Bob"})],
        people=ALICE_AND_BOB,
    ),
    "a rule without an end goes, and one that has ended stays": lockout_case(
        "the rule that stays lets nobody in",
        before=[alice_until(PAST, BOB)],
        after=[alice_until(PAST)],
        people=ALICE_AND_BOB,
        **end_at("role/emergency", PAST),
    ),
    "the rule of the role before gets an end that is past": lockout_case(
        "nobody reaches hub any more",
        before=[HUB_BY_ALICE],
        after=[role("hub", trust("user/alice", **until(PAST)))],
        both=[BY_HUB],
        people=ALICE_ONLY,
        **end_at("role/hub", PAST),
    ),
    "the rule of one of two roles before gets an end that is past": allowed_case(
        "alice still comes over the other",
        before=[HUB_BY_ALICE],
        after=[role("hub", trust("user/alice", **until(PAST)))],
        both=[role("hub2", trust("user/alice")), emergency_role(trust("role/hub", "role/hub2"))],
        people=ALICE_ONLY,
        **end_at("role/hub", PAST),
    ),
    "the attachment by which the user may enter has ended": lockout_case(
        "this apply detaches it",
        before=[user("alice", policies=policy_arns("enter"))],
        after=[user("alice")],
        both=[OPEN_TO_ACCOUNT, ENTER],
        people=ALICE_ONLY,
        **end_at("user/alice", PAST, "enter"),
    ),
    "the attachment by which the user may enter gets an end to come": allowed_case(
        "it stays attached; the apply that detaches it is judged then",
        before=[user("alice", policies=policy_arns("enter"))],
        after=[user("alice", policies=policy_arns("enter"), path="/people/")],
        both=[OPEN_TO_ACCOUNT, ENTER],
        people=ALICE_ONLY,
        **end_at("user/alice", LATER, "enter"),
    ),
    "the attachment by which one of two users may enter has ended": allowed_case(
        "bob keeps his",
        before=[user("alice", policies=policy_arns("enter"))],
        after=[user("alice")],
        both=[OPEN_TO_ACCOUNT, ENTER, user("bob", policies=policy_arns("enter"))],
        people=ALICE_AND_BOB,
        **end_at("user/alice", PAST, "enter"),
    ),
    "the attachment that makes the emergency role administrator has ended": lockout_case(
        "people still enter, and can do nothing in it any more",
        before=[BY_ALICE],
        after=[emergency_role(trust("user/alice"), policies=frozenset())],
        people=ALICE_ONLY,
        **end_at("role/emergency", PAST, "aws:AdministratorAccess"),
    ),
    "the user's own permission gets an end that is past": lockout_case(
        "its DateLessThan does not hold any more",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", allow_assume("emergency", **until(PAST)))],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
    ),
    "a permission that has ended is taken from the user": allowed_case(
        "it allowed nothing; the trust names alice",
        before=[user("alice", allow_assume("emergency", **until(PAST)))],
        after=[user("alice")],
        both=[BY_ALICE],
        people=ALICE_ONLY,
    ),
}

NAMES: dict[str, LockoutCase] = {
    "the user moves, and the trust asks for the old ARN": lockout_case(
        "ARNs in a condition are texts: they do not follow a user",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", ALLOW_EMERGENCY, path="/people/")],
        both=[emergency_role(trust(ROOT, **condition_on("ArnEquals", aws__PrincipalArn=arn("user/alice"))))],
        people=ALICE_ONLY,
    ),
    "the user moves, and the trust asks for either ARN": allowed_case(
        "the new ARN is one of the two",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alice", ALLOW_EMERGENCY, path="/people/")],
        both=[
            emergency_role(
                trust(
                    ROOT, **condition_on("ArnEquals", aws__PrincipalArn=[arn("user/alice"), arn("user/people/alice")])
                )
            )
        ],
        people=ALICE_ONLY,
    ),
    "the user moves, and the trust names it": allowed_case(
        "a Principal is kept by its id and follows the user",
        before=[user("alice"), BY_ALICE],
        after=[user("alice", path="/people/"), emergency_role(trust("user/people/alice"))],
        people=ALICE_ONLY,
    ),
    "the user is renamed, and the trust asks for the old name": lockout_case(
        "aws:username is the new name",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alicia", ALLOW_EMERGENCY)],
        both=[emergency_role(trust(ROOT, **condition_on("StringEquals", aws__username="alice")))],
        people=ALICE_ONLY,
        moves={"user/alice": "user/alicia"},
    ),
    "the user is renamed, and the trust names it": allowed_case(
        "a Principal is kept by its id and follows the user, as do its password and keys",
        before=[user("alice"), BY_ALICE],
        after=[user("alicia"), emergency_role(trust("user/alicia"))],
        people=ALICE_ONLY,
        moves={"user/alice": "user/alicia"},
    ),
    "the user is renamed, and its permission is made of its name": lockout_case(
        "role/${aws:username}-glass is role/alicia-glass now",
        locked_out="role/alice-glass",
        before=[user("alice", allow_assume("${aws:username}-glass"))],
        after=[user("alicia", allow_assume("${aws:username}-glass"))],
        both=[role("alice-glass", trust(ROOT))],
        break_glass=("role/alice-glass",),
        people=ALICE_ONLY,
        moves={"user/alice": "user/alicia"},
    ),
    "the user is renamed, and its permission names the role": allowed_case(
        "nothing in it depends on the name",
        before=[user("alice", ALLOW_EMERGENCY)],
        after=[user("alicia", ALLOW_EMERGENCY)],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
        moves={"user/alice": "user/alicia"},
    ),
    "the emergency role is replaced, and the user's permission names the old one": lockout_case(
        "Resource names an ARN that is no more",
        locked_out="role/rescue",
        before=[OPEN_TO_ACCOUNT],
        after=[role("rescue", trust(ROOT), policies=OPEN_TO_ACCOUNT.policies)],
        both=[user("alice", ALLOW_EMERGENCY)],
        break_glass=("role/rescue",),
        people=ALICE_ONLY,
        moves={"role/emergency": "role/rescue"},
    ),
    "the emergency role is replaced, and the user's permission with it": allowed_case(
        "Resource names the new ARN",
        before=[OPEN_TO_ACCOUNT, user("alice", ALLOW_EMERGENCY)],
        after=[role("rescue", trust(ROOT), policies=OPEN_TO_ACCOUNT.policies), user("alice", allow_assume("rescue"))],
        break_glass=("role/rescue",),
        people=ALICE_ONLY,
        moves={"role/emergency": "role/rescue"},
    ),
    "the emergency role is replaced, and the new one trusts the user": allowed_case(
        "alice enters the new one as she did the old one",
        before=[BY_ALICE],
        after=[role("rescue", trust("user/alice"), policies=OPEN_TO_ACCOUNT.policies)],
        break_glass=("role/rescue",),
        people=ALICE_ONLY,
        moves={"role/emergency": "role/rescue"},
    ),
    "the emergency role is replaced, and the new one trusts a user without credentials": lockout_case(
        "alice entered the old one; nobody enters the new one",
        locked_out="role/rescue",
        before=[BY_ALICE],
        after=[role("rescue", trust("user/bob"), policies=OPEN_TO_ACCOUNT.policies)],
        break_glass=("role/rescue",),
        people=ALICE_ONLY,
        moves={"role/emergency": "role/rescue"},
    ),
    "the emergency role is replaced, and the new one has no policies": lockout_case(
        "people enter, and can do nothing in it any more",
        locked_out="role/rescue",
        before=[BY_ALICE],
        after=[role("rescue", trust("user/alice"))],
        break_glass=("role/rescue",),
        people=ALICE_ONLY,
        moves={"role/emergency": "role/rescue"},
    ),
    "the role before is replaced, and both trusts follow": allowed_case(
        "alice comes over the new one",
        before=[HUB_BY_ALICE, BY_HUB],
        after=[role("gate", trust("user/alice")), emergency_role(trust("role/gate"))],
        people=ALICE_ONLY,
        moves={"role/hub": "role/gate"},
    ),
    "the role before is replaced, and the new one lets nobody in": lockout_case(
        "bob, whom gate trusts, cannot sign in",
        before=[HUB_BY_ALICE, BY_HUB],
        after=[role("gate", trust("user/bob")), emergency_role(trust("role/gate"))],
        people=ALICE_ONLY,
        moves={"role/hub": "role/gate"},
    ),
    "the role before is replaced, and its permission is left behind": lockout_case(
        "the account's trust asks for an Allow, which gate lacks",
        before=[role("hub", trust("user/alice"), can=[ALLOW_EMERGENCY])],
        after=[role("gate", trust("user/alice"))],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
        moves={"role/hub": "role/gate"},
    ),
    "the policy by which the user may enter is replaced": allowed_case(
        "the new one allows the same, and is attached",
        before=[user("alice", policies=policy_arns("enter")), ENTER],
        after=[user("alice", policies=policy_arns("come-in")), policy("come-in", ALLOW_EMERGENCY)],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
        moves={"policy/enter": "policy/come-in"},
    ),
    "the group by which the user may enter is renamed and loses the permission": lockout_case(
        "UpdateGroup keeps the members, but the plan takes the Allow",
        before=[user("alice", groups=group_addresses("in")), group("in", ALLOW_EMERGENCY)],
        after=[user("alice", groups=group_addresses("inside")), group("inside", inline_policies={})],
        both=[OPEN_TO_ACCOUNT],
        people=ALICE_ONLY,
        moves={"group/in": "group/inside"},
    ),
}

ROWS = ENDS | NAMES


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_way_that_ends_or_loses_its_name_is_no_way(row: LockoutCase) -> None:
    assert_verdict(row)
