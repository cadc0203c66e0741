"""Ways to administrator power over one administrator by name, and who gains or loses them with a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.plan.access import admin_powers
from tests.support.strategies import ACCOUNT, policy_arn
from tests.unit.plan.access.test_delta import ADMINISTRATOR, MINE, OFFICE, STRANGER, delta, service, trust
from tests.unit.render.plans import allow, document

IAM = f"arn:aws:iam::{ACCOUNT}"
FULL = frozenset([ADMINISTRATOR])
Powers = set[tuple[str, str]]

ROOT_ROLE = Role("chief", document(trust(STRANGER)), "/ops/", policies=FULL, tags=MINE)
PLAIN_ROLE = replace(ROOT_ROLE, policies=frozenset())
CHIEF = User("boss", "/ops/", policies=FULL, tags=MINE)
PLAIN_USER = replace(CHIEF, policies=frozenset())
CREW = Group("chiefs", "/me/", policies=FULL)
PLAIN_CREW = replace(CREW, policies=frozenset())
ALL_POLICY = Policy("all", document(allow("*")), description="", tags=MINE)
READ_POLICY = Policy("read", document(allow("s3:*")), description="", tags=MINE)
HOLDER = User("holder", policies=frozenset([policy_arn("all"), policy_arn("read")]), tags=MINE)
CHIEFS: list[Entity] = [ROOT_ROLE, CHIEF, CREW, ALL_POLICY, READ_POLICY, HOLDER]
PLAIN: list[Entity] = [PLAIN_ROLE, PLAIN_USER, PLAIN_CREW, ALL_POLICY, READ_POLICY]


def alice(*statements: dict[str, Any], **more: Any) -> User:
    return User("alice", inline_policies={"own": document(*statements)} if statements else {}, tags=MINE, **more)


def on(action: Any, *resources: str, **more: Any) -> dict[str, Any]:
    actions = [action] if isinstance(action, str) else action
    return {**allow(*actions), "Resource": [f"{IAM}:{name}" for name in resources], **more}


def find_gains(live: list[Entity], wanted: list[Entity]) -> Powers:
    made = delta(live, wanted)
    assert all(one.grade == "escalation" for one in made.powers_gained)
    return {(one.principal, one.power) for one in made.powers_gained}


def find_losses(live: list[Entity], wanted: list[Entity]) -> Powers:
    return {(one.principal, one.power) for one in delta(live, wanted).powers_lost}


KIN: dict[str, tuple[str, str, str]] = {
    "the trust of a role": ("iam:UpdateAssumeRolePolicy", "role/ops/chief", "role/chief"),
    "an inline policy of a role": ("iam:PutRolePolicy", "role/ops/chief", "role/chief"),
    "a policy on a role": ("iam:AttachRolePolicy", "role/ops/chief", "role/chief"),
    "keys of a user": ("iam:CreateAccessKey", "user/ops/boss", "user/boss"),
    "a password of a user": ("iam:CreateLoginProfile", "user/ops/boss", "user/boss"),
    "another password of a user": ("iam:UpdateLoginProfile", "user/ops/boss", "user/boss"),
    "an inline policy of a user": ("iam:PutUserPolicy", "user/ops/boss", "user/boss"),
    "a policy on a user": ("iam:AttachUserPolicy", "user/ops/boss", "user/boss"),
    "membership of a group": ("iam:AddUserToGroup", "group/me/chiefs", "group/chiefs"),
    "an inline policy of a group": ("iam:PutGroupPolicy", "group/me/chiefs", "group/chiefs"),
    "a policy on a group": ("iam:AttachGroupPolicy", "group/me/chiefs", "group/chiefs"),
    "a new version of the policy that one holds": ("iam:CreatePolicyVersion", "policy/all", "policy/all"),
    "an old version of the policy that one holds": ("iam:SetDefaultPolicyVersion", "policy/all", "policy/all"),
}


@pytest.mark.parametrize(("action", "resource", "name"), KIN.values(), ids=KIN.keys())
def test_a_right_over_one_administrator_is_a_way(action: str, resource: str, name: str) -> None:
    after = alice(on(action, resource))
    expected = {("user/alice", f"{action} on {name}")}
    assert find_gains([*CHIEFS, alice()], [*CHIEFS, after]) == expected
    assert find_losses([*CHIEFS, after], [*CHIEFS, alice()]) == expected
    assert find_gains([*PLAIN, alice()], [*PLAIN, after]) == set()


SPELLED: dict[str, dict[str, Any]] = {
    "by a path": on("iam:UpdateAssumeRolePolicy", "role/ops/*"),
    "by the beginning of its name": on("iam:UpdateAssumeRolePolicy", "role/ops/ch*"),
    "among others": on("iam:UpdateAssumeRolePolicy", "role/x", "role/ops/chief", "user/y"),
    "by a wildcard of actions": on("iam:Update*", "role/ops/chief"),
    "by wildcards in both": on("iam:UpdateAssume*", "role/ops/?hief"),
    "by the end of its name": {**allow("iam:UpdateAssumeRolePolicy"), "Resource": f"{IAM}:role/*/chief"},
    "under a condition": on("iam:UpdateAssumeRolePolicy", "role/ops/chief", **OFFICE),
}


ALL_BUT_ONE = {"Effect": "Deny", "Action": "*", "NotResource": f"{IAM}:role/ops/chief"}
NARROWED: dict[str, User] = {
    "a Deny that spares it": alice(allow("iam:UpdateAssumeRolePolicy"), ALL_BUT_ONE),
    "a boundary that lets nothing else": alice(
        allow("iam:UpdateAssumeRolePolicy"), permissions_boundary=policy_arn("narrow")
    ),
    "a boundary whose Deny spares it": alice(
        allow("iam:UpdateAssumeRolePolicy"), permissions_boundary=policy_arn("sparing")
    ),
}
NARROW: list[Entity] = [
    Policy("narrow", document(on("iam:*", "role/ops/chief")), description="", tags=MINE),
    Policy("sparing", document(allow("*"), ALL_BUT_ONE), description="", tags=MINE),
]


@pytest.mark.parametrize("after", NARROWED.values(), ids=NARROWED.keys())
def test_a_right_over_everything_that_is_narrowed_to_an_administrator_is_a_way(after: User) -> None:
    found = find_gains([*CHIEFS, *NARROW, alice()], [*CHIEFS, *NARROW, after])
    assert found == {("user/alice", "iam:UpdateAssumeRolePolicy on role/chief")}
    assert find_gains([*PLAIN, *NARROW, alice()], [*PLAIN, *NARROW, after]) == set()


@pytest.mark.parametrize("statement", SPELLED.values(), ids=SPELLED.keys())
def test_however_it_names_the_administrator(statement: dict[str, Any]) -> None:
    found = find_gains([*CHIEFS, alice()], [*CHIEFS, alice(statement)])
    assert found == {("user/alice", "iam:UpdateAssumeRolePolicy on role/chief")}


TRUST = "iam:UpdateAssumeRolePolicy"
DENY = {"Effect": "Deny", "Action": TRUST, "Resource": f"{IAM}:role/ops/chief"}
NO_WAY: dict[str, User] = {
    "another role": alice(on(TRUST, "role/other")),
    "the same name on another path": alice(on(TRUST, "role/chief")),
    "a user of the role's name": alice(on(TRUST, "user/ops/chief")),
    "another account's": alice({**allow(TRUST), "Resource": "arn:aws:iam::210987654321:role/ops/chief"}),
    "denied on it": alice(on(TRUST, "role/ops/chief"), DENY),
    "denied on everything": alice(on(TRUST, "role/ops/chief"), {**DENY, "Resource": "*"}),
    "outside the boundary": alice(on(TRUST, "role/ops/chief"), permissions_boundary=policy_arn("read")),
    "reading it": alice(on(["iam:GetRole", "iam:ListRolePolicies"], "role/ops/chief")),
    "another policy of an administrator": alice(on("iam:CreatePolicyVersion", "policy/read")),
    "passing it to nothing": alice(on("iam:PassRole", "role/ops/chief")),
    "assuming it": alice(on("sts:AssumeRole", "role/ops/chief")),
}


@pytest.mark.parametrize("after", NO_WAY.values(), ids=NO_WAY.keys())
def test_look_alikes_are_no_way(after: User) -> None:
    assert find_gains([*CHIEFS, alice()], [*CHIEFS, after]) == set()


INSTANCE_ROLE = replace(ROOT_ROLE, name="machine", trust_policy=document(service("ec2.amazonaws.com")))
PLAIN_INSTANCE_ROLE = replace(INSTANCE_ROLE, policies=frozenset())
PASS_MACHINE = on("iam:PassRole", "role/ops/machine")
RUN = allow("ec2:RunInstances")
TO_EC2 = {"Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
TO_LAMBDA = {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}


def from_account(account: str) -> Role:
    """The instance role, if the service acts for something in this account."""
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": account}}}
    return replace(INSTANCE_ROLE, trust_policy=document({**service("ec2.amazonaws.com"), **condition}))


PASSING: dict[str, tuple[list[Entity], User, bool]] = {
    "with what starts an instance": ([INSTANCE_ROLE], alice(PASS_MACHINE, RUN), True),
    "to this service alone": ([INSTANCE_ROLE], alice({**PASS_MACHINE, **TO_EC2}, RUN), True),
    "to another service alone": ([INSTANCE_ROLE], alice({**PASS_MACHINE, **TO_LAMBDA}, RUN), False),
    "by a wildcard": ([INSTANCE_ROLE], alice(on("iam:PassRole", "role/ops/*"), RUN), True),
    "with nothing that takes it": ([INSTANCE_ROLE], alice(PASS_MACHINE), False),
    "with what another service takes": ([INSTANCE_ROLE], alice(PASS_MACHINE, allow("glue:CreateDevEndpoint")), False),
    "denied": ([INSTANCE_ROLE], alice(PASS_MACHINE, RUN, {**PASS_MACHINE, "Effect": "Deny"}), False),
    "a role that the service cannot take": ([ROOT_ROLE], alice(on("iam:PassRole", "role/ops/chief"), RUN), False),
    "a role that is not an administrator": ([PLAIN_INSTANCE_ROLE], alice(PASS_MACHINE, RUN), False),
    "another role": ([INSTANCE_ROLE], alice(on("iam:PassRole", "role/other"), RUN), False),
    "a role that the service takes for this account": ([from_account(ACCOUNT)], alice(PASS_MACHINE, RUN), True),
    "a role that it takes for another account": ([from_account("210987654321")], alice(PASS_MACHINE, RUN), False),
    "outside the boundary": (
        [INSTANCE_ROLE, READ_POLICY],
        alice(PASS_MACHINE, RUN, permissions_boundary=policy_arn("read")),
        False,
    ),
}


@pytest.mark.parametrize(("account", "after", "expected"), PASSING.values(), ids=PASSING.keys())
def test_passing_a_role_of_an_administrator_is_a_way_if_a_service_takes_it(
    account: list[Entity], after: User, expected: bool
) -> None:
    way = ("user/alice", "iam:PassRole with ec2:RunInstances on role/machine")
    assert find_gains([*account, alice()], [*account, after]) == ({way} if expected else set())
    assert find_losses([*account, after], [*account, alice()]) == ({way} if expected else set())


def test_a_plan_that_makes_a_role_passable_gives_a_way_to_whoever_may_pass_it() -> None:
    closed = replace(INSTANCE_ROLE, trust_policy=document(trust(STRANGER)))
    passer = alice(PASS_MACHINE, RUN)
    (row,) = delta([closed, passer], [INSTANCE_ROLE, passer]).powers_gained
    assert (row.principal, row.path, row.targets) == ("user/alice", "ec2-001", ("role/machine",))
    assert row.actions == ("iam:PassRole", "ec2:RunInstances")
    assert row.reason == "can pass role/machine to a new instance"
    (row,) = delta([INSTANCE_ROLE, passer], [closed, passer]).powers_lost
    assert (row.path, row.targets) == ("ec2-001", ("role/machine",))


def test_passing_a_role_that_has_a_way_itself_is_a_chain() -> None:
    machine = replace(PLAIN_INSTANCE_ROLE, inline_policies={"own": document(on("sts:AssumeRole", "role/ops/chief"))})
    chief = replace(ROOT_ROLE, trust_policy=document(trust("role/ops/machine")))
    rows = delta([machine, chief, alice()], [machine, chief, alice(PASS_MACHINE, RUN)]).powers_gained
    assert [(row.path, row.targets) for row in rows] == [("ec2-001", ("role/machine", "role/chief"))]
    assert rows[0].reason == "can pass role/machine to a new instance: role/machine → role/chief"


def test_a_right_over_all_of_a_sort_is_told_once_and_not_by_name() -> None:
    assert find_gains([*CHIEFS, alice()], [*CHIEFS, alice(allow(TRUST))]) == {("user/alice", TRUST)}
    assert find_gains([*CHIEFS, alice()], [*CHIEFS, alice(allow("iam:PutRolePolicy"))]) == set()


def test_an_administrator_s_rights_by_name_are_not_listed() -> None:
    made = delta([*CHIEFS, alice()], [*CHIEFS, alice(allow("*"), on(TRUST, "role/ops/chief"))])
    assert {one.grade for one in made.powers_gained} == {"administrator"}


def test_a_role_s_right_over_itself_by_name_is_none_over_an_administrator() -> None:
    own = {"own": document(on(TRUST, "role/ops/chief"))}
    assert find_gains([PLAIN_ROLE], [replace(PLAIN_ROLE, inline_policies=own)]) == set()


NAMER = alice(
    on(TRUST, "role/ops/chief"), on("iam:CreateAccessKey", "user/ops/boss"), on("iam:AddUserToGroup", "group/me/chiefs")
)
BECOMES: dict[str, tuple[Entity, Entity, str]] = {
    "a role": (PLAIN_ROLE, ROOT_ROLE, f"{TRUST} on role/chief"),
    "a user": (PLAIN_USER, CHIEF, "iam:CreateAccessKey on user/boss"),
    "a group": (PLAIN_CREW, CREW, "iam:AddUserToGroup on group/chiefs"),
    "a user, by its own document": (
        PLAIN_USER,
        replace(PLAIN_USER, inline_policies={"a": document(allow("iam:*"))}),
        "iam:CreateAccessKey on user/boss",
    ),
}


@pytest.mark.parametrize(("before", "after", "way"), BECOMES.values(), ids=BECOMES.keys())
def test_whoever_had_the_right_gains_the_way_when_its_target_becomes_an_administrator(
    before: Entity, after: Entity, way: str
) -> None:
    made = delta([NAMER, before], [NAMER, after])
    assert ("user/alice", way) in {(one.principal, one.power) for one in made.powers_gained}
    back = delta([NAMER, after], [NAMER, before])
    assert ("user/alice", way) in {(one.principal, one.power) for one in back.powers_lost}


def test_an_administrator_who_changes_and_stays_one_changes_nobody_s_ways() -> None:
    other = replace(ROOT_ROLE, inline_policies={"more": document(allow("s3:*"))})
    assert find_gains([NAMER, ROOT_ROLE], [NAMER, other]) == set()
    assert find_losses([NAMER, ROOT_ROLE], [NAMER, other]) == set()


def test_many_administrators_are_counted() -> None:
    chiefs: list[Entity] = [replace(ROOT_ROLE, name=f"chief{index}") for index in range(8)]
    made = find_gains([*chiefs, alice()], [*chiefs, alice(on(TRUST, "role/ops/*"))])
    assert made == {("user/alice", f"{TRUST} on 8 administrators")}


def test_a_renamed_administrator_is_the_same() -> None:
    groups = frozenset([Address("group", "chiefs")])
    member = User("m", groups=groups, tags=MINE)
    assert find_gains([NAMER, CREW, member], [NAMER, CREW, replace(member, path="/x/")]) == set()


CHAIN: list[Entity] = [
    Role("ci", document(trust("user/bob")), inline_policies={"own": document(on("sts:AssumeRole", "role/admin"))}),
    Role("admin", document(trust(f"{IAM}:root")), policies=FULL),
]
BOB = User("bob")


def test_a_plan_that_makes_a_chain_says_every_role_of_it() -> None:
    closed = replace(CHAIN[0], trust_policy=document(trust(STRANGER)))
    (row,) = delta([closed, CHAIN[1], BOB], [*CHAIN, BOB]).powers_gained
    assert (row.principal, row.power, row.path) == ("user/bob", "sts:AssumeRole on role/ci", "sts-001")
    assert row.targets == ("role/ci", "role/admin")
    assert row.reason == "user/bob → role/ci → role/admin"
    (row,) = delta([*CHAIN, BOB], [closed, CHAIN[1], BOB]).powers_lost
    assert row.targets == ("role/ci", "role/admin")


def test_a_link_in_the_middle_gives_the_chain_to_everybody_before_it() -> None:
    loose = replace(CHAIN[0], inline_policies={})
    rows = delta([loose, CHAIN[1], BOB], [*CHAIN, BOB]).powers_gained
    assert [(row.principal, row.targets) for row in rows] == [
        ("role/ci", ("role/admin",)),
        ("user/bob", ("role/ci", "role/admin")),
    ]


def test_a_chain_under_a_condition_says_on_what_it_depends() -> None:
    guarded = replace(CHAIN[0], trust_policy=document({**trust("user/bob"), **OFFICE}))
    closed = replace(CHAIN[0], trust_policy=document(trust(STRANGER)))
    (row,) = delta([closed, CHAIN[1], BOB], [guarded, CHAIN[1], BOB]).powers_gained
    assert row.reason == "user/bob → role/ci → role/admin, depending on aws:SourceIp"


def test_another_chain_to_the_same_administrator_is_no_news_behind_the_first_role() -> None:
    direct = replace(CHAIN[0], inline_policies={"own": document(allow("sts:AssumeRole"))})
    rows = delta([*CHAIN, BOB], [direct, CHAIN[1], BOB]).powers_gained
    assert [(row.principal, row.path, row.targets) for row in rows] == [("role/ci", "sts-001", ())]


def test_assuming_any_role_counts_whatever_exists() -> None:
    (row,) = delta([BOB], [replace(BOB, inline_policies={"own": document(allow("sts:AssumeRole"))})]).powers_gained
    assert (row.path, row.power, row.targets, row.reason) == ("sts-001", "sts:AssumeRole", (), "can assume any role")


ON_APP = ("role/app-1",)
APP = Role("app-1", document(trust(STRANGER)))
TOGETHER: dict[str, tuple[User, set[str]]] = {
    "its policies and its trust": (
        alice(on(["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"], "role/app-*")),
        {"iam-021"},
    ),
    "attached policies and its trust": (
        alice(on("iam:AttachRolePolicy", "role/app-1"), on("iam:UpdateAssumeRolePolicy", "role/*-1")),
        {"iam-019"},
    ),
    "its policies alone": (alice(on("iam:PutRolePolicy", "role/app-1")), set()),
    "its trust alone": (alice(on("iam:UpdateAssumeRolePolicy", "role/app-1")), set()),
    "the trust of another role": (
        alice(on("iam:PutRolePolicy", "role/app-1"), on("iam:UpdateAssumeRolePolicy", "role/app-2")),
        set(),
    ),
    "policies and keys of a user": (alice(on(["iam:PutUserPolicy", "iam:CreateAccessKey"], "user/plain")), {"iam-018"}),
    "keys of a user": (alice(on("iam:CreateAccessKey", "user/plain")), set()),
}


@pytest.mark.parametrize(("after", "paths"), TOGETHER.values(), ids=TOGETHER.keys())
def test_actions_that_together_take_somebody_over_count_on_anybody(after: User, paths: set[str]) -> None:
    others: list[Entity] = [APP, User("plain")]
    rows = delta([*others, alice()], [*others, after]).powers_gained
    assert {row.path for row in rows} == paths
    assert all(row.targets in (("role/app-1",), ("user/plain",)) for row in rows)


def test_a_new_role_counts_for_whoever_may_write_its_policies_and_its_trust() -> None:
    writer = alice(on(["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"], "role/app-*"))
    service_role = replace(APP, trust_policy=document(service("ec2.amazonaws.com")))
    (row,) = delta([writer], [writer, service_role]).powers_gained
    assert (row.principal, row.path, row.targets) == ("user/alice", "iam-021", ("role/app-1",))


def test_a_policy_of_a_role_that_one_may_edit_and_assume_is_a_way() -> None:
    role = replace(APP, trust_policy=document(trust("user/alice")), policies=frozenset([policy_arn("read")]))
    editor = alice(on("iam:CreatePolicyVersion", "policy/read"))
    rows = delta([READ_POLICY, role, alice()], [READ_POLICY, role, editor]).powers_gained
    assert [(row.path, row.targets) for row in rows] == [("iam-016", ("role/app-1",))]
    assert rows[0].reason == "can write a new version of a policy of role/app-1 and assume it"


def test_a_user_that_has_a_way_counts_as_an_administrator_for_its_keys() -> None:
    keys = alice(on("iam:CreateAccessKey", "user/bob"))
    (row,) = delta([*CHAIN, BOB, alice()], [*CHAIN, BOB, keys]).powers_gained
    assert (row.path, row.targets) == ("iam-002", ("user/bob", "role/ci", "role/admin"))
    assert row.reason == "can create access keys for user/bob: user/bob → role/ci → role/admin"


@pytest.mark.parametrize("change", [alice(allow("s3:GetObject")), alice(allow("iam:GetUser"))])
def test_ways_through_the_account_are_followed_only_if_the_plan_can_change_one(change: User) -> None:
    with patch.object(admin_powers, "PowerGraph") as followed:
        delta([*CHIEFS, *CHAIN, BOB, alice()], [*CHIEFS, *CHAIN, BOB, change])
    assert not followed.called


def tag_role(value: str) -> Role:
    return replace(ROOT_ROLE, tags={**MINE, "team": value})


TRUSTED = on(
    "iam:UpdateAssumeRolePolicy", "role/ops/chief", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}
)
ALL_TAGGED = {**TRUSTED, "Resource": "*"}
OVER_CHIEF = "iam:UpdateAssumeRolePolicy on role/chief"


@pytest.mark.parametrize("right", [TRUSTED, ALL_TAGGED], ids=["by name", "over everything"])
def test_a_tag_that_opens_an_administrator_to_somebody_is_a_new_way(right: dict[str, Any]) -> None:
    closed, opened = [alice(right), tag_role("blue")], [alice(right), tag_role("red")]
    assert find_gains(closed, opened) == {("user/alice", OVER_CHIEF)}
    assert find_gains(opened, closed) == set()


def test_tags_that_do_not_fit_leave_a_way_by_name_open_because_somebody_may_set_others() -> None:
    made = delta([alice(), tag_role("blue")], [alice(TRUSTED), tag_role("blue")])
    (row,) = made.powers_gained
    assert row.power == OVER_CHIEF and row.reason.endswith(", depending on aws:ResourceTag/team")


def test_a_tag_of_a_passed_role_does_not_count() -> None:
    """AWS: such a condition "does not have reliable results"."""
    right = on("iam:PassRole", "role/ops/chief", Condition={"StringEquals": {"iam:ResourceTag/team": "red"}})
    chief = replace(tag_role("blue"), trust_policy=document(service("ec2.amazonaws.com")))
    user = alice(right, allow("ec2:RunInstances"))
    assert find_gains([user, chief], [user, replace(chief, tags=tag_role("red").tags)]) == set()


LOOSER = {
    "without MFA": ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, True),
    "without an office": (OFFICE, {}, True),
    "with MFA": ({}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
    "of one office more": (OFFICE, {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24"]}}, False),
}


@pytest.mark.parametrize(("before", "after", "is_told"), LOOSER.values(), ids=list(LOOSER))
def test_a_way_on_fewer_conditions_is_told_as_gained(
    before: dict[str, Any], after: dict[str, Any], is_told: bool
) -> None:
    def user(condition: dict[str, Any]) -> User:
        return alice(on("iam:CreateAccessKey", "user/ops/boss", **({"Condition": condition} if condition else {})))

    made = delta([user(before), CHIEF], [user(after), CHIEF])
    told = [(row.power, row.reason.endswith(", on fewer conditions than before")) for row in made.powers_gained]
    assert told == ([("iam:CreateAccessKey on user/boss", True)] if is_told else [])
    assert made.powers_lost == ()
