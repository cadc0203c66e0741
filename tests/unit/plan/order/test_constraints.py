"""A grant is given before the one that it replaces is taken: the cases that random pairs of states seldom meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Step
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, AWS_POLICIES, PLACE, policy_arn

READ_ONLY = AWS_POLICIES[0]


def document(*actions: str, size: int = 0, deny: str = "") -> Document:
    """Allow the actions one by one (and deny one), padded to at least `size` characters."""
    body: list[dict[str, Any]] = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]
    if deny:
        body.append({"Effect": "Deny", "Action": deny, "Resource": "*"})
    body.append({"Effect": "Deny", "Action": "x:pad", "Resource": f"arn:aws:s3:::{'x' * size}"}) if size else None
    return canonical({"Version": "2012-10-17", "Statement": body})


def steps(live: list[Entity], wanted: list[Entity], quotas: Mapping[str, int] | None = None) -> list[Step]:
    def by_address(entities: list[Entity]) -> dict[Address, Entity]:
        return {entity.address: entity for entity in entities}

    declarations = {entity.address: Declaration(PLACE) for entity in wanted}
    facts = LiveDetails(quotas=quotas or {}, external_policies=dict.fromkeys(AWS_POLICIES, True))
    desired = Desired(State(ACCOUNT, "aws", by_address(wanted)), None, Settings(prune="none"), declarations, {})
    plan = build_plan(desired, State(ACCOUNT, "aws", by_address(live), facts), PlanOptions())
    assert plan.is_safe, plan.findings
    return list(plan.steps)


def describe_steps(found: list[Step]) -> list[str]:
    return [f"{step.address} {step.call.operation}" for step in found]


G1, G2 = Address("group", "g1"), Address("group", "g2")
P, Q = policy_arn("p"), policy_arn("q")


def test_a_policy_is_attached_before_the_one_it_replaces_comes_off() -> None:
    policies: list[Entity] = [Policy("p", document("a:1")), Policy("q", document("a:1"))]
    before, after = User("u", policies=frozenset([P])), User("u", policies=frozenset([Q]))
    assert describe_steps(steps([*policies, before], [*policies, after])) == [
        "user/u AttachUserPolicy",
        "user/u DetachUserPolicy",
    ]


def test_a_group_is_joined_before_the_other_is_left() -> None:
    groups: list[Entity] = [
        Group("g1", inline_policies={"i": document("a:1")}),
        Group("g2", inline_policies={"i": document("a:1")}),
    ]
    before, after = User("u", groups=frozenset([G1])), User("u", groups=frozenset([G2]))
    assert describe_steps(steps([*groups, before], [*groups, after])) == [
        "user/u AddUserToGroup",
        "user/u RemoveUserFromGroup",
    ]


def test_a_group_with_a_deny_and_a_policy_of_aws_counts_as_a_grant() -> None:
    """What AWS's policy grants is not known here: leaving the group may take something, so it comes last."""
    groups: list[Entity] = [
        Group("g1", policies=frozenset([READ_ONLY]), inline_policies={"i": document(deny="d:1")}),
        Group("g2", policies=frozenset([READ_ONLY])),
    ]
    before, after = User("u", groups=frozenset([G1])), User("u", groups=frozenset([G2]))
    assert describe_steps(steps([*groups, before], [*groups, after])) == [
        "user/u AddUserToGroup",
        "user/u RemoveUserFromGroup",
    ]


def test_a_grant_moves_from_a_group_to_the_user_without_a_gap() -> None:
    before = [Group("g1", inline_policies={"i": document("a:1")}), User("u", groups=frozenset([G1]))]
    after = [Group("g1"), User("u", groups=frozenset([G1]), inline_policies={"i": document("a:1")})]
    assert describe_steps(steps(before, after)) == ["user/u PutUserPolicy", "group/g1 DeleteGroupPolicy"]


