"""Everything that one principal's policies say: what each statement gives, and what the boundary leaves of it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.access_answers import AccessSide, AccessSource, Limit, PrincipalPermissions
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.plan.access.held_permissions import find_held_permissions
from reconciler.plan.access.role_chains import RoleChains
from reconciler.plan.access.side_principals import principals_of_side
from reconciler.render.access_show import render_permissions_text
from tests.support.strategies import ACCOUNT, policy_arn
from tests.unit.plan.access.test_delta import OFFICE, trust
from tests.unit.render.plans import allow, document, state

ALICE = Address("user", "alice")
DATA = "arn:aws:s3:::data/*"


def show(*entities: Entity) -> PrincipalPermissions:
    side = AccessSide("file", state(list(entities)))
    return find_held_permissions(side, ALICE, RoleChains(side, principals_of_side(side)), None)


def alice(*statements: dict[str, Any], **more: Any) -> User:
    return User("alice", inline_policies={"own": document(*statements)} if statements else {}, **more)


def test_each_statement_is_told_with_its_policy_and_group() -> None:
    crew = Group("crew", policies=frozenset([policy_arn("read")]))
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": DATA, "Sid": "No"}
    policy = Policy("read", document({**allow("s3:GetObject", "ec2:Run*"), **OFFICE}, deny))
    shown = show(alice(groups=frozenset([crew.address])), crew, policy)
    assert [(one.row.service, one.row.conditions, one.row.via) for one in shown.allows] == [
        ("ec2", ("IpAddress aws:SourceIp 203.0.113.0/24",), ("group/crew policy/read",)),
        ("s3", ("IpAddress aws:SourceIp 203.0.113.0/24",), ("group/crew policy/read",)),
    ]
    assert [(one.row.service, one.row.resources, one.statement.sid) for one in shown.denies] == [("s3", (DATA,), "No")]
    assert (shown.boundary, shown.boundary_allows, shown.chains) == ("", (), ())


def test_a_literal_asterisk_is_told_as_the_policy_writes_it() -> None:
    literal = "arn:aws:s3:::data/${*}"
    shown = show(alice({**allow("s3:GetObject"), "Resource": literal}))
    assert [one.row.resources for one in shown.allows] == [(literal,)]


LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any], Limit]] = {
    "wider": (allow("s3:GetObject"), allow("s3:*"), Limit.NONE),
    "everything": (allow("s3:GetObject"), allow("*"), Limit.NONE),
    "equal": ({**allow("s3:GetObject"), "Resource": DATA}, {**allow("s3:GetObject"), "Resource": DATA}, Limit.NONE),
    "narrower actions": (allow("s3:*"), allow("s3:GetObject"), Limit.PART),
    "narrower resources": (allow("s3:GetObject"), {**allow("s3:*"), "Resource": DATA}, Limit.PART),
    "under a condition": (allow("s3:GetObject"), {**allow("s3:*"), **OFFICE}, Limit.PART),
    "all but some": (
        allow("s3:GetObject"), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, Limit.NONE,
    ),
    "all but it": (
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, allow("s3:*"), Limit.PART,
    ),
    "a literal asterisk of a wildcard": (
        {**allow("s3:GetObject"), "Resource": DATA}, {**allow("s3:*"), "Resource": "arn:aws:s3:::data/${*}"},
        Limit.PART,
    ),
    "another service": (allow("s3:GetObject"), allow("ec2:*"), Limit.ALL),
    "other resources": (
        {**allow("s3:GetObject"), "Resource": DATA}, {**allow("s3:*"), "Resource": "arn:aws:s3:::logs"}, Limit.ALL,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_the_boundary_leaves_all_a_part_or_nothing(name: str) -> None:
    held, limit, left = LIMITS[name]
    boundary = Policy("limit", document(limit))
    shown = show(alice(held, permissions_boundary=policy_arn("limit")), boundary)
    assert [one.limit for one in shown.allows] == [left]
    assert shown.boundary == "policy/limit"
    assert {one.statement.policy for one in shown.boundary_allows} == {"boundary policy/limit"}


def test_a_policy_of_unknown_content_is_told_as_such() -> None:
    (held,) = show(alice(policies=frozenset(["arn:aws:iam::aws:policy/job-function/Billing"]))).allows
    assert (held.row.unread, held.row.decided, held.statement.effect) == (("aws:job-function/Billing",), False, "")


def test_a_policy_of_unknown_content_may_allow_and_deny_and_each_is_told_in_its_place() -> None:
    """A plan file lacks the boundaries and groups that the plan does not change."""
    shown = show(alice(permissions_boundary=policy_arn("limit"), policies=frozenset([policy_arn("read")])))
    source = AccessSource((AccessSide("file", state([])),), ACCOUNT)
    lines = [line.strip() for line in render_permissions_text(source, [shown]).splitlines()]
    unknown = "whose content is not known  [at most]"
    assert lines[1:] == [
        "allows:",
        f"what policy/read allows, {unknown}  [the boundary may leave a part only]",
        "by policy/read",
        "denies:",
        f"what policy/limit denies, {unknown}",
        "by boundary policy/limit",
        f"what policy/read denies, {unknown}",
        "by policy/read",
        "boundary policy/limit allows at most:",
        f"what policy/limit allows, {unknown}",
        "by boundary policy/limit",
    ]


def test_roles_that_can_be_taken_stand_apart() -> None:
    shown = show(alice(), Role("app", document(trust("user/alice")), policies=frozenset([policy_arn("x")])))
    assert shown.allows == ()
    assert [one.roles for one in shown.chains] == [("role/app",)]
