"""The treatment by an export of entities that a file cannot say, and with the MFA guard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.desired.export import AccountExport, export_entities
from reconciler.kinds.facets.tags import OWNER, PROTECT
from reconciler.kinds.mfa_guard import make_guard_policy
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.policy.canonical import canonical
from tests.support.exports import plan_export

ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}:policy"
GUARD = make_guard_policy("me", "aws", "/")
GUARDED = frozenset([f"{ARN}/{GUARD.name}"])
MINE = {OWNER: "me"}
REFUSED = canonical({"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps", "Action": "a:B", "Resource": "*"}]})


def document(**more: Any) -> Document:
    statement = {"Effect": "Allow", "Action": "a:B", "Resource": "*"}
    return canonical({"Version": "2012-10-17", "Statement": [statement], **more})


def trust(principal: Any) -> Document:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return canonical({"Version": "2012-10-17", "Statement": [statement]})


MACHINES = trust({"Service": "ec2.amazonaws.com"})


def of(*entities: Entity) -> State:
    facts = LiveDetails(caller=f"arn:aws:iam::{ACCOUNT}:root")
    return State(ACCOUNT, "aws", {entity.address: entity for entity in entities}, facts)


def check_export(live: State, owner: str | None = "me", only: tuple[str, ...] = ()) -> AccountExport:
    """The export, a plan on which changes nothing."""
    found = export_entities(live, owner, only)
    plan = plan_export(found, live)
    assert plan.is_safe, plan.findings
    assert [(change.action, change.fields) for change in plan.changes if change.fields] == []
    assert all(change.action == "adopt" for change in plan.changes)
    return found


@pytest.mark.parametrize("holder", [User("a"), Group("a")], ids=["user", "group"])
def test_the_guard_becomes_mfa_required(holder: User | Group) -> None:
    found = check_export(of(GUARD, replace(holder, policies=GUARDED)))
    assert found.sections == {f"{holder.address.kind}s": {"a": {"mfa": "required"}}}


@pytest.mark.parametrize(
    "guard",
    [
        replace(GUARD, document=document()),
        replace(GUARD, description="another"),
        replace(GUARD, tags={**MINE, "team": "a"}),
        replace(GUARD, name=GUARD.name.upper()),
    ],
    ids=["document", "description", "tags", "case"],
)
def test_a_guard_that_is_not_as_the_file_would_make_it_is_a_policy(guard: Policy) -> None:
    found = check_export(of(guard, User("a", policies=frozenset([f"{ARN}/{guard.name}"]))))
    assert list(found.sections["policies"]) == [guard.name]
    assert found.sections["users"] == {"a": {"policies": [guard.name]}}


def test_the_guard_of_nobody_is_a_policy_and_a_role_names_it() -> None:
    assert list(check_export(of(GUARD)).sections["policies"]) == [GUARD.name]
    found = check_export(of(GUARD, Role("r", MACHINES, policies=GUARDED)))
    assert found.sections["roles"]["r"]["policies"] == [GUARD.name]
    found = check_export(of(GUARD, User("a", policies=GUARDED), Role("r", MACHINES, policies=GUARDED)))
    assert "policies" not in found.sections
    assert found.sections["roles"]["r"]["policies"] == [GUARD.name]


def test_the_guard_of_a_selected_user_need_not_be_selected() -> None:
    found = check_export(of(GUARD, User("a", policies=GUARDED)), only=("user/*",))
    assert (found.sections, found.settings) == ({"users": {"a": {"mfa": "required"}}}, {})


def test_the_guard_of_another_owner_is_named_by_its_arn() -> None:
    found = check_export(of(GUARD, User("a", policies=GUARDED)), owner="you")
    assert found.sections == {"users": {"a": {"policies": sorted(GUARDED)}}}
    assert found.left_out == {GUARD.address: "it belongs to owner me"}


def test_what_a_file_may_not_say_is_left_out_and_named_by_arn() -> None:
    live = of(
        Policy("p", REFUSED, tags=MINE),
        User("a", policies=frozenset([f"{ARN}/p"]), permissions_boundary=f"{ARN}/p", tags=MINE),
        Group("g", "/me/", inline_policies={"i": REFUSED}),
        User("b", groups=frozenset([Address("group", "g")]), tags=MINE),
        Role("r", trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/b"})),
    )
    found = check_export(live)
    assert found.sections == {
        "users": {"a": {"policies": [f"{ARN}/p"], "permissions_boundary": f"{ARN}/p"}},
        "roles": {"r": {"trust": [{"users": [f"arn:aws:iam::{ACCOUNT}:user/b"]}]}},
    }
    assert "Perhaps" in found.left_out[Address("policy", "p")]
    assert "'g'" in found.left_out[Address("user", "b")]
    assert found.settings == {"ignore": ["group/g", "policy/p", "user/b"]}
    assert check_export(live, owner=None).settings == {"prune": "none"}


def test_a_tag_of_ours_that_no_file_sets_leaves_its_entity_out() -> None:
    found = check_export(of(User("a", tags={"reconcile:else": "x"}), User("b", tags={PROTECT: "false"})))
    assert found.left_out == {Address("user", "a"): "a file cannot express its tags.reconcile:else"}
    assert found.sections == {"users": {"b": {}}}


def test_one_instance_profile_of_a_role_is_its_own_and_others_are_kept() -> None:
    role = Address("role", "r")
    live = of(
        Role("r", MACHINES, tags=MINE),
        InstanceProfile("a", "/", role, MINE),
        InstanceProfile("r", "/x/", role, MINE),
        InstanceProfile("z", "/", None, MINE),
        Role("s", MACHINES, "/aws-service-role/x/"),
        InstanceProfile("s", "/", Address("role", "s")),
    )
    found = check_export(live)
    assert found.sections["roles"]["r"]["instance_profile"] is True
    assert found.comments[role] == ["Its instance profile has the path /x/, which a file cannot declare."]
    assert found.settings == {"ignore": ["instance-profile/a", "instance-profile/z"]}
    assert found.service_count == 1


def test_a_profile_of_another_owner_is_not_the_roles() -> None:
    profile = InstanceProfile("r", "/", Address("role", "r"), {OWNER: "you"})
    found = check_export(of(Role("r", MACHINES, tags=MINE), profile))
    assert "instance_profile" not in found.sections["roles"]["r"]
    assert found.left_out == {profile.address: "it belongs to owner you"}


def test_groups_come_along_with_the_users_that_are_in_them() -> None:
    group = Address("group", "g")
    found = check_export(of(User("a", groups=frozenset([group])), Group("g"), Group("h")), only=("user/*",))
    assert list(found.sections["groups"]) == ["g"]
    assert found.comments == {group: ["Exported too, because users in this file are members of it."]}


def test_a_policy_of_another_path_in_a_reference_stays_an_arn() -> None:
    """What only a race or an emulator shows: the name would mean another ARN."""
    found = check_export(of(Policy("p", document(), "/x/"), User("a", permissions_boundary=f"{ARN}/p")), owner=None)
    assert found.sections["users"]["a"] == {"permissions_boundary": f"{ARN}/p"}
