"""A group below `/b/` belongs to owner b if anything in the account carries `reconcile:owner` = b."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Move, Settings
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import LiveDetails, NotReadError, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level
from reconciler.plan.build import build_plan
from reconciler.plan.compare.ownership import find_tagged_owners
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.read_scope import needs_whole_account
from tests.support.saved_plans import plan_again, read_part, saved_of
from tests.support.strategies import ACCOUNT, PLACE
from tests.unit.plan.test_build_guards import DOCUMENT, MINE, trust

B = {"reconcile:owner": "b"}
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
KNOWN = LiveDetails(external_policies={READ: True})
THEIRS = User("theirs", tags=B)
CREW = Group("crew", "/b/", inline_policies={"a": DOCUMENT})
EVERYTHING = PlanOptions(allow_deletes=True, allow_foreign_detach=True, allow_lockout=True)


def make_plan(
    live: list[Entity],
    wanted: list[Entity],
    *moved: str,
    owner: str | None = "me",
    allowed: PlanOptions = EVERYTHING,
    **settings: Any,
) -> Plan:
    moves = (Move(Address("group", moved[0]), Address("group", moved[1]), PLACE),) if moved else ()
    state = State(ACCOUNT, "aws", {entity.address: entity for entity in wanted})
    declarations = {entity.address: Declaration(PLACE) for entity in wanted}
    desired = Desired(state, owner, Settings(**settings), declarations, {}, moves=moves)
    return build_plan(desired, State(ACCOUNT, "aws", {entity.address: entity for entity in live}, KNOWN), allowed)


def list_refused(made: Plan) -> list[str]:
    return [str(item.address) for item in made.findings if item.code == "other-owner" and item.level is Level.ERROR]


CHANGES: dict[str, Group] = {
    "a policy is attached": replace(CREW, policies=frozenset([READ])),
    "an inline policy is put": replace(CREW, inline_policies={"a": DOCUMENT, "b": DOCUMENT}),
    "an inline policy is taken off": replace(CREW, inline_policies={}),
    "it moves to our path": replace(CREW, path="/me/"),
    "it moves to a plain path": replace(CREW, path="/people/"),
    "it moves to the path of all": replace(CREW, path="/"),
    "it moves deeper": replace(CREW, path="/b/x/"),
}


@pytest.mark.parametrize("after", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_of_another_owner_s_group_needs_take_over(after: Group) -> None:
    assert list_refused(make_plan([THEIRS, CREW], [after])) == ["group/crew"]
    assert list_refused(make_plan([THEIRS, CREW], [after], owner=None)) == ["group/crew"]
    assert list_refused(make_plan([THEIRS, CREW], [after], allowed=replace(EVERYTHING, take_over=True))) == []
    assert list_refused(make_plan([THEIRS, CREW], [after], owner="b")) == []


def test_a_policy_is_not_detached_from_another_owner_s_group() -> None:
    live = replace(CREW, policies=frozenset([READ]))
    assert list_refused(make_plan([THEIRS, live], [CREW])) == ["group/crew"]


def test_another_owner_s_group_is_not_renamed() -> None:
    assert list_refused(make_plan([THEIRS, CREW], [replace(CREW, name="ours")], "crew", "ours")) == ["group/ours"]


def test_no_user_joins_another_owner_s_group() -> None:
    live, member = [THEIRS, CREW, User("u", tags=MINE)], User("u", groups=frozenset([CREW.address]), tags=MINE)
    assert list_refused(make_plan(live, [CREW, member])) == ["user/u"]
    assert list_refused(make_plan(live, [CREW, member], allowed=replace(EVERYTHING, take_over=True))) == []
    assert list_refused(make_plan([CREW, live[2]], [CREW, member])) == []  # nobody carries the tag of an owner b
    assert list_refused(make_plan([THEIRS, CREW], [CREW, member])) == ["user/u"]


INTO: dict[str, list[Entity]] = {
    "a new group": [],
    "a group of ours": [replace(CREW, path="/me/")],
    "a group of nobody": [replace(CREW, path="/people/")],
}


@pytest.mark.parametrize("live", INTO.values(), ids=INTO.keys())
def test_no_group_is_put_below_the_path_of_another_owner(live: list[Entity]) -> None:
    made = make_plan([THEIRS, *live], [CREW])
    assert list_refused(made) == ["group/crew"]
    (said,) = [item.message for item in made.findings if item.code == "other-owner"]
    assert "would be below the path /b/" in said
    assert "user/theirs has its tag" in said


CARRIERS: dict[str, Entity] = {
    "a user": THEIRS,
    "a role": Role("x", trust(), tags=B),
    "a policy": Policy("x", DOCUMENT, description="", tags=B),
    "an instance profile": InstanceProfile("x", tags=B),
    "a provider": OidcProvider("a.example.com", tags=B),
}


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS.keys())
def test_any_tagged_entity_makes_an_owner(carrier: Entity) -> None:
    assert list_refused(make_plan([carrier, CREW], [CHANGES["a policy is attached"]])) == ["group/crew"]


ALLOWED: dict[str, tuple[list[Entity], list[Entity]]] = {
    "nothing carries the name": ([User("u", tags=MINE), CREW], [User("u", tags=MINE), CHANGES["a policy is attached"]]),
    "a plain path": ([THEIRS, replace(CREW, path="/people/")], [Group("crew", "/people/")]),
    "no path": ([THEIRS, replace(CREW, path="/")], [Group("crew")]),
    "ours": ([THEIRS, replace(CREW, path="/me/")], [Group("crew", "/me/")]),
    "below ours": ([THEIRS, replace(CREW, path="/me/b/")], [Group("crew", "/me/b/")]),
    "their name deeper in a plain path": ([THEIRS, replace(CREW, path="/people/b/")], [Group("crew", "/people/b/")]),
    "a path that begins alike": ([THEIRS, replace(CREW, path="/bb/")], [Group("crew", "/bb/")]),
    "another letter case": ([THEIRS, replace(CREW, path="/B/")], [Group("crew", "/B/")]),
    "declared as it is": ([THEIRS, CREW], [CREW]),
    "a user of ours leaves": (
        [THEIRS, CREW, User("u", groups=frozenset([CREW.address]), tags=MINE)],
        [CREW, User("u", tags=MINE)],
    ),
    "a tag of ours in another spelling on a policy": (
        [Policy("x", DOCUMENT, description="", tags={"Reconcile:Owner": "b"}), CREW],
        [CHANGES["a policy is attached"]],
    ),
}


@pytest.mark.parametrize(("live", "wanted"), ALLOWED.values(), ids=ALLOWED.keys())
def test_look_alikes_need_no_take_over(live: list[Entity], wanted: list[Entity]) -> None:
    assert list_refused(make_plan(live, wanted)) == []


def test_prune_all_takes_the_groups_of_nobody_and_leaves_those_of_other_owners() -> None:
    groups = [CREW, Group("plain", "/people/"), Group("bare"), Group("own", "/me/"), Group("deep", "/b/x/")]
    made = make_plan([THEIRS, *groups], [], prune="all")
    assert sorted(str(change.address) for change in made.changes) == ["group/bare", "group/own", "group/plain"]


def test_what_lives_outside_a_file_is_told_with_the_owner_of_a_group() -> None:
    made = make_plan([THEIRS, CREW, Group("plain", "/people/")], [], allowed=PlanOptions(report_unmanaged=True))
    assert {str(item.address): item.owner for item in made.unmanaged or ()} == {
        "group/crew": "b",
        "group/plain": None,
        "user/theirs": "b",
    }


# Saved plans


def test_owners_are_never_guessed_from_a_part_of_the_account() -> None:
    part = State(ACCOUNT, "aws", {THEIRS.address: THEIRS}, known_addresses=frozenset([THEIRS.address]))
    with pytest.raises(NotReadError):
        find_tagged_owners(part)


WHOLE: dict[str, tuple[Group, Group, bool]] = {
    "a path that may be an owner's": (replace(CREW, path="/people/"), Group("crew", "/people/"), True),
    "moved out of such a path": (replace(CREW, path="/people/"), Group("crew", "/me/"), True),
    "moved into such a path": (replace(CREW, path="/me/"), Group("crew", "/people/"), True),
    "our path": (replace(CREW, path="/me/"), Group("crew", "/me/"), False),
    "no path": (replace(CREW, path="/"), Group("crew"), False),
}


@pytest.mark.parametrize(("before", "after", "whole"), WHOLE.values(), ids=WHOLE.keys())
def test_a_saved_plan_reads_the_whole_account_if_a_group_may_be_another_owner_s(
    before: Group, after: Group, whole: bool
) -> None:
    saved = saved_of(make_plan([before], [after]))
    assert needs_whole_account(saved) == whole
    live = State(ACCOUNT, "aws", {before.address: before, THEIRS.address: THEIRS}, KNOWN)
    part = read_part(saved, live)
    assert (part is None) == whole
    if part is not None:
        assert plan_again(saved, part).is_safe


def test_a_saved_plan_reads_the_whole_account_if_a_user_may_join_another_owner_s_group() -> None:
    live = [User("u", tags=MINE), CREW]
    saved = saved_of(make_plan(live, [CREW, User("u", groups=frozenset([CREW.address]), tags=MINE)]))
    since = State(ACCOUNT, "aws", {one.address: one for one in [*live, THEIRS]}, KNOWN)
    assert read_part(saved, since) is None
    assert list_refused(plan_again(saved, since)) == ["user/u"]


def test_an_owner_that_came_since_is_refused_by_a_saved_plan() -> None:
    saved = saved_of(make_plan([CREW], [CHANGES["a policy is attached"]]))
    since = State(ACCOUNT, "aws", {CREW.address: CREW, THEIRS.address: THEIRS}, KNOWN)
    assert list_refused(plan_again(saved, since)) == ["group/crew"]
    assert list_refused(plan_again(saved, since, PlanOptions(take_over=True))) == []
