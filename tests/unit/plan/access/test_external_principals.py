"""Who outside the account a trust lets in: conditions that the principal's name decides are decided."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from reconciler.access import Principal, Target, make_external_principal, targets_of
from reconciler.access.role_assumption import evaluate_assumption, evaluate_trust
from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.live import State
from reconciler.model.role_access import RoleAccess
from reconciler.plan.access.external_principals import find_external_access
from tests.support.strategies import ACCOUNT
from tests.unit.render.plans import document, state

Test = dict[str, dict[str, str]]
"""A condition block: operator → key → value."""

OTHER = "210987654321"
ROOT, USER, ROLE = (f"arn:aws:iam::{OTHER}:{name}" for name in ("root", "user/x", "role/team/x"))
SESSION = f"arn:aws:sts::{OTHER}:assumed-role/x/run"
EC2 = "ec2.amazonaws.com"
APP = Address("role", "app")


def trust(name: str, effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    principal = {"Service": name} if name == EC2 else {"AWS": name}
    return {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}


def account(*statements: dict[str, Any], rcp: Test | None = None) -> State:
    """Return an account with one role. rcp: the condition of a Deny of everything over it."""
    made = state([Role("app", document(*statements))])
    if rcp is None:
        return made
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*", "Condition": rcp}
    return replace(made, guardrails=Guardrails(rcps=((GuardrailPolicy("RCP", "org/rcp.json", document(deny)),),)))


def find(made: State, *, includes_stopped: bool = False) -> RoleAccess | None:
    found = list(find_external_access(made, [APP], frozenset(), includes_stopped=includes_stopped).values())
    assert len(found) <= 1
    return found[0] if found else None


OURS = {"aws:PrincipalAccount": ACCOUNT}
THEIRS = {"aws:PrincipalAccount": OTHER}
OUR_ARNS = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:*"}
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}

ALLOWED: dict[str, tuple[str, Test, tuple[str, ...] | None]] = {
    "an account by its number": (ROOT, {"StringEquals": THEIRS}, ()),
    "an account by another number": (ROOT, {"StringEquals": OURS}, None),
    "a user by its account": (USER, {"StringEquals": THEIRS}, ()),
    "a user by its ARN": (USER, {"ArnEquals": {"aws:PrincipalArn": USER}}, ()),
    "a user by another ARN": (USER, {"ArnLike": OUR_ARNS}, None),
    "a role by its ARN with the path": (ROLE, {"StringLike": {"aws:PrincipalArn": "*:role/team/*"}}, ()),
    "a role by another path": (ROLE, {"StringLike": {"aws:PrincipalArn": "*:role/x"}}, None),
    "an account, by the ARN of somebody": (ROOT, {"StringLike": OUR_ARNS}, ("aws:principalarn",)),
    "a session by its account": (SESSION, {"StringEquals": OURS}, None),
    "a session by the ARN of its role": (SESSION, {"StringLike": OUR_ARNS}, ("aws:principalarn",)),
    "everyone": ("*", {"StringEquals": OURS}, ("aws:principalaccount",)),
    "a service that is one": (EC2, {"Bool": {"aws:PrincipalIsAWSService": "true"}}, ()),
    "an account that is none": (ROOT, {"Bool": {"aws:PrincipalIsAWSService": "true"}}, None),
    "its account, from a place": (USER, {"StringEquals": THEIRS, **OFFICE}, ("aws:sourceip",)),
    "another account, from a place": (USER, {"StringEquals": OURS, **OFFICE}, None),
}


@pytest.mark.parametrize(("name", "condition", "depends_on"), ALLOWED.values(), ids=list(ALLOWED))
def test_a_condition_that_the_name_decides_is_decided(
    name: str, condition: Test, depends_on: tuple[str, ...] | None
) -> None:
    access = find(account(trust(name, **condition)))
    assert (None if access is None else access.conditions) == depends_on


DENIED: dict[str, tuple[str, Test, bool, tuple[str, ...]]] = {
    "all but our account": (ROOT, {"StringNotEquals": OURS}, True, ()),
    "all but our account, a user": (USER, {"StringNotEquals": OURS}, True, ()),
    "all but our account, a session": (SESSION, {"StringNotEquals": OURS}, True, ()),
    "all but our ARNs, a user": (USER, {"StringNotLike": OUR_ARNS}, True, ()),
    "all but our ARNs, a role": (ROLE, {"ArnNotLike": OUR_ARNS}, True, ()),
    "all but our ARNs, an account": (ROOT, {"StringNotLike": OUR_ARNS}, False, ("aws:principalarn",)),
    "all but its account": (USER, {"StringNotEquals": THEIRS}, False, ()),
    "its account": (ROOT, {"StringEquals": THEIRS}, True, ()),
    "all but our account, and services": (
        EC2,
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "false"}},
        False,
        (),
    ),
    "all but our account, from elsewhere": (
        USER,
        {"StringNotEquals": OURS, "NotIpAddress": OFFICE["IpAddress"]},
        False,
        ("aws:sourceip",),
    ),
}


@pytest.mark.parametrize(("name", "condition", "refused", "depends_on"), DENIED.values(), ids=list(DENIED))
def test_a_deny_that_the_name_decides_refuses_or_does_not_count(
    name: str, condition: Test, refused: bool, depends_on: tuple[str, ...]
) -> None:
    of_trust = find(account(trust(name), trust("*", "Deny", **condition)))
    of_control = find(account(trust(name), rcp=condition))
    conditions = None if refused else depends_on
    for access in (of_trust, of_control):
        assert (None if access is None else access.conditions) == conditions
    marked = find(account(trust(name), rcp=condition), includes_stopped=True)
    assert marked is not None
    assert marked.stopped_by == (("org/rcp.json",) if refused else ())


def judge(name: str, target: Target) -> bool | None:
    """Return what the evaluator says of a principal that the trust names; None if it depends."""
    principal = Principal(name, "service", "") if name == EC2 else make_external_principal(name)
    context = principal.request_context.with_fallbacks(target.resource_context)
    verdict = evaluate_trust(evaluate_assumption(principal, target, "sts:AssumeRole", context))
    return verdict.allowed if verdict.allowed or verdict.denied else None


def build(name: str, place: str, condition: Test) -> State:
    """Return an account that lets somebody in, with a condition in one place."""
    if place == "allow":
        return account(trust(name, **condition))
    return (
        account(trust(name), rcp=condition) if place == "rcp" else account(trust(name), trust("*", "Deny", **condition))
    )


VALUES = [
    ("aws:PrincipalAccount", OTHER),
    ("aws:PrincipalAccount", "2*"),
    ("aws:PrincipalArn", USER),
    ("aws:PrincipalArn", f"arn:aws:iam::{OTHER}:role/*"),
    ("aws:PrincipalIsAWSService", "false"),
    ("aws:SourceIp", "203.0.113.7"),
]
OPERATORS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists", "ArnLike", "Null"]


@pytest.mark.parametrize("name", [ROOT, USER, ROLE, EC2])
def test_what_is_told_of_a_principal_outside_is_what_the_evaluator_decides(name: str) -> None:
    """Nobody is left out, or told to be free of conditions, against the evaluator."""
    for operator, (key, value), place in product(OPERATORS, VALUES, ("allow", "deny", "rcp")):
        made = build(name, place, {operator: {key: value}})
        access = find(made)
        told = None if access is not None and access.conditions else access is not None
        assert told == judge(name, targets_of(made)[APP]), (operator, key, value, place)
