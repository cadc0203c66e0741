"""An effect says what its call makes of an entity, and its inverse takes that back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.kinds.account import AccountAlias, AccountSetting, PasswordPolicy
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import Step
from tests.contract.test_kinds import SAMPLES
from tests.support.strategies import ACCOUNT

NOTHING = State(ACCOUNT, "aws", {})
CONTEXT = PlanContext(NOTHING, NOTHING)

WRITABLE = {name: sample for name, sample in SAMPLES.items() if not KINDS_BY_NAME[name].is_created_by_hand}
WRITABLE["user"] = replace(SAMPLES["user"], console=None)  # type: ignore[call-arg]  # no call makes a password

every_sample = pytest.mark.parametrize("sample", WRITABLE.values(), ids=WRITABLE.keys())


def steps_of(before: Entity | None, after: Entity | None) -> list[Step]:
    kind = KINDS_BY_NAME[(after or before).kind]  # type: ignore[union-attr]
    if before is None:
        return kind.create(after, CONTEXT)
    return kind.delete(before, CONTEXT) if after is None else kind.update(before, after, CONTEXT)


@every_sample
def test_the_effects_of_a_creation_make_the_entity_and_those_of_its_deletion_unmake_it(sample: Entity) -> None:
    entity: Entity | None = None
    for step in steps_of(None, sample):
        if step.effect.target == sample.address:
            entity = step.effect.apply(entity)
    assert entity == sample
    for step in steps_of(sample, None):
        if step.effect.target == sample.address:
            entity = step.effect.apply(entity)
    assert entity is None


@every_sample
def test_the_inverse_of_an_inverse_is_the_effect(sample: Entity) -> None:
    for step in (*steps_of(None, sample), *steps_of(sample, None)):
        for undo in step.effect.inverse():
            assert step.effect.operation in {again.operation for again in undo.inverse()}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, AccountAlias("alias", "new"), "DeleteAccountAlias"),
        (AccountAlias("alias", "old"), AccountAlias("alias", "new"), "CreateAccountAlias"),
        (None, PasswordPolicy("password-policy"), "DeleteAccountPasswordPolicy"),
        (
            PasswordPolicy("password-policy"),
            PasswordPolicy("password-policy", minimum_length=12),
            "UpdateAccountPasswordPolicy",
        ),
    ],
)
def test_a_setting_of_the_account_is_put_back_or_taken_off(
    before: AccountSetting | None, after: AccountSetting, expected: str
) -> None:
    (step,) = steps_of(before, after)
    assert [undo.operation for undo in step.effect.inverse()] == [expected]
