"""One safety rule at a time: what makes a plan unsafe, and what allows it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.account import AccountAlias, PasswordPolicy
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, PLACE, policy_arn

MINE, THEIRS = {"reconcile:owner": "me"}, {"reconcile:owner": "them"}
KEPT = {**MINE, "reconcile:protect": "true"}
DOCUMENT = canonical({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}})


def trust(*names: str) -> Any:
    named = [f"arn:aws:iam::{ACCOUNT}:{name}" for name in names]
    statement = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole"}
    return canonical({"Version": "2012-10-17", "Statement": statement})


def plan(
    live: list[Entity],
    wanted: list[Entity],
    allowed: PlanOptions | None = None,
    caller: str = "",
    protect: bool | None = None,
    **settings: Any,
) -> Plan:
    def state(entities: list[Entity], facts: LiveDetails) -> State:
        return State(ACCOUNT, "aws", {entity.address: entity for entity in entities}, facts)

    declarations = {entity.address: Declaration(PLACE, protect) for entity in wanted}
    desired = Desired(state(wanted, LiveDetails()), "me", Settings(**settings), declarations, {})
    return build_plan(desired, state(live, LiveDetails(caller=caller)), allowed or PlanOptions())


def codes(made: Plan, level: Level = Level.ERROR) -> list[str]:
    return [finding.code for finding in made.findings if finding.level is level]


def users(count: int, tags: dict[str, str] = MINE) -> list[Entity]:
    return [User(f"u{index}", tags=tags) for index in range(count)]


THRESHOLDS: dict[str, tuple[int, int, dict[str, Any], list[str]]] = {
    "5 of 5 are too few to count as a share": (5, 0, {}, []),
    "6 of 20 are 30 percent": (20, 14, {}, []),
    "7 of 20 are more": (20, 13, {}, ["too-many-deletes"]),
    "10 of 100": (100, 90, {}, []),
    "11 of 100 are past max_deletes": (100, 89, {}, ["too-many-deletes"]),
    "11 of 100, where 11 are allowed": (100, 89, {"max_deletes": 11}, []),
    "11 of 20, past both": (20, 9, {}, ["too-many-deletes", "too-many-deletes"]),
    "1, where none is allowed": (20, 19, {"max_deletes": 0}, ["too-many-deletes"]),
}


@pytest.mark.parametrize(("live", "wanted", "settings", "expected"), THRESHOLDS.values(), ids=THRESHOLDS.keys())
def test_deletions_past_a_threshold_are_unsafe(
    live: int, wanted: int, settings: dict[str, Any], expected: list[str]
) -> None:
    assert codes(plan(users(live), users(wanted), **settings)) == expected
    assert codes(plan(users(live), users(wanted), PlanOptions(allow_deletes=True), **settings)) == []


def test_policies_taken_off_what_stays_are_counted_too() -> None:
    many = frozenset(f"arn:aws:iam::aws:policy/P{index}" for index in range(6))
    live: list[Entity] = [User(f"u{index}", policies=many, tags={}) for index in range(9)]
    assert codes(plan(live, users(9))) == ["too-many-removals"]
    assert codes(plan(live, users(9), max_removals=54)) == []


ADOPTED: dict[str, tuple[dict[str, str], PlanOptions, list[str], list[str]]] = {
    "ours": (MINE, PlanOptions(), [], []),
    "nobody's": ({}, PlanOptions(), ["adopt"], []),
    "another's": (THEIRS, PlanOptions(), ["adopt"], ["other-owner"]),
    "another's, taken over": (THEIRS, PlanOptions(take_over=True), ["adopt"], []),
}


@pytest.mark.parametrize(("tags", "allowed", "actions", "expected"), ADOPTED.values(), ids=ADOPTED.keys())
def test_what_exists_already_is_adopted_and_what_is_another_s_refused(
    tags: dict[str, str], allowed: PlanOptions, actions: list[str], expected: list[str]
) -> None:
    made = plan([User("u", tags=tags)], [User("u", tags=MINE)], allowed)
    assert ([str(change.action) for change in made.changes], codes(made)) == (actions, expected)


PRUNED: dict[str, tuple[str, Entity, bool]] = {
    "ours": ("owned", User("x", tags=MINE), True),
    "nobody's": ("owned", User("x"), False),
    "another's": ("owned", User("x", tags=THEIRS), False),
    "a group below our path": ("owned", Group("x", "/me/"), True),
    "a group deep below our path": ("owned", Group("x", "/me/a/"), True),
    "a group elsewhere": ("owned", Group("x", "/"), False),
    "a group whose path begins alike": ("owned", Group("x", "/mean/"), False),
    "ours, with prune: none": ("none", User("x", tags=MINE), False),
    "nobody's, with prune: all": ("all", User("x"), True),
    "another's, with prune: all": ("all", User("x", tags=THEIRS), False),
    "a group elsewhere, with prune: all": ("all", Group("x", "/"), True),
    "a service role, with prune: all": ("all", Role("x", DOCUMENT, "/aws-service-role/a/"), False),
    "a reserved role, with prune: all": ("all", Role("x", DOCUMENT, "/aws-reserved/sso.amazonaws.com/"), False),
    "the caller, with prune: all": ("all", User("me"), False),
    "what is ignored, with prune: all": ("all", User("AWSthing"), False),
    "what is protected, with prune: all": ("all", User("x", tags={"reconcile:protect": "true"}), False),
    "what is protected": ("owned", User("x", tags=KEPT), False),
    "the alias of the account, with prune: all": ("all", AccountAlias("alias", "abc"), False),
    "its password policy, with prune: all": ("all", PasswordPolicy("password-policy"), False),
}


@pytest.mark.parametrize(("prune", "entity", "goes"), PRUNED.values(), ids=PRUNED.keys())
def test_what_the_file_no_longer_has_goes_only_if_it_may(prune: str, entity: Entity, goes: bool) -> None:
    caller = f"arn:aws:iam::{ACCOUNT}:user/me"
    made = plan([entity], [], caller=caller, prune=prune, ignore=("user/aws*",))
    assert bool(made.changes) is goes


def test_a_protected_entity_is_reported_and_kept_until_the_file_says_otherwise() -> None:
    live = User("x", tags=KEPT)
    assert codes(plan([live], []), Level.WARNING) == ["protected"]
    assert plan([live], [User("x", tags=MINE)]).changes == ()
    (change,) = plan([live], [User("x", tags=MINE)], protect=False).changes
    assert [field.path for field in change.fields] == ["tags.reconcile:protect"]


P = Policy("p", DOCUMENT, tags=MINE)
FOREIGN: dict[str, tuple[list[Entity], list[str]]] = {
    "a policy that a stranger holds": ([P, User("x", policies=frozenset([policy_arn("p")]))], ["foreign-use"]),
    "a policy that bounds a stranger": ([P, User("x", permissions_boundary=policy_arn("p"))], ["foreign-boundary"]),
    "a group that a stranger is in": (
        [Group("g", "/me/"), User("x", groups=frozenset([Address("group", "g")]))],
        ["foreign-use"],
    ),
    "a user that a stranger trusts": ([User("u", tags=MINE), Role("r", trust("user/u"))], ["foreign-use"]),
    "a policy that nobody holds": ([P], []),
    "a policy that goes with its holder": ([P, User("x", policies=frozenset([policy_arn("p")]), tags=MINE)], []),
}


@pytest.mark.parametrize(("live", "expected"), FOREIGN.values(), ids=FOREIGN.keys())
def test_what_entities_outside_the_file_use_is_kept(live: list[Entity], expected: list[str]) -> None:
    assert codes(plan(live, [])) == expected
    still = [code for code in expected if code == "foreign-boundary"]
    assert codes(plan(live, [], PlanOptions(allow_foreign_detach=True))) == still


IMMUTABLE: dict[str, tuple[Entity, Entity, list[str]]] = {
    "a policy's path": (
        Policy("p", DOCUMENT, "/a/", tags=MINE),
        Policy("p", DOCUMENT, "/b/", tags=MINE),
        ["immutable-field"],
    ),
    "a policy's description": (
        Policy("p", DOCUMENT, description="a", tags=MINE),
        Policy("p", DOCUMENT, description="b", tags=MINE),
        ["immutable-field"],
    ),
    "a policy's description, absent in the file": (
        Policy("p", DOCUMENT, description="a", tags=MINE),
        Policy("p", DOCUMENT, tags=MINE),
        [],
    ),
    "a role's path": (
        Role("r", DOCUMENT, "/a/", tags=MINE),
        Role("r", DOCUMENT, "/b/", tags=MINE),
        ["immutable-field"],
    ),
    "a user's path": (User("u", "/a/", tags=MINE), User("u", "/b/", tags=MINE), []),
    "a group's path": (Group("g", "/a/"), Group("g", "/b/"), []),
    "a name's letter case": (User("App", tags=MINE), User("app", tags=MINE), ["name-case"]),
}


@pytest.mark.parametrize(("live", "wanted", "expected"), IMMUTABLE.values(), ids=IMMUTABLE.keys())
def test_what_iam_never_changes_is_refused(live: Entity, wanted: Entity, expected: list[str]) -> None:
    assert codes(plan([live], [wanted])) == expected


REFERENCES: dict[str, tuple[list[Entity], list[Entity], list[str]]] = {
    "a principal that nobody is": ([], [Role("r", trust("user/nobody"), tags=MINE)], ["unknown-principal"]),
    "a principal under another path": (
        [User("u", "/", tags=MINE)],
        [User("u", "/", tags=MINE), Role("r", trust("user/wrong/u"), tags=MINE)],
        ["unknown-principal"],
    ),
    "a principal that is live": ([User("u")], [Role("r", trust("user/u"), tags=MINE)], []),
    "a principal that goes": ([User("u", tags=MINE)], [Role("r", trust("user/u"), tags=MINE)], ["deleted-reference"]),
    "a policy that is not there": (
        [],
        [User("u", policies=frozenset([policy_arn("p")]), tags=MINE)],
        ["unknown-policy"],
    ),
    "a policy that goes": ([P], [User("u", policies=frozenset([policy_arn("p")]), tags=MINE)], ["deleted-reference"]),
    "a policy of AWS that nobody has seen": (
        [],
        [User("u", policies=frozenset(["arn:aws:iam::aws:policy/Nope"]), tags=MINE)],
        ["unknown-policy"],
    ),
}


@pytest.mark.parametrize(("live", "wanted", "expected"), REFERENCES.values(), ids=REFERENCES.keys())
def test_what_is_named_must_be_there(live: list[Entity], wanted: list[Entity], expected: list[str]) -> None:
    assert codes(plan(live, wanted)) == expected


def test_every_refusal_says_what_to_do() -> None:
    made = plan([*users(30), User("x", tags=THEIRS)], [User("x", tags=MINE)])
    refused = [finding for finding in made.findings if finding.level is Level.ERROR]
    assert len(refused) >= 2
    assert all(finding.hint and finding.flag for finding in refused)
    assert not made.is_safe
