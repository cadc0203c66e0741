"""Administrator power does not hide behind a Deny that spares what matters, and goes where one covers it wholly."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import PolicySource, Principal, find_powers
from reconciler.access.escalation_paths import Grade
from reconciler.access.powers import UNREAD_POLICIES
from reconciler.policy.canonical import canonical

A = "111122223333"
IAM = f"arn:aws:iam::{A}"
ALICE = f"{IAM}:user/staff/alice"
Statement = dict[str, Any]


def says(effect: str, action: Any = "*", resource: Any = "*", **more: Any) -> Statement:
    """`not_action` and `not_resource` in place of the action and the resource."""
    written = {"Action": action, "Resource": resource}
    if "not_action" in more:
        written["NotAction"] = more.pop("not_action")
        del written["Action"]
    if "not_resource" in more:
        written["NotResource"] = more.pop("not_resource")
        del written["Resource"]
    return {"Effect": effect, **written, **({"Condition": more} if more else {})}


def deny(action: Any = "iam:*", resource: Any = "*", **more: Any) -> Statement:
    return says("Deny", action, resource, **more)


def source(*statements: Statement, label: str = "p") -> PolicySource:
    return PolicySource(label, canonical({"Version": "2012-10-17", "Statement": list(statements)}))


def user(*statements: Statement, **more: Any) -> Principal:
    return Principal(ALICE, "user", A, (source(*statements),), **more)


def administrator(principal: Principal) -> set[str]:
    return {power.name for power in find_powers(principal) if power.grade is Grade.ADMINISTRATOR}


def of_iam(principal: Principal) -> set[str]:
    """Every power that IAM's own actions give."""
    return {
        power.name for power in find_powers(principal) if power.name.startswith("iam:") and " with " not in power.name
    }


FEW = [f"{IAM}:role/one", f"{IAM}:user/two", f"{IAM}:policy/three"]
BY_LETTER = [f"{IAM}:user/*{letter}*" for letter in "abcdefghijklmnoprstuvwxyz0123456789-"]
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
OFFICE = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ELSEWHERE = "arn:aws:iam::999988887777:*"

