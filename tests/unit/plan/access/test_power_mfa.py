"""A way to administrator power is told as open with MFA exactly if it is closed without and open with it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.access_answers import AccessSide
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Role, User
from reconciler.plan.access.admin_ways import find_admin_ways
from tests.unit.plan.access.test_admin_powers import FULL, ROOT_ROLE, alice, on
from tests.unit.plan.access.test_delta import delta, trust
from tests.unit.render.plans import allow, document, state

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
OLD_MFA = {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "0"}}
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ALICE = Address("user", "alice")


def when(statement: dict[str, Any], *conditions: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Condition": {operator: test for one in conditions for operator, test in one.items()}}


KEYS, POLICIES = allow("iam:CreateAccessKey"), on("iam:UpdateAssumeRolePolicy", "role/ops/chief")
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}

WAYS: dict[str, tuple[Entity, str]] = {
    "on everything": (alice(when(KEYS, MFA)), ", with MFA"),
    "on everything, some time after the code": (alice(when(KEYS, OLD_MFA)), ", with MFA"),
    "on everything, and from the office": (alice(when(KEYS, MFA, OFFICE)), ", with MFA, depending on aws:SourceIp"),
    "on everything, without MFA only": (alice(when(KEYS, NO_MFA)), ", depending on aws:MultiFactorAuthPresent"),
    "on everything, with MFA or from the office": (
        alice(when(KEYS, MFA), when(KEYS, OFFICE)),
        ", depending on aws:MultiFactorAuthPresent, aws:SourceIp",
    ),
    "denied without MFA": (alice(KEYS, when(DENY, NO_MFA)), ", with MFA"),
    "over one role": (alice(when(POLICIES, MFA)), ", with MFA"),
    "over one role, some time after the code": (alice(when(POLICIES, OLD_MFA)), ", with MFA"),
    "over one role, and from the office": (alice(when(POLICIES, MFA, OFFICE)), ", with MFA, depending on aws:SourceIp"),
    "over one role, without MFA only": (alice(when(POLICIES, NO_MFA)), ", depending on aws:MultiFactorAuthPresent"),
    "over oneself": (alice(when(on("iam:PutUserPolicy", "user/alice"), MFA)), ", with MFA"),
}


@pytest.mark.parametrize(("after", "terms"), WAYS.values(), ids=list(WAYS))
def test_a_plan_and_access_paths_tell_the_same_terms(after: Entity, terms: str) -> None:
    (row,) = delta([ROOT_ROLE, alice()], [ROOT_ROLE, after]).powers_gained
    _, comma, told = row.reason.partition(",")
    assert f"{comma}{told}" == terms
    ((way,),) = [group.ways for group in find_admin_ways(AccessSide("after", state([ROOT_ROLE, after])), ALICE).ways]
    assert way.terms.mfa == ("with MFA" in terms)
    assert way.hops[0].terms == way.terms


@pytest.mark.parametrize("condition", [MFA, OLD_MFA])
def test_a_role_that_demands_mfa_is_assumed_with_mfa(condition: dict[str, Any]) -> None:
    bob = User("bob")
    admin = Role("admin", document(when(trust("user/bob"), condition)), policies=FULL)
    (row,) = (one for one in delta([bob], [bob, admin]).powers_gained if one.principal == "user/bob")
    assert row.reason == "user/bob → role/admin, with MFA"
