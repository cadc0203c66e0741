"""A user that ends: whom that locks out, and what it takes. The Deny is the inline policy that `expires` makes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Place
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.document_expiry import build_denial

ACCOUNT = "123456789012"
NOW, FAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
ADMIN = frozenset(["arn:aws:iam::aws:policy/AdministratorAccess"])
TAGS = {"reconcile:owner": "platform"}


def make_plan(who: str, end: datetime | None) -> Plan:
    """`me` runs a plan that ends one of two administrators; end None: it is over."""
    before = {name: User(name, policies=ADMIN, tags=TAGS) for name in ("me", "sam")}
    ending = User(who, policies=ADMIN, tags=TAGS, inline_policies={"reconcile-expires": build_denial(end, "aws")})
    live = State(ACCOUNT, "aws", {one.address: one for one in before.values()}, LiveDetails(caller=f"{ARN}:user/me"))
    wanted = {one.address: one for one in (before | {who: ending}).values()}
    declarations = {address: Declaration(Place("roles.yaml", 1, 1)) for address in wanted}
    desired = Desired(State(ACCOUNT, "aws", wanted), "platform", Settings(), declarations, {}, now=NOW)
    return build_plan(desired, live, PlanOptions())


ARN = f"arn:aws:iam::{ACCOUNT}"


@pytest.mark.parametrize("end", [FAR, None], ids=["ahead", "over"])
def test_an_end_of_the_caller_is_a_lockout(end: datetime | None) -> None:
    assert [finding.code for finding in make_plan("me", end).findings] == ["lockout"]


def test_an_end_ahead_takes_nothing_yet_from_another_administrator() -> None:
    plan = make_plan("sam", FAR)
    assert (plan.is_safe, plan.findings, plan.access.powers_lost) == (True, (), ())
    assert [step.call.operation for step in plan.steps] == ["PutUserPolicy"]


def test_an_end_that_is_over_takes_administrator_power() -> None:
    plan = make_plan("sam", None)
    assert plan.is_safe
    assert {one.principal for one in plan.access.powers_lost} == {"user/sam"}
