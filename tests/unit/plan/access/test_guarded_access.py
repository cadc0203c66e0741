"""A plan marks what guardrails stop, and judges its risk as if there were none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.access import principals_of
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import Entity, Role, User
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.plan import Plan
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.saved_plan import read_saved_plan, to_saved_section
from reconciler.plan.saved.shown_plan import restore_plan
from reconciler.render.plan_json import plan_to_dict
from reconciler.render.plan_text import IAM_ONLY, render_plan_text
from tests.support.strategies import ACCOUNT, PLACE
from tests.unit.render.plans import MINE, allow, document, state

Statement = dict[str, Any]
IAM = f"arn:aws:iam::{ACCOUNT}"
OTHER = "arn:aws:iam::210987654321:root"
EVERYTHING = allow("*")


def deny(action: Any, **more: Any) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def over(*statements: Statement, rcps: tuple[Statement, ...] = ()) -> Guardrails:
    def level(kind: str, listed: tuple[Statement, ...]) -> tuple[tuple[GuardrailPolicy, ...], ...]:
        return ((GuardrailPolicy(kind, f"org/{kind.lower()}.json", document(*listed)),),) if listed else ()

    return Guardrails(level("SCP", (EVERYTHING, *statements) if statements else ()), level("RCP", rcps))


def plan(live: list[Entity], wanted: list[Entity], guardrails: Guardrails | None, **options: Any) -> Plan:
    declarations = {entity.address: Declaration(PLACE) for entity in wanted}
    desired = Desired(replace(state(wanted), guardrails=guardrails), "me", Settings(), declarations, {})
    return build_plan(desired, state(live), PlanOptions(**options))


def user(name: str, *statements: Statement) -> User:
    inline = {"p": document(*statements)} if statements else {}
    return User(name, inline_policies=inline, tags=MINE)


def role(*principals: str) -> Role:
    trust = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole"}
    return Role("app", document(trust), tags=MINE)


GRANTED = [user("a", allow("iam:CreateUser"), allow("ec2:RunInstances")), user("b", allow("s3:GetObject"))]
BEFORE = [user("a"), user("b")]
NO_IAM = over(deny("iam:*"), deny("ec2:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}))


def test_a_row_says_which_guardrail_stops_or_limits_it() -> None:
    rows = plan(BEFORE, GRANTED, NO_IAM).access.permissions.gained
    marks = {row.patterns[0].pattern.lower(): (row.stopped_by, row.limited_by) for row in rows}
    assert marks == {
        "iam:createuser": (("org/scp.json",), ()),
        "ec2:runinstances": ((), ("org/scp.json",)),
        "s3:getobject": ((), ()),
    }


@pytest.mark.parametrize("guardrails", [NO_IAM, over(deny("*")), over(rcps=(deny("sts:*", Principal="*"),))])
def test_risk_is_judged_as_if_there_were_no_guardrails(guardrails: Guardrails) -> None:
    wanted = [*GRANTED, role(f"{IAM}:user/a", OTHER)]
    without, within = (plan(BEFORE, wanted, one) for one in (None, guardrails))
    assert without.risk.level == "high"
    assert {(one.code, one.address) for one in within.risk.reasons} == {
        (one.code, one.address) for one in without.risk.reasons
    }
    refused = plan(BEFORE, wanted, guardrails, refuse_widening=True)
    assert [finding.code for finding in refused.findings if finding.code == "widens-access"]


def test_a_role_that_a_guardrail_closes_is_told_with_it() -> None:
    wanted = [*BEFORE, role(f"{IAM}:user/a", OTHER)]
    closed = plan(BEFORE, wanted, over(rcps=(deny("sts:AssumeRole", Principal="*"),)))
    assert {(pair.principal, pair.stopped_by) for pair in closed.access.gained} == {
        ("user/a", ("org/rcp.json",)),
        (OTHER, ("org/rcp.json",)),
    }
    bound = deny("sts:*", Condition={"ArnEquals": {"aws:PrincipalArn": f"{IAM}:user/a"}})
    stopped = plan(BEFORE, [*BEFORE, role(f"{IAM}:user/a", f"{IAM}:user/b")], over(bound))
    assert {(pair.principal, pair.stopped_by) for pair in stopped.access.gained} == {
        ("user/a", ("org/scp.json",)),
        ("user/b", ()),
    }
    assert "user/a may assume role/app (stopped by org/scp.json)" in render_plan_text(stopped)


def test_a_way_to_power_says_if_a_guardrail_stops_one_of_its_actions() -> None:
    wanted = [user("a", allow("iam:CreatePolicyVersion"))]
    (power,) = plan([user("a")], wanted, NO_IAM).access.powers_gained
    assert (power.path, power.stopped_by) == ("iam-001", ("org/scp.json",))


def test_a_tag_that_takes_a_principal_out_of_a_guardrail_is_a_change_that_widens() -> None:
    """The only way in which a plan itself changes what a guardrail stops."""
    exempt = {"StringNotEquals": {"aws:PrincipalTag/team": "core"}}
    live = [user("a"), role(f"{IAM}:user/a")]
    wanted = [replace(user("a"), tags={**MINE, "team": "core"}), role(f"{IAM}:user/a")]
    guardrails = over(deny("sts:*", Condition=exempt))
    there, back = plan(live, wanted, guardrails), plan(wanted, live, guardrails)
    ((before, after),) = there.access.changed
    assert (before.stopped_by, after.stopped_by) == (("org/scp.json",), ())
    assert there.risk.widens
    assert not back.risk.widens


@pytest.mark.parametrize(("guardrails", "said"), [(None, True), (NO_IAM, False), (Guardrails(management=True), False)])
def test_a_plan_without_guardrails_says_once_that_it_goes_as_far_as_iam_goes(
    guardrails: Guardrails | None, said: bool
) -> None:
    text = render_plan_text(plan(BEFORE, GRANTED, guardrails))
    assert text.count(IAM_ONLY.strip()) == int(said)


def test_a_saved_plan_keeps_the_guardrails_and_the_marks() -> None:
    made = plan(BEFORE, GRANTED, NO_IAM)
    document = {**plan_to_dict(made), "saved": to_saved_section(made)}
    saved = read_saved_plan(document)
    assert saved.guardrails == NO_IAM
    shown = restore_plan(document, saved)
    assert (shown.guardrails, shown.access.permissions) == (NO_IAM, made.access.permissions)


def test_the_account_after_a_plan_is_asked_with_its_guardrails() -> None:
    made = plan(BEFORE, GRANTED, NO_IAM)
    assert made.after is not None
    assert principals_of(made.after)[Address("user", "a")].service_controls


def test_principals_that_a_guardrail_binds_to_the_same_effect_stay_in_one_row() -> None:
    """Each has its own name filled in, so each is bound by a statement of its own."""
    own = deny("iam:*", Resource="arn:aws:iam::*:user/${aws:username}")
    live = [user(name) for name in "abc"]
    wanted = [user(name, allow("iam:GetUser")) for name in "abc"]
    (row,) = plan(live, wanted, over(own)).access.permissions.gained
    assert (row.principals, row.limited_by) == (("user/a", "user/b", "user/c"), ("org/scp.json",))
