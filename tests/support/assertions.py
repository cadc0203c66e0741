"""Make accounts of a few lines and assertions about them, and tell who breaks an assertion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.desired.aws_names import AwsNames
from reconciler.model.assertions import Assertion, AssertionForm
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import State
from reconciler.model.problem import Place, Problem
from reconciler.plan.assertions.check import check_files
from reconciler.policy.canonical import canonical

ACCOUNT = "123456789012"
PLACE = Place("roles.yaml", 7, 5)
NAMES = AwsNames()

Statement = dict[str, Any]


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def when(operator: str, key: str, value: str | list[str]) -> dict[str, Any]:
    """Return a condition, as keyword argument of a statement."""
    return {"Condition": {operator: {key: value}}}


WITH_MFA = when("Bool", "aws:MultiFactorAuthPresent", "true")
IN_IRELAND = when("StringEquals", "aws:RequestedRegion", "eu-west-1")


def write(*statements: Statement) -> Document:
    return canonical({"Version": "2012-10-17", "Statement": list(statements)})


def arn(address: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{address}"


def user(name: str, *statements: Statement, groups: Iterable[str] = (), **more: Any) -> User:
    inline = {"own": write(*statements)} if statements else {}
    return User(name, inline_policies=inline, groups=frozenset(Group(one).address for one in groups), **more)


def group(name: str, *statements: Statement) -> Group:
    return Group(name, inline_policies={"own": write(*statements)} if statements else {})


def trust(*principals: str, **more: Any) -> Statement:
    """Return a statement that lets in addresses, ARNs, services and `*`."""
    named: dict[str, list[str]] = {}
    for one in principals:
        kind = "Service" if one.endswith(".amazonaws.com") else "AWS"
        named.setdefault(kind, []).append(arn(one) if "/" in one and not one.startswith("arn:") else one)
    return {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole", **more}


def role(name: str, trusts: list[Statement], *statements: Statement, **more: Any) -> Role:
    inline = {"own": write(*statements)} if statements else {}
    return Role(name, write(*trusts), inline_policies=inline, **more)


def policy(name: str, *statements: Statement) -> Policy:
    return Policy(name, write(*statements))


def make_state(entities: Iterable[Entity]) -> State:
    return State(ACCOUNT, "aws", {entity.address: entity for entity in entities})


def make_assertion(form: AssertionForm, values: str | list[str], who: str | list[str] = "*", **more: Any) -> Assertion:
    """Return an assertion. values: its actions; of ENTRANTS, those who may assume the roles `on`."""
    texts = tuple([values] if isinstance(values, str) else values)
    on = more.pop("on", "*")
    resources = (on,) if isinstance(on, str) else tuple(on)
    if form is AssertionForm.ENTRANTS:
        return Assertion("it", form, PLACE, outside=texts, resources=resources, **more)
    patterns = tuple([who] if isinstance(who, str) else who)
    actions = tuple(map(str.lower, texts))
    outside = tuple(more.pop("outside", ()))
    return Assertion("it", form, PLACE, patterns, outside, actions, resources, **more)


def cannot(actions: str | list[str], who: str | list[str] = "*", **more: Any) -> Assertion:
    return make_assertion(AssertionForm.CANNOT, actions, who, **more)


def can(actions: str | list[str], who: str | list[str] = "*", **more: Any) -> Assertion:
    return make_assertion(AssertionForm.CAN, actions, who, **more)


def only_by(role_name: str, *entrants: str, **more: Any) -> Assertion:
    return make_assertion(AssertionForm.ENTRANTS, list(entrants), on=role_name, **more)


def make_desired(entities: Iterable[Entity], *assertions: Assertion) -> Desired:
    state = make_state(entities)
    return Desired(
        state, None, Settings(), dict.fromkeys(state.entities, Declaration(PLACE)), {}, assertions=assertions
    )


def check(entities: Iterable[Entity], *assertions: Assertion, allowed: Iterable[str] = ()) -> list[Problem]:
    return check_files(make_desired(entities, *assertions), NAMES, frozenset(allowed))


def find_breakers(entities: Iterable[Entity], assertion: Assertion) -> Mapping[str, str]:
    """Return who breaks an assertion → `fails` or `depends`."""
    words = {"assertion-failed": "fails", "assertion-depends": "depends"}
    problems = check(entities, assertion)
    return {
        str(address): words[problem.code]
        for problem in problems
        for address in (problem.addresses or [problem.address])
        if problem.code in words and address
    }
