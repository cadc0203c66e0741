"""The rows of a plan that tell a way: one for each target, one with a count for many, few words for long chains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.entity import Entity, Role, User
from reconciler.model.plan import PrincipalPower
from tests.unit.plan.access.test_admin_powers import FULL, ROOT_ROLE, alice, on
from tests.unit.plan.access.test_delta import delta, trust
from tests.unit.render.plans import allow, document

BOB = User("bob")


def line_of_roles(length: int) -> list[Entity]:
    """Roles r1 … rN, each trusted by the one before, the last an administrator; bob may assume the first."""
    names = ["user/bob", *(f"role/r{number}" for number in range(1, length))]
    roles = [Role(f"r{number}", document(trust(before))) for number, before in enumerate(names, 1)]
    return [*roles[:-1], replace(roles[-1], policies=FULL)]


def rows_of_bob(entities: list[Entity]) -> list[PrincipalPower]:
    return [row for row in delta([BOB], [BOB, *entities]).powers_gained if row.principal == "user/bob"]


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_chain_names_every_role(length: int) -> None:
    (row,) = rows_of_bob(line_of_roles(length))
    assert row.targets == tuple(f"role/r{number}" for number in range(1, length + 1))
    assert row.reason == " → ".join(["user/bob", *row.targets])


def test_a_long_chain_names_both_ends() -> None:
    (row,) = rows_of_bob(line_of_roles(300))
    assert row.reason == "user/bob → role/r1 → role/r2 → … 296 more … → role/r299 → role/r300"
    assert len(row.targets) == 50
    assert (row.targets[0], row.targets[-1]) == ("role/r1", "role/r300")


def test_a_way_over_more_than_five_administrators_is_one_row() -> None:
    chiefs: list[Entity] = [replace(ROOT_ROLE, name=f"chief{number}") for number in range(8)]
    (row,) = delta([*chiefs, alice()], [*chiefs, alice(on("iam:UpdateAssumeRolePolicy", "role/ops/*"))]).powers_gained
    assert row.power == "iam:UpdateAssumeRolePolicy on 8 administrators"
    assert row.targets == tuple(f"role/chief{number}" for number in range(8))
    assert row.reason == "can write the trust policy of role/chief0 and then assume it, and so for 7 more"


def test_roles_to_assume_are_counted_although_only_fifty_are_named() -> None:
    chiefs: list[Entity] = [
        Role(f"chief{number:02}", document(trust("user/bob")), policies=FULL) for number in range(60)
    ]
    (row,) = rows_of_bob(chiefs)
    assert (row.power, len(row.targets)) == ("sts:AssumeRole on 60 administrators", 50)
    assert row.reason == "user/bob → role/chief00, and so for 59 more"


def test_a_way_over_oneself_says_so() -> None:
    own = alice(on("iam:PutUserPolicy", "user/alice"))
    (row,) = delta([alice()], [own]).powers_gained
    assert (row.path, row.power, row.targets) == ("iam-007", "iam:PutUserPolicy", ("user/alice",))
    assert row.reason == "can write inline policies of itself"


def test_a_way_on_everything_says_so() -> None:
    (row,) = delta([alice()], [alice(allow("iam:PassRole", "ec2:RunInstances"))]).powers_gained
    assert (row.path, row.actions, row.targets) == ("ec2-001", ("iam:PassRole", "ec2:RunInstances"), ())
    assert row.reason == "can pass any role to a new instance"


def test_a_way_at_the_end_of_a_chain_is_named() -> None:
    ci = Role("ci", document(trust("user/bob")), inline_policies={"own": document(allow("iam:CreateAccessKey"))})
    (row,) = rows_of_bob([ci])
    assert row.reason == "user/bob → role/ci, which can create access keys for any user (iam-002)"


def test_a_condition_is_named_with_the_way() -> None:
    mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    (row,) = delta([alice()], [alice({**allow("iam:CreateAccessKey"), **mfa})]).powers_gained
    assert row.reason == "can create access keys for any user, with MFA"
