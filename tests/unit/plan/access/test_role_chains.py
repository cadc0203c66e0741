"""The roles that a principal can take one after the other, from both ends."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.access_answers import AccessSide, RoleChain
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Role, User
from reconciler.plan.access.role_chains import RoleChains
from reconciler.plan.access.side_principals import principals_of_side
from tests.unit.plan.access.test_delta import MFA, OFFICE, trust
from tests.unit.render.plans import document, state


def role(name: str, *statements: dict[str, Any]) -> Role:
    return Role(name, document(*statements))


WORLD: list[Entity] = [
    User("alice"),
    User("bob"),
    role("ci", trust("user/alice", **MFA)),
    role("deploy", trust("role/ci", **OFFICE)),
    role("admin", trust("role/deploy")),
    role("loop", trust("role/admin", "user/bob")),
    role("ring", trust("role/loop")),
]


def chains() -> RoleChains:
    side = AccessSide("file", state(WORLD))
    return RoleChains(side, principals_of_side(side))


IF_OFFICE = ("aws:sourceip",)
CASES: dict[str, list[tuple[tuple[str, ...], bool, tuple[str, ...]]]] = {
    "user/alice": [
        (("role/ci",), True, ()),
        (("role/ci", "role/deploy"), True, IF_OFFICE),
        (("role/ci", "role/deploy", "role/admin"), True, IF_OFFICE),
        (("role/ci", "role/deploy", "role/admin", "role/loop"), True, IF_OFFICE),
        (("role/ci", "role/deploy", "role/admin", "role/loop", "role/ring"), True, IF_OFFICE),
    ],
    "user/bob": [(("role/loop",), False, ()), (("role/loop", "role/ring"), False, ())],
    "role/loop": [(("role/ring",), False, ())],
    "role/ring": [],
}


@pytest.mark.parametrize("name", CASES)
def test_every_role_is_found_once_with_the_terms_of_the_whole_way(name: str) -> None:
    found = chains().find_chains_from(Address.parse(name))
    assert [(one.roles, one.mfa, one.conditions) for one in found] == CASES[name]


def test_both_ends_find_the_same_ways() -> None:
    made = chains()
    forward = {(name, chain.roles[-1]): chain for name in CASES for chain in made.find_chains_from(Address.parse(name))}
    goals = {goal for _, goal in forward}
    backward = {
        (str(address), goal): chain
        for goal in goals
        for address, chain in made.find_chains_to([Address.parse(goal)]).items()
        if str(address) in CASES
    }
    assert backward == forward


def test_of_several_goals_the_nearest_is_named() -> None:
    found = chains().find_chains_to([Address("role", "admin"), Address("role", "ring")])
    assert found[Address("role", "loop")] == RoleChain(("role/ring",))
    assert found[Address("role", "deploy")] == RoleChain(("role/admin",))