def test_a_grant_moves_from_one_document_to_another_that_also_loses_one() -> None:
    """p: 1 → 2, q: 3 → 1. Written the other way round, whoever has both would be without 1 for a moment."""
    user = User("u", policies=frozenset([P, Q]))
    live: list[Entity] = [Policy("p", document("a:1")), Policy("q", document("a:3")), user]
    wanted: list[Entity] = [Policy("p", document("a:2")), Policy("q", document("a:1")), user]
    assert describe_steps(steps(live, wanted)) == ["policy/q CreatePolicyVersion", "policy/p CreatePolicyVersion"]


def test_a_detached_policy_with_a_deny_waits_for_the_document_that_takes_over() -> None:
    """The group lets go of 1 (and of a Deny) only once the policy grants it."""
    user = User("u", groups=frozenset([G1]), policies=frozenset([Q]))
    old = Policy("p", document("a:1", deny="d:1"))
    live: list[Entity] = [old, Policy("q", document("a:3")), Group("g1", policies=frozenset([P])), user]
    wanted: list[Entity] = [old, Policy("q", document("a:1")), Group("g1"), user]
    assert describe_steps(steps(live, wanted)) == ["policy/q CreatePolicyVersion", "group/g1 DetachGroupPolicy"]


def test_a_deny_is_on_before_what_it_limits() -> None:
    policies: list[Entity] = [Policy("p", document("a:1")), Policy("q", document(deny="a:1"))]
    found = steps([*policies, User("u")], [*policies, User("u", policies=frozenset([P, Q]))])
    assert [step.call.parameters["PolicyArn"] for step in found] == [Q, P]


def test_a_boundary_is_on_before_what_it_limits() -> None:
    policies: list[Entity] = [Policy("p", document("a:1")), Policy("q", document("a:1"))]
    after = User("u", policies=frozenset([P]), permissions_boundary=Q)
    assert describe_steps(steps([*policies, User("u")], [*policies, after])) == [
        "user/u PutUserPermissionsBoundary",
        "user/u AttachUserPolicy",
    ]


def test_a_deny_goes_after_what_the_file_puts_in_its_place() -> None:
    policies: list[Entity] = [Policy("p", document(deny="a:1")), Policy("q", document(deny="a:1"))]
    before, after = User("u", policies=frozenset([P])), User("u", policies=frozenset([Q]))
    assert describe_steps(steps([*policies, before], [*policies, after])) == [
        "user/u AttachUserPolicy",
        "user/u DetachUserPolicy",
    ]


def test_a_full_quota_takes_off_only_as_many_as_it_must_and_says_so() -> None:
    policies: list[Entity] = [Policy(name, document(f"a:{name}")) for name in "pqrs"]
    before = User("u", policies=frozenset([policy_arn("p"), policy_arn("q"), policy_arn("r")]))
    after = User("u", policies=frozenset([policy_arn("r"), policy_arn("s")]))
    found = steps([*policies, before], [*policies, after], {"AttachedPoliciesPerUserQuota": 3})
    assert describe_steps(found) == ["user/u DetachUserPolicy", "user/u AttachUserPolicy", "user/u DetachUserPolicy"]
    assert [bool(step.forced_by) for step in found] == [True, False, False]


# Inline policies share a quota of size: 2048 characters for a user

FULL: dict[str, tuple[dict[str, Document], dict[str, Document]]] = {
    "one that shrinks makes room for one that grows": (
        {"a": document("a:1", size=1700)},
        {"a": document("a:2"), "b": document("a:1", size=1500)},
    ),
    "one that goes makes room for a new one": (
        {"a": document("a:1", size=1700)},
        {"b": document("a:1", size=1500)},
    ),
}


@pytest.mark.parametrize(("before", "after"), FULL.values(), ids=FULL.keys())
def test_what_the_size_quota_forces_off_first_says_so(before: dict[str, Document], after: dict[str, Document]) -> None:
    found = steps([User("u", inline_policies=before)], [User("u", inline_policies=after)])
    assert [step.call.parameters["PolicyName"] for step in found] == ["a", "b"]
    assert found[0].forced_by


