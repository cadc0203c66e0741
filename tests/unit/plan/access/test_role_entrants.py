"""Who may assume which role, gathered: every pair that is evaluated singly is in the list, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.access_answers import AccessSide, Entrants, RoleEntrants
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Role, User
from reconciler.model.live import State
from reconciler.plan.access.account_access import find_account_access
from reconciler.plan.access.role_entrants import find_role_entrants
from tests.support.strategies import ACCOUNT
from tests.unit.plan.access.test_delta import MFA, OFFICE, OTHER_ROOT, ROOT, service, trust
from tests.unit.render.plans import allow, document, state

ASSUMING = {"own": document(allow("sts:AssumeRole"))}


def role(name: str, *statements: dict[str, Any]) -> Role:
    return Role(name, document(*statements))


def side(*entities: Entity, is_part: bool = False) -> AccessSide:
    return AccessSide("file", state(list(entities)), is_part)


WORLDS: dict[str, list[Entity]] = {
    "a user by name": [User("alice"), role("app", trust("user/alice"))],
    "everybody with the right policy": [
        User("alice", inline_policies=ASSUMING),
        User("bob", inline_policies=ASSUMING),
        User("carol"),
        role("app", trust(ROOT)),
        role("other", trust(ROOT)),
    ],
    "other terms for each": [
        User("alice"),
        User("bob"),
        role("app", trust("user/alice", **MFA), trust("user/bob", **OFFICE), trust(OTHER_ROOT)),
    ],
    "services and accounts": [role("app", service("ec2.amazonaws.com"), trust(OTHER_ROOT, **OFFICE))],
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_list_has_the_same_pairs_as_single_answers(name: str) -> None:
    listed = {
        (principal, role, one.mfa, one.conditions, one.terms)
        for entry in find_role_entrants(side(*WORLDS[name]))
        for role in entry.roles
        for one in entry.entrants
        for principal in one.principals
    }
    single = find_account_access(state(WORLDS[name])).roles
    assert listed == {(one.principal, one.role, one.mfa, one.conditions, one.terms) for one in single}


def test_roles_with_the_same_principals_are_one_entry() -> None:
    entries = find_role_entrants(side(*WORLDS["everybody with the right policy"]))
    assert entries == (RoleEntrants(("role/app", "role/other"), (Entrants(("user/alice", "user/bob")),)),)


def test_a_role_that_nobody_can_assume_is_in_the_list() -> None:
    locked = role("locked", trust("user/nobody"))
    assert find_role_entrants(side(User("alice"), locked)) == (RoleEntrants(("role/locked",), ()),)


def test_a_group_outside_the_plan_is_no_reason_to_say_no() -> None:
    crew = frozenset([Address("group", "crew")])
    entities: list[Entity] = [User("alice", groups=crew), role("app", trust(ROOT))]
    known, part = (find_role_entrants(side(*entities, is_part=is_part)) for is_part in (False, True))
    assert known == (RoleEntrants(("role/app",), ()),)
    assert part == (RoleEntrants(("role/app",), (Entrants(("user/alice",), conditions=("policy:group/crew",)),)),)


def test_a_user_outside_the_plan_that_a_trust_names_may_have_any_policy() -> None:
    named = role("app", trust("user/team/alice"))
    assert find_role_entrants(side(named, is_part=True)) == (
        RoleEntrants(("role/app",), (Entrants(("user/alice",), conditions=("policy:user/alice",)),)),
    )


def test_an_account_without_roles_has_an_empty_list() -> None:
    assert find_role_entrants(AccessSide("file", State(ACCOUNT, "aws", {}))) == ()
