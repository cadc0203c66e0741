"""Users that change their path: the trusts that name them follow by themselves, and are not changes."""

from __future__ import annotations

import json

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import Role, User
from reconciler.model.live import State
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.fake_iam import FakeIam
from tests.support.strategies import ACCOUNT, PLACE

ALICE = Address("user", "alice")
APP = Address("role", "app")


def trust(*paths: str) -> Role:
    named = [f"arn:aws:iam::{ACCOUNT}:user{path}alice" for path in paths]
    statement = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole"}
    return Role("app", canonical({"Version": "2012-10-17", "Statement": [statement]}))


def state(path: str, role: Role) -> State:
    return State(ACCOUNT, "aws", {ALICE: User("alice", path), APP: role})


def make_desired(path: str, role: Role, *ignored: str) -> Desired:
    declarations = {ALICE: Declaration(PLACE), APP: Declaration(PLACE, ignore_changes=ignored)}
    return Desired(state(path, role), None, Settings(prune="none"), declarations, {})


@pytest.mark.parametrize("ignored", [(), ("trust",), ("trust_policy",), ("description",)])
def test_a_user_that_moves_is_the_only_change(ignored: tuple[str, ...]) -> None:
    live = state("/", trust("/"))
    plan = build_plan(make_desired("/eng/", trust("/eng/"), *ignored), live, PlanOptions())
    assert plan.is_safe
    assert [step.call.operation for step in plan.steps] == ["UpdateUser"]
    iam = FakeIam.of(live)
    for step in plan.steps:
        iam.run_call(step.call)
    assert build_plan(make_desired("/eng/", trust("/eng/"), *ignored), iam.read_state(), PlanOptions()).changes == ()


def test_a_trust_that_changes_as_well_waits_for_the_move() -> None:
    live = state("/", trust("/"))
    wanted = trust("/eng/")
    more = json.loads(wanted.trust_policy.text)
    service = {"Service": "ec2.amazonaws.com"}
    more["Statement"].append({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})
    plan = build_plan(make_desired("/eng/", Role("app", canonical(more))), live, PlanOptions())
    assert [step.call.operation for step in plan.steps] == ["UpdateUser", "UpdateAssumeRolePolicy"]
    iam = FakeIam.of(live)
    for step in plan.steps:
        iam.run_call(step.call)


def test_a_trust_that_keeps_the_old_path_is_refused_before_anything_is_written() -> None:
    """The ARN names nobody once the user has moved."""
    plan = build_plan(make_desired("/eng/", trust("/")), state("/", trust("/")), PlanOptions())
    assert not plan.is_safe
