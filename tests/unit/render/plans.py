"""One plan with a bit of everything, made by the planner itself, for the tests of every rendering."""

from __future__ import annotations

from typing import Any

from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, PLACE

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/reader"
MINE = {"reconcile:owner": "me"}


def document(*statements: dict[str, Any]) -> Any:
    return canonical({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **rest}


TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})

LIVE: list[Entity] = [
    Policy("reader", document(allow("s3:GetObject", Sid="Read"), allow("a:b", "a:c")), "/", "", MINE),
    User("alice", policies=frozenset([READ_ONLY]), tags={**MINE, "team": "a"}),
    User("old", policies=frozenset([READ_ONLY]), tags=MINE),
    Role("app", TRUST, description="Old", tags={}),
    Group("crew", path="/me/"),
]
WANTED: list[Entity] = [
    Policy("reader", document(allow("s3:GetObject", "s3:ListBucket", Sid="Read")), "/", None, MINE),
    User("alice", policies=frozenset([OWN]), tags={**MINE, "team": "b"}),
    Role("app", TRUST, description="", max_session_duration=7200, tags=MINE),
    Role("new", TRUST, tags=MINE),
    Group("crew", path="/me/"),
]


def state(entities: list[Entity]) -> State:
    facts = LiveDetails(external_policies={READ_ONLY: True})
    return State(ACCOUNT, "aws", {entity.address: entity for entity in entities}, facts)


def plan(live: list[Entity], wanted: list[Entity], owner: str | None = "me", **settings: Any) -> Plan:
    declarations = {entity.address: Declaration(PLACE) for entity in wanted}
    return build_plan(Desired(state(wanted), owner, Settings(**settings), declarations, {}), state(live), PlanOptions())


def plan_everything() -> Plan:
    return plan(LIVE, WANTED)


def of_address(made: Plan, text: str) -> Any:
    return next(change for change in made.changes if change.address == Address.parse(text))