HIDING: dict[str, list[Statement]] = {
    "a few ARNs": [deny(resource=FEW)],
    "everything on a few ARNs": [deny("*", FEW)],
    "all but a few ARNs": [deny(not_resource=FEW)],
    "all but one role": [deny("*", not_resource=f"{IAM}:role/x")],
    "all but one user": [deny(not_resource=f"{IAM}:user/x")],
    "all but the users of a path": [deny(not_resource=f"{IAM}:user/team/*")],
    "all but roles, by a wildcard in the sort": [deny(not_resource=f"{IAM}:*ole/x")],
    "all but what is of any account": [deny(not_resource="arn:aws:iam::*:role/x")],
    "all but oneself": [deny(not_resource=f"{IAM}:user/staff/${{aws:username}}")],
    "a made-up service": [deny("zz-any-service:*")],
    "another made-up service": [deny("nothing:*")],
    "a made-up action": [deny("iam:ZzAnything")],
    "made-up actions": [deny(["iam:Zz*", "iam:*Anything", "*:Zz*"])],
    "a name that a tool might ask for": [deny(resource=[f"{IAM}:{kind}/zz-8f1c-nobody" for kind in ("user", "role")])],
    "the names that a tool might ask for": [deny(resource=[f"{IAM}:*nobody", f"{IAM}:*/zz*", f"{IAM}:*8f1c*"])],
    "names with nearly any letter": [deny(resource=BY_LETTER), deny(resource=f"{IAM}:role/*")],
    "long names": [deny(resource=[f"{IAM}:{kind}/????????*" for kind in ("user", "role", "group", "policy")])],
    "short names": [deny(resource=[f"{IAM}:{kind}/?" for kind in ("user", "role", "group", "policy")])],
    "short and long names": [deny(resource=[f"{IAM}:*/?", f"{IAM}:*/????*"])],
    "one action": [deny("iam:CreateUser")],
    "many actions": [deny(["iam:Create*", "iam:Put*", "iam:Attach*", "iam:Update*", "iam:Add*", "iam:PassRole"])],
    "the users": [deny(resource=f"{IAM}:user/*")],
    "the policies": [deny(resource=f"{IAM}:policy/*")],
    "all sorts but roles": [deny(resource=[f"{IAM}:{kind}/*" for kind in ("user", "group", "policy")])],
    "another account": [deny(resource=ELSEWHERE)],
    "another partition": [deny(resource="arn:aws-cn:iam::*:*")],
    "other services": [deny(["s3:*", "organizations:*", "account:*", "sts:*"])],
    "all but IAM": [deny(not_action="iam:*")],
    "without MFA": [deny(Bool=MFA["Bool"])],
    "outside the office": [deny("*", **OFFICE)],
    "since a day long gone": [deny(DateGreaterThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"})],
    "of somebody else": [deny("*", StringEquals={"aws:PrincipalArn": f"{IAM}:user/bob"})],
    "of a tag that nobody knows": [deny("*", StringEquals={"aws:PrincipalTag/team": "x"})],
    "all but a few ARNs, without MFA": [deny("*", not_resource=FEW, Bool=MFA["Bool"])],
    "several that spare together": [deny(resource=FEW), deny("iam:Zz*"), deny("zz:*"), deny(Bool=MFA["Bool"])],
}


@pytest.mark.parametrize("denies", HIDING.values(), ids=HIDING.keys())
def test_a_deny_that_spares_something_leaves_an_administrator(denies: list[Statement]) -> None:
    assert "iam:* on *" in administrator(user(says("Allow"), *denies))
    assert "iam:* on *" in administrator(user(says("Allow", "iam:*"), *denies))
    assert "iam:* on *" in administrator(user(says("Allow"), boundary=source(says("Allow"), *denies)))
    assert "iam:* on *" in administrator(user(says("Allow"), session=(source(says("Allow"), *denies),)))


MUTATING = """
    Create* Put* Attach* Detach* Delete* Add* Remove* Update* Set* Pass* Tag* Untag* Enable* Deactivate* Disable*
    Upload* Change* Acquire* Reset* Resync*
""".split()
SORTS = ["user", "role", "group", "policy"]

COVERING: dict[str, list[Statement]] = {
    "IAM": [deny()],
    "IAM in capitals": [deny("IAM:*")],
    "IAM, with a question mark": [deny("iam:?*")],
    "everything": [deny("*")],
    "every service": [deny("*:*")],
    "IAM's ARNs": [deny(resource="arn:aws:iam::*:*")],
    "the account's ARNs": [deny(resource=f"{IAM}:*")],
    "anything with a slash": [deny(resource=f"{IAM}:*/?*")],
    "each sort by itself": [deny(resource=f"{IAM}:{kind}/*") for kind in SORTS],
    "all but S3's actions": [deny(not_action="s3:*")],
    "all but S3's things": [deny("*", not_resource="arn:aws:s3:::*")],
    "all but what another account has": [deny(not_resource=ELSEWHERE)],
    "roles, and all but roles": [deny(resource=f"{IAM}:role/*"), deny(not_resource=f"{IAM}:role/*")],
    "one role, and all but it": [deny(resource=f"{IAM}:role/x"), deny(not_resource=f"{IAM}:role/x")],
    "names of one character, and longer ones": [deny(resource=[f"{IAM}:*/?", f"{IAM}:*/??*"])],
    "all that changes anything": [deny([f"iam:{action}" for action in MUTATING])],
    "of oneself": [deny(StringEquals={"aws:PrincipalArn": ALICE})],
    "all but reading": [deny(not_action=["iam:Get*", "iam:List*", "s3:*"])],
}


@pytest.mark.parametrize("denies", COVERING.values(), ids=COVERING.keys())
def test_a_deny_that_covers_iam_takes_its_power_away(denies: list[Statement]) -> None:
    for principal in (
        user(says("Allow"), *denies),
        user(says("Allow", "iam:*"), *denies),
        user(says("Allow"), boundary=source(says("Allow"), *denies)),
        user(says("Allow"), session=(source(says("Allow"), *denies),)),
    ):
        assert administrator(principal) == set()
        assert of_iam(principal) == set()


ATTACH = says("Allow", "iam:AttachUserPolicy")
USERS = f"{IAM}:user/*"
SINGLE: dict[str, tuple[list[Statement], bool]] = {
    "some users denied": ([deny(resource=[f"{IAM}:user/a", f"{IAM}:user/b*"])], True),
    "some users spared": ([deny(not_resource=f"{IAM}:user/b*")], True),
    "roles spared": ([deny(not_resource=f"{IAM}:role/*")], False),
    "a name of three characters left": (
        [deny(resource=[f"{IAM}:user/??", f"{IAM}:user/?", f"{IAM}:user/????*"])],
        True,
    ),
    "no length left": ([deny(resource=[f"{IAM}:user/??", f"{IAM}:user/?", f"{IAM}:user/???*"])], False),
    "all users denied": ([deny(resource=USERS)], False),
    "all users denied under a condition": ([deny(resource=USERS, **OFFICE)], True),
    "all users denied by a wildcard of actions": ([deny("iam:Attach*", USERS)], False),
    "another action denied": ([deny("iam:AttachRolePolicy")], True),
    "all other actions denied": ([deny(not_action="iam:AttachUserPolicy")], True),
}


@pytest.mark.parametrize(("denies", "left"), SINGLE.values(), ids=SINGLE.keys())
def test_a_way_is_left_unless_the_deny_covers_it(denies: list[Statement], left: bool) -> None:
    assert of_iam(user(ATTACH, *denies)) == ({"iam:AttachUserPolicy"} if left else set())


DELEGATED: dict[str, tuple[list[str], list[Statement]]] = {
    "passing one role only": (
        ["iam:PassRole", "ec2:RunInstances"],
        [deny("iam:PassRole", not_resource=f"{IAM}:role/app")],
    ),
    "members of one group only": (["iam:AddUserToGroup"], [deny(not_resource=f"{IAM}:group/dev")]),
    "keys of one user only": (["iam:CreateAccessKey"], [deny(not_resource=f"{IAM}:user/ci")]),
    "passwords below one path only": (["iam:CreateLoginProfile"], [deny(not_resource=f"{IAM}:user/staff/*")]),
}


@pytest.mark.parametrize(("actions", "denies"), DELEGATED.values(), ids=DELEGATED.keys())
def test_what_reaches_only_those_that_a_deny_spares_is_no_way_by_itself(
    actions: list[str], denies: list[Statement]
) -> None:
    assert find_powers(user(says("Allow", actions), *denies)) == ()


ALLOWS: dict[str, tuple[Statement, bool]] = {
    "all but a made-up service": (says("Allow", not_action="zz-any-service:*"), True),
    "all but made-up actions": (says("Allow", not_action=["iam:Zz*", "*:ZzAnything"]), True),
    "on all but names that a tool might ask for": (
        says("Allow", not_resource=[f"{IAM}:*nobody", f"{IAM}:*/zz*"]),
        True,
    ),
    "on the account's things": (says("Allow", "iam:*", f"{IAM}:*"), True),
    "on things of any account": (says("Allow", "iam:*", "arn:aws:iam::*:*"), True),
    "on one role": (says("Allow", "iam:*", f"{IAM}:role/x"), False),
    "on names that begin alike": (says("Allow", "iam:*", f"{IAM}:*/zz*"), False),
    "on another account's things": (says("Allow", "iam:*", ELSEWHERE), False),
    "on all but IAM's things": (says("Allow", "*", not_resource="arn:aws:iam::*:*"), False),
    "reading": (says("Allow", ["iam:Get*", "iam:List*", "iam:Generate*", "iam:Simulate*"]), False),
}


@pytest.mark.parametrize(("allow", "expected"), ALLOWS.values(), ids=ALLOWS.keys())
def test_an_allow_counts_if_it_is_over_what_nobody_named(allow: Statement, expected: bool) -> None:
    assert ("iam:* on *" in administrator(user(allow))) == expected


def test_a_deny_of_every_other_service_leaves_iam_and_one_of_iam_leaves_the_others() -> None:
    assert administrator(user(says("Allow"), deny(not_action=["iam:*", "s3:*"]))) == {"iam:* on *"}
    assert administrator(user(says("Allow"))) == {"* on *", "iam:* on *"}
    assert administrator(user(says("Allow"), deny("zz-any-service:*"))) == {"* on *", "iam:* on *"}


def test_a_condition_leaves_the_power_under_it() -> None:
    found = {power.name: power.verdict for power in find_powers(user(says("Allow"), deny("*", **OFFICE)))}
    assert found["iam:* on *"].keys == {"aws:sourceip"}
    assert found["iam:* on *"].decision == "depends"


def test_a_policy_that_nobody_read_may_deny_and_does_not_make_an_administrator() -> None:
    unread = PolicySource(f"{IAM}:policy/unread", None)
    assert {power.name for power in find_powers(Principal(ALICE, "user", A, (unread,)))} == {UNREAD_POLICIES}
