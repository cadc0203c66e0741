"""Service and resource control policies: whom they bind, what they stop, and what they only limit."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import PolicySource, Principal, can_assume, evaluate, principals_of, targets_of
from reconciler.access.guardrail_stops import ServiceControls, find_assume_stops
from reconciler.access.policy_statements import IDENTITY, PolicyStatement
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Role, User
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.live import State
from reconciler.policy.canonical import canonical

ACCOUNT, IAM = "111122223333", "arn:aws:iam::111122223333"
ALICE, APP = Address("user", "alice"), Address("role", "app")
Statement = dict[str, Any]


def allow(action: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: Any, **more: Any) -> Statement:
    return {**allow(action, **more), "Effect": "Deny"}


def document(*statements: Statement) -> Document:
    return canonical({"Version": "2012-10-17", "Statement": list(statements)})


def level(kind: str, *policies: Document) -> tuple[GuardrailPolicy, ...]:
    return tuple(GuardrailPolicy(kind, f"{number}.json", one) for number, one in enumerate(policies, 1))


def account(*entities: Entity, **guardrails: Any) -> State:
    return State(ACCOUNT, "aws", {one.address: one for one in entities}, guardrails=Guardrails(**guardrails))


def alice(*statements: Statement) -> User:
    return User("alice", inline_policies={"own": document(*(statements or (allow(),)))})


def app(*names: str, path: str = "/") -> Role:
    trust = {"Effect": "Allow", "Principal": {"AWS": list(names) or [f"{IAM}:root"]}, "Action": "sts:AssumeRole"}
    return Role("app", document(trust), path=path, inline_policies={"own": document(allow())})


NO_USERS = (level("SCP", document(allow()), document(deny("iam:CreateUser"))),)


@pytest.mark.parametrize(
    ("levels", "decision"),
    [
        ([document(allow())], "allow"),
        ([document(allow("iam:*"))], "allow"),
        ([document(allow("s3:*"))], "deny"),
        ([document(deny("s3:*"))], "deny"),
        ([document(allow()), document(allow("s3:*"))], "deny"),
        ([document(allow(), deny("iam:Create*"))], "deny"),
        ([document(allow(), deny("*", Condition={"ArnLike": {"aws:PrincipalArn": f"{IAM}:user/bob"}}))], "allow"),
        ([document(allow(), deny("*", Condition={"StringEquals": {"aws:RequestedRegion": "x"}}))], "depends"),
    ],
)
def test_every_level_must_allow_and_none_may_deny(levels: list[Document], decision: str) -> None:
    state = account(alice(), scps=tuple(level("SCP", one) for one in levels))
    assert evaluate(principals_of(state)[ALICE], "iam:CreateUser", "*").decision == decision


def test_the_allows_of_one_level_join() -> None:
    joined = account(alice(), scps=(level("SCP", document(allow("s3:*")), document(allow("iam:*"))),))
    assert evaluate(principals_of(joined)[ALICE], "iam:CreateUser", "*").allowed


def test_service_linked_roles_and_the_management_account_are_not_bound() -> None:
    linked = app(path="/aws-service-role/ops.amazonaws.com/")
    assert evaluate(principals_of(account(linked, scps=NO_USERS))[APP], "iam:CreateUser", "*").allowed
    assert evaluate(principals_of(account(app(), scps=NO_USERS))[APP], "iam:CreateUser", "*").denied
    managing = account(alice(), app(), scps=NO_USERS, rcps=(level("RCP", CLOSED),), management=True)
    assert evaluate(principals_of(managing)[ALICE], "iam:CreateUser", "*").allowed
    assert can_assume(principals_of(managing)[ALICE], targets_of(managing)[APP]).allowed


CLOSED = document(deny("sts:AssumeRole", Principal="*", Resource=f"{IAM}:role/app"))


def test_a_service_control_stops_assuming_also_if_the_trust_names_the_caller() -> None:
    state = account(alice(), app(f"{IAM}:user/alice"), scps=(level("SCP", document(allow("s3:*"))),))
    caller, role = principals_of(state)[ALICE], targets_of(state)[APP]
    assert can_assume(caller, role).denied
    assert find_assume_stops(caller, role) == ("1.json",)
    assert can_assume(caller.without_guardrails, role.without_guardrails).allowed


def test_a_resource_control_stops_every_caller_of_the_role_that_it_means() -> None:
    state = account(alice(), app(), Role("other", app().trust_policy), rcps=(level("RCP", CLOSED),))
    caller, roles = principals_of(state)[ALICE], targets_of(state)
    assert find_assume_stops(caller, roles[APP]) == ("1.json",)
    assert can_assume(caller, roles[Address("role", "other")]).allowed
    service = Principal("ec2.amazonaws.com", "service", "")
    assert can_assume(service, roles[APP]).denied


@pytest.mark.parametrize(("organization", "decision"), [("o-1", "allow"), ("", "depends"), ("o-2", "deny")])
def test_the_organization_decides_about_its_own_principals(organization: str, decision: str) -> None:
    ours = deny("sts:*", Principal="*", Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})
    state = account(alice(), app(), rcps=(level("RCP", document(ours)),), organization=organization)
    assert can_assume(principals_of(state)[ALICE], targets_of(state)[APP]).decision == decision


EFFECTS: dict[str, tuple[list[Document], str, tuple[str, ...], tuple[str, ...]]] = {
    # name: (levels, pattern of actions, stopped by, limited by)
    "all is allowed": ([document(allow())], "s3:*", (), ()),
    "a Deny of all of it": ([document(allow(), deny("s3:*"))], "s3:getobject", ("SCP",), ()),
    "a Deny of all but others": (
        [document(allow(), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})], "s3:*", ("SCP",), (),
    ),
    "a Deny of all but it": (
        [document(allow(), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})], "s3:*", (), (),
    ),
    "a Deny of a part": ([document(allow(), deny("s3:Delete*"))], "s3:*", (), ("SCP",)),
    "a Deny of some resources": ([document(allow(), deny("s3:*", Resource="arn:aws:s3:::b"))], "s3:*", (), ("SCP",)),
    "a Deny with a condition": (
        [document(allow(), deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}}))], "s3:*", (), ("SCP",),
    ),
    "no Allow": ([document(allow("ec2:*"))], "s3:*", ("SCP",), ()),
    "an Allow of a part": ([document(allow("s3:Get*"))], "s3:*", (), ("SCP",)),
}  # fmt: skip


@pytest.mark.parametrize(("levels", "pattern", "stopped", "limited"), EFFECTS.values(), ids=list(EFFECTS))
def test_a_guardrail_stops_only_what_it_surely_stops(
    levels: list[Document], pattern: str, stopped: tuple[str, ...], limited: tuple[str, ...]
) -> None:
    controls = tuple((PolicySource(f"SCP {'SCP'}", one),) for one in levels)
    principal = Principal(f"{IAM}:user/alice", "user", ACCOUNT, service_controls=controls)
    effect = ServiceControls.of(principal).judge([PolicyStatement(IDENTITY, True, frozenset([pattern]))])
    assert (effect.stopped_by, effect.limited_by) == (stopped, limited)