def test_no_more_is_forced_off_than_the_size_quota_asks_for() -> None:
    """Without `a` there is room for `c`: `b`, which replaces nothing, may wait until `c` is written."""
    before = {"a": document("a:1", size=800), "b": document("a:2", size=800)}
    after = {"b": document("a:3"), "c": document("a:2", size=800)}
    found = steps([User("u", inline_policies=before)], [User("u", inline_policies=after)])
    names = [step.call.parameters["PolicyName"] for step in found]
    assert names == ["a", "c", "b"]


def test_what_is_forced_off_does_not_drag_other_grants_with_it() -> None:
    """`b` waits for `a`, which must shrink first; p, which `b` replaces, comes off only then."""
    policy = Policy("p", document("a:1"))
    before = User("u", policies=frozenset([P]), inline_policies={"a": document("a:3", size=1700)})
    after = User("u", inline_policies={"a": document("a:4"), "b": document("a:1", size=1500)})
    assert describe_steps(steps([policy, before], [policy, after])) == [
        "user/u PutUserPolicy",
        "user/u PutUserPolicy",
        "user/u DetachUserPolicy",
    ]


def test_the_same_for_what_only_loses() -> None:
    policy = Policy("p", document("a:1"))
    before = User("u", policies=frozenset([P]), inline_policies={"a": document("a:3", "a:4", size=1700)})
    after = User("u", inline_policies={"a": document("a:3"), "b": document("a:1", size=1500)})
    assert describe_steps(steps([policy, before], [policy, after])) == [
        "user/u PutUserPolicy",
        "user/u PutUserPolicy",
        "user/u DetachUserPolicy",
    ]


def test_a_deny_does_not_wait_for_a_boundary_that_happens_to_be_the_policy_forced_off() -> None:
    """p is attached, and the boundary too: its detachment makes room for the Deny, the end of the boundary does not."""
    policies: list[Entity] = [Policy("p", document("a:1")), Policy("q", document(deny="d:1"))]
    before = User("u", policies=frozenset([P]), permissions_boundary=P)
    after = User("u", policies=frozenset([Q]))
    found = describe_steps(steps([*policies, before], [*policies, after], {"AttachedPoliciesPerUserQuota": 1}))
    assert found == ["user/u DetachUserPolicy", "user/u AttachUserPolicy", "user/u DeleteUserPermissionsBoundary"]


# Calls that the phases do not keep apart


def test_two_edits_that_need_each_other_are_made_in_stages() -> None:
    """p: 1 → 2, q: 2 → 1. Written whole, whoever has both would be without one of them for a moment."""
    user = User("u", policies=frozenset([P, Q]))
    live: list[Entity] = [Policy("p", document("a:1")), Policy("q", document("a:2")), user]
    wanted: list[Entity] = [Policy("p", document("a:2")), Policy("q", document("a:1")), user]
    found = steps(live, wanted)
    assert len(found) == 3
    assert not any(step.forced_by for step in found)


def test_without_anybody_who_has_both_each_is_one_call() -> None:
    users: list[Entity] = [User("u", policies=frozenset([P])), User("v", policies=frozenset([Q]))]
    live: list[Entity] = [Policy("p", document("a:1")), Policy("q", document("a:2")), *users]
    wanted: list[Entity] = [Policy("p", document("a:2")), Policy("q", document("a:1")), *users]
    assert describe_steps(steps(live, wanted)) == ["policy/p CreatePolicyVersion", "policy/q CreatePolicyVersion"]


def test_who_joins_never_has_what_the_group_loses() -> None:
    before = [Group("g1", inline_policies={"i": document("a:1", "a:2")}), User("u")]
    after = [Group("g1", inline_policies={"i": document("a:1")}), User("u", groups=frozenset([G1]))]
    assert describe_steps(steps(before, after)) == ["group/g1 PutGroupPolicy", "user/u AddUserToGroup"]


