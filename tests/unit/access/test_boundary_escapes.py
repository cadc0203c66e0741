"""Whoever may lift its own boundary has a way to what the boundary holds back."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import Grade, Principal, find_powers
from reconciler.access.powers import find_powers_of_all
from tests.unit.access.test_powers import IAM, A, says, source

BOUND = f"{IAM}:policy/bound"
EVERYTHING = says("Allow")


def principal(
    kind: str, boundary: dict[str, Any], *own: dict[str, Any], name: str = "x", label: str = BOUND
) -> Principal:
    limit = source(says("Allow", "s3:*"), boundary, label=label)
    return Principal(f"{IAM}:{kind}/{name}", kind, A, (source(*own or (EVERYTHING,)),), boundary=limit)


def escapes(one: Principal) -> list[tuple[str, tuple[str, ...], str]]:
    found = find_powers(one)
    listed = [
        power for power in found if power.path and power.path.escapes_boundary and power.grade is Grade.ESCALATION
    ]
    return [(power.name, power.own_targets, str(power.verdict.decision)) for power in listed]


WAYS: dict[str, tuple[str, str, str]] = {
    "a user removes it": ("user", "iam:DeleteUserPermissionsBoundary", f"{IAM}:user/x"),
    "a user replaces it": ("user", "iam:PutUserPermissionsBoundary", f"{IAM}:user/x"),
    "a role removes it": ("role", "iam:DeleteRolePermissionsBoundary", f"{IAM}:role/x"),
    "a role replaces it": ("role", "iam:PutRolePermissionsBoundary", f"{IAM}:role/x"),
    "somebody writes it": ("user", "iam:CreatePolicyVersion", BOUND),
    "somebody takes an older version": ("role", "iam:SetDefaultPolicyVersion", BOUND),
}


@pytest.mark.parametrize(("kind", "action", "target"), WAYS.values(), ids=list(WAYS))
def test_lifting_ones_own_boundary_is_a_way_to_what_it_holds_back(kind: str, action: str, target: str) -> None:
    assert escapes(principal(kind, says("Allow", action, target))) == [(action, (target,), "allow")]
    harmless = says("Allow", [action, "s3:*"], [target, "arn:aws:s3:::*"])
    assert escapes(principal(kind, says("Allow", action, target), harmless)) == []
    assert escapes(principal(kind, says("Allow", action, f"{target}-other"))) == []
    assert escapes(principal(kind, says("Allow", action, target), EVERYTHING, says("Deny", action))) == []


def test_a_boundary_that_must_stay_the_same_is_no_way() -> None:
    same = {"StringEquals": {"iam:PermissionsBoundary": BOUND}}
    assert escapes(principal("user", says("Allow", "iam:PutUserPermissionsBoundary", **same))) == []


def test_a_condition_on_lifting_the_boundary_is_told() -> None:
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    (found,) = escapes(principal("user", says("Allow", "iam:DeleteUserPermissionsBoundary", **office)))
    assert found[2] == "depends"


def test_a_boundary_of_aws_cannot_be_written() -> None:
    writes = says("Allow", ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"])
    one = principal("user", writes, label="arn:aws:iam::aws:policy/job-function/Billing")
    assert escapes(one) == []


def test_an_administrator_within_its_boundary_needs_no_escape() -> None:
    assert escapes(principal("user", EVERYTHING)) == []


def test_principals_with_equal_policies_each_lift_their_own_boundary() -> None:
    own = says("Allow", "iam:DeleteUserPermissionsBoundary", f"{IAM}:user/alice")
    both = [principal("user", own, name=name) for name in ("alice", "bob")]
    ways = {one.arn: [power.name for power in powers] for one, powers in find_powers_of_all(both)}
    assert ways == {f"{IAM}:user/alice": ["iam:DeleteUserPermissionsBoundary"], f"{IAM}:user/bob": []}
