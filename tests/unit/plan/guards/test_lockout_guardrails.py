"""Guardrails neither hide a lockout nor keep one from being found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, User
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.live import LiveDetails, State
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from tests.support.lockouts import ME, OWNER_TAGS, allow, deny, document
from tests.support.strategies import ACCOUNT, PLACE

IAM_RIGHTS = document(allow("iam:*"))


def me(**documents: Document) -> User:
    return User("me", inline_policies=documents, tags=OWNER_TAGS)


def over(*statements: dict[str, Any]) -> Guardrails:
    return Guardrails(((GuardrailPolicy("SCP", "org/root.json", document(allow("*"), *statements)),),))


def is_refused(live: list[Entity], wanted: list[Entity], guardrails: Guardrails | None) -> bool:
    def state(entities: list[Entity]) -> State:
        return State(ACCOUNT, "aws", {one.address: one for one in entities}, LiveDetails(caller=ME))

    declarations = {one.address: Declaration(PLACE) for one in wanted}
    desired = Desired(replace(state(wanted), guardrails=guardrails), "team", Settings(), declarations, {})
    return any(one.code == "lockout" for one in build_plan(desired, state(live), PlanOptions()).findings)


CASES = {
    # name: (live, wanted, guardrails, refused)
    "rights that stay": ([me(a=IAM_RIGHTS)], [me(a=IAM_RIGHTS, b=IAM_RIGHTS)], over(), False),
    "rights that go": ([me(a=IAM_RIGHTS)], [me()], over(), True),
    "rights that go, behind a guardrail that denies them": ([me(a=IAM_RIGHTS)], [me()], over(deny("iam:*")), True),
    "rights that a guardrail denies before and after": (
        [me(a=IAM_RIGHTS)], [me(a=IAM_RIGHTS, b=IAM_RIGHTS)], over(deny("iam:*")), False,
    ),
    "a tag that puts the caller under a guardrail": (
        [me(a=IAM_RIGHTS)],
        [replace(me(a=IAM_RIGHTS), tags={**OWNER_TAGS, "team": "red"})],
        over(deny("iam:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})),
        True,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("live", "wanted", "guardrails", "refused"), CASES.values(), ids=list(CASES))
def test_a_lockout_is_found_with_and_without_the_guardrails(
    live: list[Entity], wanted: list[Entity], guardrails: Guardrails, refused: bool
) -> None:
    assert is_refused(live, wanted, guardrails) is refused