def test_who_leaves_never_has_what_the_group_gains() -> None:
    before = [Group("g1", inline_policies={"i": document("a:1")}), User("u", groups=frozenset([G1]))]
    after = [Group("g1", inline_policies={"i": document("a:1", "a:2")}), User("u")]
    assert describe_steps(steps(before, after)) == ["user/u RemoveUserFromGroup", "group/g1 PutGroupPolicy"]


def test_an_edit_that_takes_and_denies_is_there_before_what_it_denies() -> None:
    user = User("u", policies=frozenset([P]))
    live: list[Entity] = [Policy("p", document("a:1")), user]
    granted = User("u", policies=frozenset([P]), inline_policies={"i": document("a:2")})
    wanted: list[Entity] = [Policy("p", document(deny="a:2")), granted]
    assert describe_steps(steps(live, wanted)) == ["policy/p CreatePolicyVersion", "user/u PutUserPolicy"]


def test_a_wider_boundary_waits_for_what_goes() -> None:
    fences: list[Entity] = [Policy("p", document("a:1")), Policy("q", document("a:1", "a:2"))]
    before = User("u", inline_policies={"i": document("a:2")}, permissions_boundary=P)
    found = steps([*fences, before], [*fences, User("u", permissions_boundary=Q)])
    assert describe_steps(found) == ["user/u DeleteUserPolicy", "user/u PutUserPermissionsBoundary"]


def test_a_policy_of_a_boundary_loses_before_the_bounded_gain() -> None:
    before = User("u", permissions_boundary=P)
    after = User("u", permissions_boundary=P, inline_policies={"i": document("a:2")})
    found = steps([Policy("p", document("a:1", "a:2")), before], [Policy("p", document("a:1")), after])
    assert describe_steps(found) == ["policy/p CreatePolicyVersion", "user/u PutUserPolicy"]


def test_what_a_deny_held_back_before_is_not_what_one_had() -> None:
    """The group allows 1 and denies it; the policy comes to allow it. Who leaves both may do it at no time."""
    before = User("u", policies=frozenset([P]), groups=frozenset([G1]))
    group = Group("g1", inline_policies={"i": document("a:1", deny="a:1")})
    live: list[Entity] = [Policy("p", document("a:2")), group, before]
    wanted: list[Entity] = [Policy("p", document("a:1")), group, User("u")]
    found = describe_steps(steps(live, wanted))
    assert found.index("user/u DetachUserPolicy") < found.index("policy/p CreatePolicyVersion")


def test_a_member_keeps_what_it_gets_elsewhere_when_its_group_lets_go_of_a_policy_that_comes_to_deny_it() -> None:
    before = [Policy("p", document("a:1")), Group("g1", policies=frozenset([P])), User("u", groups=frozenset([G1]))]
    member = User("u", groups=frozenset([G1]), inline_policies={"i": document("a:1")})
    found = describe_steps(steps(before, [Policy("p", document("a:1", deny="a:1")), Group("g1"), member]))
    assert found == ["user/u PutUserPolicy", "group/g1 DetachGroupPolicy", "policy/p CreatePolicyVersion"]


def test_what_a_deny_limits_waits_for_it_also_if_the_deny_waits_for_room() -> None:
    """`b` denies 2 and has no room before `a` shrinks; the group, whose name comes first, gets 2 only then."""
    policy = Policy("p", document("a:2"))
    before = User("u", groups=frozenset([G1]), inline_policies={"a": document("a:1", size=1700)})
    after = User("u", groups=frozenset([G1]), inline_policies={"b": document(deny="a:2", size=1500)})
    found = describe_steps(steps([policy, Group("g1"), before], [policy, Group("g1", policies=frozenset([P])), after]))
    assert found == ["user/u DeleteUserPolicy", "user/u PutUserPolicy", "group/g1 AttachGroupPolicy"]
