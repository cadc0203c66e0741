"""The policies that decide for a principal: its own, those of its groups, and its boundary."""

from __future__ import annotations

import pytest

from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, InstanceProfile, Role, User
from reconciler.model.held_policies import (
    Hold,
    held_arns_of,
    list_groups,
    list_held_policies,
    managed_arns_of,
    own_policies_of,
    walk_held_policies,
)

ACCOUNT = "123456789012"
OURS, AWS = f"arn:aws:iam::{ACCOUNT}:policy/ours", "arn:aws:iam::aws:policy/ReadOnlyAccess"
FENCE, FOREIGN = f"arn:aws:iam::{ACCOUNT}:policy/fence", "arn:aws:iam::210987654321:policy/other"
DOCUMENT = Document(version="2012-10-17", statements=frozenset())

GROUPS = {
    Address("group", "b"): Group("b", policies=frozenset([OURS])),
    Address("group", "a"): Group("a", policies=frozenset([FOREIGN]), inline_policies={"i": DOCUMENT}),
}
USER = User(
    "ann",
    groups=frozenset([*GROUPS, Address("group", "gone")]),
    policies=frozenset([OURS, AWS]),
    inline_policies={"y": DOCUMENT, "x": DOCUMENT},
    permissions_boundary=FENCE,
)


def describe_policies(entity: Entity | None, *, groups: bool) -> list[tuple[str, str, str]]:
    held = walk_held_policies(entity, GROUPS.get) if groups else list_held_policies(entity)
    return [(str(one.holder), one.hold.value, one.name) for one in held]


def test_a_user_has_its_own_policies_then_its_groups_in_order_then_its_boundary() -> None:
    own = [
        ("user/ann", "attached", OURS),
        ("user/ann", "attached", AWS),
        ("user/ann", "inline", "x"),
        ("user/ann", "inline", "y"),
    ]
    of_groups = [("group/a", "attached", FOREIGN), ("group/a", "inline", "i"), ("group/b", "attached", OURS)]
    boundary = [("user/ann", "boundary", FENCE)]
    assert describe_policies(USER, groups=True) == [*own, *of_groups, *boundary]
    assert describe_policies(USER, groups=False) == [*own, *boundary]


def test_a_group_that_is_not_there_on_this_side_brings_nothing() -> None:
    assert [group.name for group in list_groups(USER, GROUPS.get)] == ["a", "b"]
    assert list_groups(USER, {}.get) == []


def test_only_inline_policies_carry_their_document_and_have_no_arn() -> None:
    for one in walk_held_policies(USER, GROUPS.get):
        assert (one.document is DOCUMENT) == (one.hold is Hold.INLINE) == (one.arn is None)


@pytest.mark.parametrize("entity", [None, InstanceProfile("p"), Role("r", DOCUMENT), User("bob"), Group("g")])
def test_whoever_holds_nothing_has_nothing(entity: Entity | None) -> None:
    assert describe_policies(entity, groups=True) == describe_policies(entity, groups=False) == []


def test_a_role_has_no_groups_but_a_boundary() -> None:
    role = Role("r", DOCUMENT, policies=frozenset([AWS]), permissions_boundary=AWS)
    assert describe_policies(role, groups=True) == [("role/r", "attached", AWS), ("role/r", "boundary", AWS)]


def test_managed_policies_are_told_by_arn_and_those_of_the_account_by_address() -> None:
    held = list(walk_held_policies(USER, GROUPS.get))
    assert managed_arns_of(held) == {OURS, AWS, FOREIGN, FENCE}
    assert own_policies_of(held, ACCOUNT) == {Address("policy", "ours"), Address("policy", "fence")}


@pytest.mark.parametrize("entity", [USER, *GROUPS.values(), User("bob"), InstanceProfile("p"), None])
def test_the_arns_of_an_entity_are_those_of_its_managed_policies(entity: Entity | None) -> None:
    assert held_arns_of(entity) == managed_arns_of(list_held_policies(entity))
