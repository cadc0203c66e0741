"""Ways to administrator power: who has one, on which terms, by which statements, and of whom it is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.access_answers import AccessSide, AccessSource
from reconciler.model.address import Address
from reconciler.model.admin_ways import AdminWay, AdminWays, UnreadPower
from reconciler.model.entity import Entity, Group, Role, User
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.admin_ways import find_admin_ways
from reconciler.render.access_ways import render_ways_text
from tests.support.strategies import ACCOUNT
from tests.unit.plan.access.test_admin_powers import FULL, on
from tests.unit.plan.access.test_delta import GITHUB, MFA, OFFICE, OTHER_ROOT, service, trust, trust_provider, user
from tests.unit.render.plans import allow, document, state

UNREAD = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
UNTIL = {"Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}}
ADMIN = Role("admin", document(trust("role/ci")), policies=FULL)
CI = Role("ci", document(trust("user/bob", **MFA)))


def find(*entities: Entity, only: Address | None = None, is_part: bool = False) -> AdminWays:
    return find_admin_ways(AccessSide("file", state(list(entities)), is_part), only)


def ways_of(found: AdminWays, name: str) -> tuple[AdminWay, ...]:
    return next((group.ways for group in found.list_groups() if name in group.principals), ())


def test_a_chain_has_the_terms_and_the_statements_of_each_step() -> None:
    (way,) = ways_of(
        find(User("bob"), CI, replace(ADMIN, trust_policy=document(trust("role/ci", **UNTIL)))), "user/bob"
    )
    assert (way.path, way.targets, way.reason) == (
        "sts-001",
        ("role/ci", "role/admin"),
        "user/bob → role/ci → role/admin",
    )
    assert (way.terms.mfa, way.terms.conditions) == (True, ("aws:currenttime",))
    first, second = way.hops
    assert (first.principal, first.target, first.terms.mfa, first.terms.conditions) == ("user/bob", "role/ci", True, ())
    assert (second.principal, second.target) == ("role/ci", "role/admin")
    assert second.terms == AccessTerms(
        False, ("aws:currenttime",), frozenset(["DateLessThan aws:currenttime 2030-01-01T00:00:00Z"])
    )
    assert [one.policy for hop in way.hops for one in hop.statements] == ["trust of role/ci", "trust of role/admin"]


def test_administrators_are_told_apart_from_those_who_can_become_one() -> None:
    found = find(User("bob"), CI, ADMIN, user(allow("iam:*"), name="root"))
    assert [(group.principals, [way.path for way in group.ways]) for group in found.administrators] == [
        (("role/admin",), ["reconcile-admin-001", "reconcile-admin-002"]),
        (("user/root",), ["reconcile-admin-002"]),
    ]
    assert [group.principals for group in found.ways] == [("role/ci",), ("user/bob",)]


def test_a_way_that_begins_elsewhere_names_the_statement_of_its_own_principal() -> None:
    keys = on("iam:CreateAccessKey", "user/boss")
    found = find(user(keys, name="ann"), user(keys, name="bea"), User("boss", policies=FULL))
    (group,) = found.ways
    assert (group.principals, group.ways[0].reason) == (
        ("user/ann", "user/bea"),
        "can create access keys for user/boss",
    )
    assert group.ways[0].hops[0].statements[0].policy == "user/ann inline policy own"
    (asked,) = find(
        user(keys, name="ann"), user(keys, name="bea"), User("boss", policies=FULL), only=Address("user", "bea")
    ).ways
    assert asked.principals == ("user/bea",)
    assert asked.ways[0].hops[0].statements[0].policy == "user/bea inline policy own"


def test_principals_on_other_terms_are_other_groups() -> None:
    found = find(
        User("ann"),
        User("bea"),
        User("cat"),
        replace(ADMIN, trust_policy=document(trust("user/ann", "user/bea"), trust("user/cat", **MFA))),
    )
    assert [(group.principals, group.ways[0].terms.mfa) for group in found.ways] == [
        (("user/ann", "user/bea"), False),
        (("user/cat",), True),
    ]
    assert found.ways[0].ways[0].reason == "each → role/admin"


def test_many_roles_on_the_same_terms_are_one_way_with_a_count() -> None:
    chiefs: list[Entity] = [
        Role(f"chief{number:02}", document(trust("user/bob", **(MFA if number % 2 else {}))), policies=FULL)
        for number in range(60)
    ]
    ways = ways_of(find(User("bob"), *chiefs), "user/bob")
    assert [(way.count, way.terms.mfa, way.reason) for way in ways] == [
        (30, False, "user/bob → role/chief00, and so for 29 more"),
        (30, True, "user/bob → role/chief01, and so for 29 more"),
    ]
    assert ways[0].targets[:2] == ("role/chief00", "role/chief02")


def test_a_way_over_many_named_administrators_is_one_with_a_count() -> None:
    chiefs = [User(f"chief{number}", policies=FULL) for number in range(7)]
    (way,) = ways_of(find(user(on("iam:CreateAccessKey", "user/chief*")), *chiefs), "user/alice")
    assert (way.path, way.count, way.power) == ("iam-002", 7, "iam:CreateAccessKey on 7 users")
    assert way.targets == tuple(f"user/chief{number}" for number in range(7))
    assert way.reason == "can create access keys for user/chief0, and so for 6 more"


def test_the_end_of_a_chain_is_a_step_of_its_own() -> None:
    ci = replace(CI, inline_policies={"own": document(allow("iam:CreateAccessKey", **OFFICE))})
    (way,) = ways_of(find(User("bob"), ci), "user/bob")
    assert [(hop.principal, hop.target, hop.path) for hop in way.hops] == [
        ("user/bob", "role/ci", "sts-001"),
        ("role/ci", "", "iam-002"),
    ]
    assert (way.terms.mfa, way.terms.conditions) == (True, ("aws:sourceip",))


def test_of_a_long_chain_the_first_steps_and_all_terms_are_told() -> None:
    names = ["user/bob", *(f"role/r{number}" for number in range(400))]
    roles = [Role(f"r{number}", document(trust(before))) for number, before in enumerate(names[:-1])]
    last = replace(roles[-1], policies=FULL, trust_policy=document(trust("role/r398", **UNTIL)))
    found = find(User("bob"), *roles[:-1], last)
    (way,) = ways_of(found, "user/bob")
    assert (len(way.hops), way.hops[0].target, way.terms.conditions) == (50, "role/r0", ("aws:currenttime",))
    assert way.reason.endswith("… 396 more … → role/r398 → role/r399")
    assert len(found.ways) == 400


def test_a_way_by_a_group_names_the_group() -> None:
    crew = Group("crew", inline_policies={"own": document(allow("iam:CreateAccessKey"))})
    (way,) = ways_of(find(crew, User("ann", groups=frozenset([crew.address]))), "user/ann")
    assert way.hops[0].statements[0].policy == "group/crew inline policy own"


STRANGERS = {
    OTHER_ROOT: trust(OTHER_ROOT),
    "*": trust("*"),
    f"federated:{GITHUB}": trust_provider(GITHUB, "sts:AssumeRoleWithWebIdentity", StringEquals={"x:aud": "y"}),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_principal_outside_the_account_has_a_way_by_the_trust_that_names_it(name: str) -> None:
    (way,) = ways_of(find(replace(ADMIN, trust_policy=document(STRANGERS[name]))), name)
    called = "everyone" if name == "*" else name
    assert (way.path, way.targets, way.reason) == ("sts-001", ("role/admin",), f"{called} → role/admin")
    assert way.own_reason == "→ role/admin"
    assert way.hops[0].statements[0].policy == "trust of role/admin"


def test_a_service_is_no_way_of_its_own() -> None:
    assert find(replace(ADMIN, trust_policy=document(service("ec2.amazonaws.com")))).ways == ()


def test_what_only_a_policy_of_unknown_content_may_give_is_told_apart() -> None:
    entities = (
        User("ann", policies=frozenset([UNREAD])),
        Role("app", document(trust("*")), policies=frozenset([UNREAD])),
        replace(ADMIN, trust_policy=document(trust(f"arn:aws:iam::{state([]).account}:root"))),
    )
    found = find(*entities)
    assert found.unread == (UnreadPower(("role/app", "user/ann"), (UNREAD,)),)
    assert [group.principals for group in found.ways] == []
    known = find(User("ann", policies=frozenset([UNREAD]), inline_policies={"a": document(allow("iam:PutUserPolicy"))}))
    assert ([group.principals for group in known.ways], known.unread) == ([("user/ann",)], ())


def test_a_deny_of_everything_leaves_nothing_unknown() -> None:
    denied = {"own": document({**allow("*"), "Effect": "Deny"})}
    assert find(User("ann", policies=frozenset([UNREAD]), inline_policies=denied)).unread == ()


def test_of_a_part_of_an_account_a_principal_that_only_a_trust_names_is_not_known() -> None:
    found = find(replace(ADMIN, trust_policy=document(trust("user/bob"))), is_part=True)
    assert (found.ways, found.unread) == ((), (UnreadPower(("user/bob",), ("user/bob",)),))


def test_one_without_a_way_has_none() -> None:
    assert find(User("ann"), CI, ADMIN, only=Address("user", "ann")) == AdminWays(principal="user/ann")


def test_a_guardrail_that_denies_a_part_of_a_way_is_named_for_those_whom_it_binds() -> None:
    """Two administrators have the same policy; the guardrail spares one of them."""
    spared = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/eve"}}
    deny = {"Effect": "Deny", "Action": ["iam:Create*", "iam:Put*"], "Resource": "*", "Condition": spared}
    scp = GuardrailPolicy("SCP", "part.json", document(allow("*"), deny))
    people = [User(name, inline_policies={"own": document(allow("iam:*"))}) for name in ("bob", "eve")]
    account = replace(state([*people]), guardrails=Guardrails(scps=((scp,),)))
    found = find_admin_ways(AccessSide("file", account, False), None)
    assert [(group.principals, [way.limited_by for way in group.ways]) for group in found.administrators] == [
        (("user/bob",), [("part.json",)]),
        (("user/eve",), [()]),
    ]
    text = render_ways_text(AccessSource((AccessSide("file", account),), ACCOUNT), [found])
    assert "    can do everything in IAM, limited by part.json (reconcile-admin-002)" in text
