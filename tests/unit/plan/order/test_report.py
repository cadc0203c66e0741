"""The report on the order of calls: who can have too much or too little, from which call until which.

The documents of a group, of which a member comes or goes, are the shortest way to an order that cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, AWS_POLICIES, PLACE, policy_arn

READ_ONLY, BILLING = AWS_POLICIES
P, Q, R = map(policy_arn, "pqr")


def allow_actions(*actions: str, deny: Iterable[str] = (), size: int = 0) -> Document:
    body: list[dict[str, Any]] = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]
    body += [{"Effect": "Deny", "Action": action, "Resource": "*"} for action in deny]
    body += [{"Effect": "Deny", "Action": "x:pad", "Resource": f"arn:aws:s3:::{'x' * size}"}] if size else []
    return canonical({"Version": "2012-10-17", "Statement": body})


def make_plan(live: list[Entity], wanted: list[Entity], quotas: Mapping[str, int] | None = None) -> Plan:
    def by_address(entities: list[Entity]) -> dict[Address, Entity]:
        return {entity.address: entity for entity in entities}

    declarations = {entity.address: Declaration(PLACE) for entity in wanted}
    facts = LiveDetails(quotas=quotas or {}, external_policies=dict.fromkeys(AWS_POLICIES, True))
    desired = Desired(State(ACCOUNT, "aws", by_address(wanted)), None, Settings(prune="none"), declarations, {})
    return build_plan(desired, State(ACCOUNT, "aws", by_address(live), facts), PlanOptions())


def notes(plan: Plan) -> list[Problem]:
    return [finding for finding in plan.findings if "order" in finding.code]


def cross_policies(*names: str) -> list[Entity]:
    """Policies that each deny what the other ones allow."""
    return [
        Policy(name, allow_actions(f"a:{name}", deny=(f"a:{other}" for other in names if other != name)))
        for name in names
    ]


def test_an_excess_says_who_has_what_from_which_call_until_which_and_why() -> None:
    """Each of two policies denies what the other one allows: whichever is attached first allows it for a moment."""
    policies = cross_policies("p", "q")
    (note,) = notes(make_plan([*policies, User("u")], [*policies, User("u", policies=frozenset([P, Q]))]))
    assert (note.level, note.code, str(note.address), note.calls) == ("warning", "order-excess", "user/u", (1, 2))
    assert note.summary == (
        "user/u can have too much: a:q on * from call 1 (AttachUserPolicy user/u policy/q) "
        "until call 2 (AttachUserPolicy user/u policy/p)."
    )
    assert note.hint == "Calls 1 and 2 would have to wait for each other, so one of them comes too early."


def test_there_is_one_note_for_each_entity() -> None:
    policies = cross_policies("p", "q", "r")
    users = [User(name) for name in ("u", "v")]
    after = [User(name, policies=frozenset([P, Q, R])) for name in ("u", "v")]
    found = notes(make_plan([*policies, *users], [*policies, *after]))
    assert [(note.code, str(note.address)) for note in found] == [
        ("order-excess", "user/u"),
        ("order-excess", "user/v"),
    ]
    for note in found:
        assert len(note.calls) == 3
        assert "arn:" not in note.message


def test_nothing_is_said_of_a_group_that_nobody_is_in() -> None:
    policies = cross_policies("p", "q")
    assert notes(make_plan([*policies, Group("g")], [*policies, Group("g", policies=frozenset([P, Q]))])) == []


def test_members_of_a_group_are_named_a_few_and_listed_all() -> None:
    policies = cross_policies("p", "q")
    users = [User(f"u{index}", groups=frozenset([Address("group", "g")])) for index in range(9)]
    after = Group("g", policies=frozenset([P, Q]))
    (note,) = notes(make_plan([*policies, Group("g"), *users], [*policies, after, *users]))
    assert note.summary.startswith("user/u0, user/u1, user/u2 and 6 more can have too much: a:q on * from call 1 (")
    assert note.address == Address("group", "g")
    assert note.addresses == (Address("group", "g"), *(user.address for user in users))


QUOTA = {"AttachedPoliciesPerUserQuota": 2}


def test_a_quota_names_what_goes_first_and_what_is_missing_meanwhile() -> None:
    policies: list[Entity] = [
        Policy("p", allow_actions("a:1")),
        Policy("q", allow_actions("a:2")),
        Policy("r", allow_actions("a:1")),
    ]
    live, wanted = User("u", policies=frozenset([P, Q])), User("u", policies=frozenset([Q, R]))
    (note,) = notes(make_plan([*policies, live], [*policies, wanted], QUOTA))
    assert (note.level, note.code, note.calls) == ("info", "quota-order", (1, 2))
    assert note.message == (
        "The quota of attached policies leaves no room at user/u: DetachUserPolicy of policy/p comes before "
        "what replaces it. Meanwhile user/u can have too little: a:1 on * "
        "from call 1 (DetachUserPolicy user/u policy/p) until call 2 (AttachUserPolicy user/u policy/r)."
    )


def test_a_quota_says_nothing_of_what_something_else_gives_meanwhile() -> None:
    policies: list[Entity] = [
        Policy("p", allow_actions("a:1")),
        Policy("q", allow_actions("a:*")),
        Policy("r", allow_actions("a:1")),
    ]
    live, wanted = User("u", policies=frozenset([P, Q])), User("u", policies=frozenset([Q, R]))
    (note,) = notes(make_plan([*policies, live], [*policies, wanted], QUOTA))
    assert "too little" not in note.message


def test_what_a_quota_opens_is_a_warning() -> None:
    """p denies what q allows; at the quota p goes before r, which denies it as well, is there."""
    policies: list[Entity] = [
        Policy("p", allow_actions(deny=["a:1"])),
        Policy("q", allow_actions("a:1")),
        Policy("r", allow_actions(deny=["a:1"])),
    ]
    live, wanted = User("u", policies=frozenset([P, Q])), User("u", policies=frozenset([Q, R]))
    first, second = notes(make_plan([*policies, live], [*policies, wanted], QUOTA))
    assert (first.level, first.code) == ("warning", "order-excess")
    assert first.summary.startswith("user/u can have too much: a:1 on * from call 1 (DetachUserPolicy user/u policy/p)")
    assert first.hint == "The quota of attached policies leaves no room for another order."
    assert second.code == "quota-order"


def test_ten_that_a_quota_swaps_are_one_note_and_all_their_calls_are_listed() -> None:
    old, new = ([f"{side}{index}" for index in range(10)] for side in ("old", "new"))
    policies: list[Entity] = [Policy(name, allow_actions(f"a:{name[3:]}")) for name in (*old, *new)]
    before, after = (User("u", policies=frozenset(map(policy_arn, side))) for side in (old, new))
    plan = make_plan([*policies, before], [*policies, after])
    (note,) = notes(plan)
    assert "DetachUserPolicy of policy/old0, policy/old1, policy/old2 and 7 more come before what replaces them." in (
        note.message
    )
    assert note.message.count("from call") == 3
    assert "and 7 more like that" in note.message
    assert note.calls == tuple(range(1, 21))


def test_a_document_that_must_shrink_first_is_named_by_its_name() -> None:
    before = {"a": allow_actions("a:1", size=1700)}
    after = {"a": allow_actions("a:2"), "b": allow_actions("a:1", size=1500)}
    (note,) = notes(make_plan([User("u", inline_policies=before)], [User("u", inline_policies=after)]))
    assert note.summary.startswith(
        "The quota of inline policies leaves no room at user/u: PutUserPolicy of a comes before what replaces it."
    )
    assert note.message.endswith("from call 1 (PutUserPolicy user/u a) until call 2 (PutUserPolicy user/u b).")


def test_what_hangs_on_a_policy_of_aws_says_so() -> None:
    policies: list[Entity] = [Policy("p", allow_actions("a:1", deny=["a:2"]))]
    live, wanted = User("u", policies=frozenset([READ_ONLY])), User("u", policies=frozenset([BILLING]))
    plan = make_plan([*policies, live], [*policies, wanted], {"AttachedPoliciesPerUserQuota": 1})
    (note,) = notes(plan)
    assert note.code == "quota-order"
    assert note.detail == (
        "Meanwhile user/u can have too little, depending on the content of aws:ReadOnlyAccess and "
        "aws:job-function/Billing, which is not read here: what aws:ReadOnlyAccess allows "
        "from call 1 (DetachUserPolicy user/u aws:ReadOnlyAccess) "
        "until call 2 (AttachUserPolicy user/u aws:job-function/Billing)."
    )


def test_a_gap_says_who_is_without_what_until_when() -> None:
    """u goes from one group to the other: it must leave one before that gains 4, and join two once that has lost it.
    v, in both, should have 4 from one before two loses it."""
    one, two = Address("group", "one"), Address("group", "two")
    live: list[Entity] = [
        Group("one", inline_policies={"i": allow_actions("a:1")}),
        Group("two", inline_policies={"i": allow_actions("a:1", "a:4")}),
        User("u", groups=frozenset([one])),
        User("v", groups=frozenset([one, two])),
    ]
    wanted: list[Entity] = [
        Group("one", inline_policies={"i": allow_actions("a:1", "a:4")}),
        Group("two", inline_policies={"i": allow_actions("a:1")}),
        User("u", groups=frozenset([two])),
        User("v", groups=frozenset([one, two])),
    ]
    (note,) = notes(make_plan(live, wanted))
    assert (note.level, note.code) == ("info", "order-gap")
    assert note.message == (
        "user/v can have too little: a:4 on * from call 1 (PutGroupPolicy group/two i) "
        "until call 4 (PutGroupPolicy group/one i). "
        "Calls 1, 2, 3 and 4 would have to wait for each other, so one of them comes too early."
    )
