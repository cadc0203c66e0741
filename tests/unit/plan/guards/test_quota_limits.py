"""Quotas are those that the account says, else AWS's defaults per kind: what is asked, refused and warned of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.registry import PER_ACCOUNT
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level
from reconciler.plan.build import build_plan
from reconciler.plan.compare.comparison import compare
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, PLACE, policy_arn

MINE = {"reconcile:owner": "me"}


def trust(size: int = 0) -> Document:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    body = {"Version": "2012-10-17", "Statement": statement}
    missing = size - len(canonical(body).text)
    return canonical(body if missing <= 0 else {**body, "Statement": {"Sid": "x" * (missing - 9), **statement}})


def list_names(number: int) -> list[str]:
    return [f"p{index:02}" for index in range(number)]


def holder(kind: str, names: Sequence[str]) -> Entity:
    policies = frozenset(map(policy_arn, names))
    if kind == "user":
        return User("h", policies=policies, tags=MINE)
    return Group("h", policies=policies) if kind == "group" else Role("h", trust(), policies=policies, tags=MINE)


def both(live: list[Entity], wanted: list[Entity], facts: LiveDetails) -> tuple[Desired, State]:
    entities = {entity.address: entity for entity in wanted}
    declared = dict.fromkeys(entities, Declaration(PLACE))
    desired = Desired(State(ACCOUNT, "aws", entities), "me", Settings("none"), declared, {})
    return desired, State(ACCOUNT, "aws", {entity.address: entity for entity in live}, facts)


def make_plan(live: list[Entity], wanted: list[Entity], facts: LiveDetails) -> Plan:
    return build_plan(*both(live, wanted, facts), PlanOptions())


def policies(number: int) -> list[Entity]:
    content = canonical({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}})
    return [Policy(name, content, tags=MINE) for name in list_names(number)]


@pytest.mark.parametrize(
    ("kind", "number", "quotas", "first"),
    [
        ("user", 9, {}, "Attach"),
        ("user", 10, {}, "Detach"),
        ("user", 10, {"AttachedPoliciesPerUserQuota": 20}, "Attach"),
        ("group", 9, {}, "Attach"),
        ("group", 10, {}, "Detach"),
        ("role", 10, {}, "Attach"),
        ("role", 19, {}, "Attach"),
        ("role", 20, {}, "Detach"),
        ("role", 20, {"AttachedPoliciesPerRoleQuota": 25}, "Attach"),
        ("role", 10, {"AttachedPoliciesPerRoleQuota": 10}, "Detach"),
    ],
)
def test_nothing_is_detached_early_if_there_is_room(kind: str, number: int, quotas: dict[str, int], first: str) -> None:
    old, new = list_names(number), [*list_names(number + 1)[1:]]
    plan = make_plan(
        [*policies(number + 1), holder(kind, old)],
        [*policies(number + 1), holder(kind, new)],
        LiveDetails(quotas=quotas),
    )
    assert len(plan.steps) == 2 and plan.steps[0].call.operation.startswith(first)
    assert ("quota-order" in [finding.code for finding in plan.findings]) == (first == "Detach")


@pytest.mark.parametrize(
    ("kind", "before", "after", "asked"),
    [
        ("user", 9, 10, False),
        ("user", 10, 11, True),
        ("role", 9, 10, False),
        ("role", 10, 11, True),  # an account from before the default of 20 may have 10
        ("role", 15, 16, True),
        ("group", 10, 9, False),
    ],
)
def test_the_account_is_asked_if_not_every_account_has_so_many(kind: str, before: int, after: int, asked: bool) -> None:
    held = policies(20)
    sides = [[*held, holder(kind, list_names(number))] for number in (before, after)]
    assert find_followup_reads(compare(*both(*sides, LiveDetails()))).quotas is asked
    assert find_followup_reads(compare(*both(*sides, LiveDetails(quotas={})))).quotas is False


@pytest.mark.parametrize(
    ("kind", "number", "quotas", "refused"),
    [
        ("role", 20, {"AttachedPoliciesPerRoleQuota": 20}, False),
        ("role", 21, {"AttachedPoliciesPerRoleQuota": 20}, True),
        ("role", 11, {"AttachedPoliciesPerRoleQuota": 10}, True),
        ("role", 21, {"AttachedPoliciesPerRoleQuota": 25}, False),
        ("user", 11, {"AttachedPoliciesPerUserQuota": 10}, True),
        ("user", 11, {"AttachedPoliciesPerUserQuota": 20}, False),
        ("user", 11, {}, False),  # asked, and not allowed to know: nobody says that it is too many
    ],
)
def test_more_than_the_accounts_own_quota_is_refused(
    kind: str, number: int, quotas: dict[str, int], refused: bool
) -> None:
    plan = make_plan(
        [*policies(25), holder(kind, [])], [*policies(25), holder(kind, list_names(number))], LiveDetails(quotas=quotas)
    )
    assert [finding.code for finding in plan.findings if finding.level is Level.ERROR] == ["past-quota"] * refused


@pytest.mark.parametrize(
    ("size", "quota", "asked", "refused"),
    [(2048, 2048, False, False), (2049, 2048, True, True), (2049, 4096, True, False), (2049, None, True, False)],
)
def test_a_trust_is_as_long_as_the_account_allows(size: int, quota: int | None, asked: bool, refused: bool) -> None:
    live, wanted = [Role("r", trust(), tags=MINE)], [Role("r", trust(size), tags=MINE)]
    assert len(wanted[0].trust_policy.text) == size
    facts = LiveDetails(quotas={"AssumeRolePolicySizeQuota": quota} if quota else {})
    assert find_followup_reads(compare(*both([*live], [*wanted], LiveDetails()))).quotas is asked
    found = [finding.code for finding in make_plan([*live], [*wanted], facts).findings if finding.level is Level.ERROR]
    assert found == ["past-quota"] * refused


def test_a_long_trust_that_stays_as_it_is_is_not_refused() -> None:
    live, wanted = Role("r", trust(3000), tags=MINE), Role("r", trust(3000), description="new", tags=MINE)
    plan = make_plan([live], [wanted], LiveDetails(quotas={"AssumeRolePolicySizeQuota": 2048}))
    assert not plan.findings


MAKE = {
    "role": lambda index: Role(f"r{index}", trust(), tags=MINE),
    "policy": lambda index: Policy(f"p{index}", canonical("{}"), tags=MINE),
    "instance-profile": lambda index: InstanceProfile(f"i{index}", tags=MINE),
    "user": lambda index: User(f"u{index}", tags=MINE),
    "group": lambda index: Group(f"g{index}"),
    "oidc-provider": lambda index: OidcProvider(f"x{index}.example.com", tags=MINE),
}


@pytest.mark.parametrize("kind", MAKE)
def test_one_entity_more_than_the_account_may_have_is_a_warning(kind: str) -> None:
    most = PER_ACCOUNT[kind].default
    live: list[Entity] = [MAKE[kind](index) for index in range(most)]
    summary = PER_ACCOUNT[kind].summary_key
    facts = LiveDetails(quotas={summary: most} if summary else {})
    plan = make_plan(live, [*live, MAKE[kind](most)], facts)
    (found,) = [finding for finding in plan.findings if finding.code == "past-account-quota"]
    assert found.level is Level.WARNING and f"{most + 1} entities of the kind {kind}" in found.summary
    assert PER_ACCOUNT[kind].limit_name in found.detail
    assert find_followup_reads(compare(*both(live, [*live, MAKE[kind](most)], LiveDetails()))).quotas
    changed = make_plan(live, live[:-1], facts)
    assert "past-account-quota" not in [finding.code for finding in changed.findings]


@pytest.mark.parametrize(
    ("quotas", "warned"),
    [
        ({"RolesQuota": 1000, "Roles": 1000}, True),
        ({"RolesQuota": 1000, "Roles": 990}, False),  # AWS's own count wins
        ({"RolesQuota": 5000, "Roles": 1000}, False),
        ({}, False),
    ],
)
def test_the_accounts_own_quota_and_count_decide(quotas: dict[str, int], warned: bool) -> None:
    live: list[Entity] = [MAKE["role"](index) for index in range(1000)]
    plan = make_plan(live, [*live, MAKE["role"](1000)], LiveDetails(quotas=quotas))
    assert ("past-account-quota" in [finding.code for finding in plan.findings]) is warned


def test_below_the_default_nobody_is_asked() -> None:
    live: list[Entity] = [MAKE["role"](index) for index in range(999)]
    assert not find_followup_reads(compare(*both(live, [*live, MAKE["role"](999)], LiveDetails()))).quotas
    assert Address("role", "r0") == live[0].address
