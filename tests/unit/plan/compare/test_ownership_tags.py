"""Our tags on live entities: on users and roles they are ours in any letter case, elsewhere only as we write them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds.comparison import inherit_live_values
from reconciler.kinds.facets.tags import with_our_keys
from reconciler.kinds.raw_account import RawAccount
from reconciler.kinds.role import RoleKind
from reconciler.kinds.user import UserKind
from reconciler.model.desired import Declaration
from reconciler.model.entity import Entity, Policy, Role, User
from reconciler.plan.compare.ownership import is_protected, owner_of
from reconciler.plan.saved.codec import decode_entity, encode_entity
from tests.support.strategies import ACCOUNT, PLACE
from tests.unit.plan.test_build_guards import DOCUMENT, codes, plan, trust

TRUST = {"Version": "2012-10-17", "Statement": []}
SPELLED = ["reconcile:owner", "Reconcile:Owner", "RECONCILE:OWNER", "reconcile:OWNER", "Reconcile:owner"]


def live_tags(kind: str, tags: dict[str, str]) -> Entity:
    """A user or role as an account's pages have it."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    user = {"UserName": "x", "UserId": "AIDA1", "Path": "/", "Tags": listed}
    role = {"RoleName": "x", "RoleId": "AROA1", "Path": "/", "Tags": listed, "AssumeRolePolicyDocument": TRUST}
    raw = RawAccount(ACCOUNT, "aws", {"UserDetailList": [user], "RoleDetailList": [role]})
    (entity,) = UserKind().read(raw) if kind == "user" else RoleKind().read(raw)
    return entity


@pytest.mark.parametrize(("kind", "key"), list(itertools.product(["user", "role"], SPELLED)))
def test_the_owner_of_a_user_or_role_is_known_in_any_letter_case(kind: str, key: str) -> None:
    assert owner_of(live_tags(kind, {key: "others", "Team": "a"})) == "others"


@pytest.mark.parametrize("kind", ["user", "role"])
def test_protection_of_a_user_or_role_is_known_in_any_letter_case(kind: str) -> None:
    assert is_protected(live_tags(kind, {"Reconcile:PROTECT": "true"}))


@pytest.mark.parametrize("kind", ["user", "role"])
def test_other_keys_keep_their_spelling_and_those_of_aws_are_left_out_in_any_case(kind: str) -> None:
    read = live_tags(kind, {"Team": "a", "AWS:x": "b", "aws:y": "c", "Reconcile:Break-Glass": "true"})
    assert isinstance(read, User | Role)
    assert read.tags == {"Team": "a", "reconcile:break-glass": "true"}


def test_our_own_spelling_wins_if_two_are_there() -> None:
    for order in ({"Reconcile:Owner": "b", "reconcile:owner": "a"}, {"reconcile:owner": "a", "Reconcile:Owner": "b"}):
        assert with_our_keys(order) == {"reconcile:owner": "a"}


@pytest.mark.parametrize("kind", ["user", "role"])
def test_what_another_owner_has_in_capitals_is_refused_like_any_other(kind: str) -> None:
    live = live_tags(kind, {"Reconcile:Owner": "them"})
    made = plan([live], [replace(live, tags={"reconcile:owner": "me"})])  # type: ignore[call-arg]
    assert codes(made) == ["other-owner"]
    assert not made.is_safe


def test_what_another_owner_has_in_capitals_is_not_pruned() -> None:
    assert plan([live_tags("role", {"Reconcile:Owner": "them"})], [], prune="all").changes == ()


def test_what_is_protected_in_capitals_is_not_deleted() -> None:
    made = plan([live_tags("role", {"reconcile:owner": "me", "Reconcile:Protect": "true"})], [])
    assert made.steps == ()


def test_on_a_policy_another_spelling_is_another_tag_which_goes() -> None:
    live = Policy("p", DOCUMENT, description="", tags={"Reconcile:Owner": "them"})
    made = plan([live], [replace(live, tags={"reconcile:owner": "me"})])
    assert codes(made) == []
    assert [step.call.operation for step in made.steps] == ["TagPolicy", "UntagPolicy"]


ODD: dict[str, Entity] = {
    "a user": User("x", tags={"Reconcile:Owner": "them"}),
    "a role": Role("x", trust(), tags={"RECONCILE:protect": "true"}),
}


@pytest.mark.parametrize("entity", ODD.values(), ids=ODD.keys())
def test_a_plan_file_does_not_carry_one_of_our_keys_in_another_spelling(entity: Entity) -> None:
    with pytest.raises(ValueError, match="another letter case"):
        decode_entity(entity.kind, encode_entity(entity), "aws")


def test_a_plan_file_may_speak_of_such_a_tag_of_a_policy() -> None:
    policy = Policy("p", DOCUMENT, description="", tags={"Reconcile:Owner": "them"})
    assert decode_entity("policy", encode_entity(policy), "aws") == policy


IGNORED: dict[str, tuple[Any, str, dict[str, str]]] = {
    "of a user in another letter case": (User("x", tags={"Last-Run": "1"}), "tags.last-run", {"Last-Run": "1"}),
    "of a policy in another letter case": (
        Policy("x", DOCUMENT, description="", tags={"Last-Run": "1"}),
        "tags.last-run",
        {},
    ),
    "of a user, another key": (User("x", tags={"Last-Run": "1"}), "tags.first-run", {}),
}


@pytest.mark.parametrize(("live", "path", "kept"), IGNORED.values(), ids=IGNORED.keys())
def test_a_tag_that_is_ignored_is_left_however_iam_spells_it(live: Any, path: str, kept: dict[str, str]) -> None:
    found: Any = inherit_live_values(replace(live, tags={}), live, Declaration(PLACE, None, (path,)))
    assert found.tags == kept
