"""Roles that AWS's services put into an account are left alone; what only looks like one is pruned as ever.

The trusts are those of dumps of real accounts and of AWS's documents (`plan/compare/service_managed.py` names them).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Desired, Settings
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Action, Plan
from reconciler.plan.build import build_plan
from reconciler.plan.compare.service_managed import service_of
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from reconciler.render.plan_json import plan_to_dict
from reconciler.render.plan_markdown import render_plan_markdown
from reconciler.render.plan_text import render_plan_text

ACCOUNT, OTHER = "123456789012", "210987654321"
HASH = "db5abadef3b60bd25596d78ce782dc2c"
ADMIN = f"arn:aws:iam::{OTHER}:role/aws-service-role/stacksets.cloudformation.amazonaws.com/"
ADMIN += "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"
MANAGEMENT = {"AWS": f"arn:aws:iam::{OTHER}:root"}


def role(name: str, principal: Any, path: str = "/", action: str = "sts:AssumeRole", **more: Any) -> Role:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return Role(name, canonical({"Version": "2012-10-17", "Statement": [statement]}), path, **more)


def service(host: str) -> dict[str, str]:
    return {"Service": f"{host}.amazonaws.com"}


TOWER, SETS = "AWS Control Tower", "CloudFormation StackSets"
REAL: list[tuple[Role, str]] = [
    (role("OrganizationAccountAccessRole", MANAGEMENT), "AWS Organizations"),
    (role("AWSControlTowerExecution", MANAGEMENT), TOWER),
    (
        role(
            "aws-controltower-AdministratorExecutionRole",
            {"AWS": f"arn:aws:iam::{OTHER}:role/aws-controltower-AuditAdministratorRole"},
        ),
        TOWER,
    ),
    (
        role(
            "aws-controltower-ReadOnlyExecutionRole",
            {"AWS": f"arn:aws:iam::{OTHER}:role/aws-controltower-AuditReadOnlyRole"},
        ),
        TOWER,
    ),
    (role("aws-controltower-ForwardSnsNotificationRole", service("lambda")), TOWER),
    (role("aws-controltower-ConfigRecorderRole", service("config")), TOWER),
    (role("AWSControlTowerAdmin", service("controltower"), "/service-role/"), TOWER),
    (role(f"stacksets-exec-{HASH}", {"AWS": ADMIN}), SETS),
    (role("AWSCloudFormationStackSetExecutionRole", MANAGEMENT), SETS),
    (role("AWSCloudFormationStackSetAdministrationRole", service("cloudformation")), SETS),
    (role("aws-quicksight-service-role-v0", service("quicksight"), "/service-role/"), "Amazon QuickSight"),
]

LOOK_ALIKES: dict[str, Role] = {
    "31 hex digits": role(f"stacksets-exec-{HASH[:-1]}", {"AWS": ADMIN}),
    "33 hex digits": role(f"stacksets-exec-{HASH}0", {"AWS": ADMIN}),
    "capital hex digits": role(f"stacksets-exec-{HASH.upper()}", {"AWS": ADMIN}),
    "a digit that is not hex": role(f"stacksets-exec-{HASH[:-1]}g", {"AWS": ADMIN}),
    "another path": role("OrganizationAccountAccessRole", MANAGEMENT, "/x/"),
    "another letter case": role("organizationaccountaccessrole", MANAGEMENT),
    "a longer name": role("OrganizationAccountAccessRole2", MANAGEMENT),
    "a name of Control Tower's kind": role("aws-controltower-Backdoor", MANAGEMENT),
    "its own account": role("OrganizationAccountAccessRole", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
    "a user of another account": role("OrganizationAccountAccessRole", {"AWS": f"arn:aws:iam::{OTHER}:user/eve"}),
    "everybody": role("OrganizationAccountAccessRole", "*"),
    "one more principal": role("AWSControlTowerExecution", {"AWS": [MANAGEMENT["AWS"], "*"]}),
    "a service beside it": role("AWSControlTowerExecution", MANAGEMENT | service("ec2")),
    "one more action": role("AWSControlTowerExecution", MANAGEMENT, action="sts:*"),
    "another service": role("aws-quicksight-service-role-v0", service("ec2"), "/service-role/"),
    "a provider": role("stacksets-exec-" + HASH, {"Federated": "cognito-identity.amazonaws.com"}),
    "no statement": Role("OrganizationAccountAccessRole", canonical({"Version": "2012-10-17", "Statement": []})),
    "no JSON": Role("OrganizationAccountAccessRole", canonical("{")),
}


def make_plan(*live: Entity, facts: LiveDetails | None = None, **settings: Any) -> Plan:
    desired = Desired(State(ACCOUNT, "aws", {}), "platform", Settings(**{"prune": "all", **settings}), {}, {})
    state = State(ACCOUNT, "aws", {one.address: one for one in live}, facts or LiveDetails())
    return build_plan(desired, state, PlanOptions(allow_deletes=True))


def list_deleted(plan: Plan) -> list[str]:
    return [str(change.address) for change in plan.changes if change.action is Action.DELETE]


@pytest.mark.parametrize(("real", "said"), REAL, ids=[one.name for one, _ in REAL])
def test_a_role_of_a_service_is_left_alone_and_listed(real: Role, said: str) -> None:
    plan = make_plan(real, role("mine", service("ec2")))
    assert list_deleted(plan) == ["role/mine"]
    if OTHER in str(real.trust_policy):
        said += f", lets account {OTHER} in"
    assert [(one.address, one.reason) for one in plan.left_alone] == [(real.address, said)]
    assert plan_to_dict(plan)["left_alone"] == [{"address": str(real.address), "reason": said}]
    assert f"  {real.address}  ({said})" in render_plan_text(plan)
    assert f"{real.address}  ({said})" in render_plan_markdown(plan)


@pytest.mark.parametrize("fake", LOOK_ALIKES.values(), ids=LOOK_ALIKES.keys())
def test_a_look_alike_is_pruned(fake: Role) -> None:
    plan = make_plan(fake)
    assert (service_of(fake, ACCOUNT), list_deleted(plan), plan.left_alone) == ("", [str(fake.address)], ())
    assert "left_alone" not in plan_to_dict(plan)


@pytest.mark.parametrize("named", ["role/OrganizationAccountAccessRole", "role/organization*", "*/*"])
def test_prune_also_deletes_what_it_names(named: str) -> None:
    real, _ = REAL[0]
    plan = make_plan(real, prune_also=(named,))
    assert (list_deleted(plan), plan.left_alone) == ([str(real.address)], ())


def test_prune_also_of_another_name_deletes_nothing() -> None:
    plan = make_plan(REAL[0][0], prune_also=("role/AWSControlTowerExecution",))
    assert (list_deleted(plan), len(plan.left_alone)) == ([], 1)


def test_what_carries_our_owner_tag_is_left_alone_in_every_mode() -> None:
    real = replace(REAL[0][0], tags={"reconcile:owner": "platform"})
    plan = make_plan(real, prune="owned")
    assert (list_deleted(plan), len(plan.left_alone)) == ([], 1)
    assert make_plan(real, prune="none").left_alone == ()


def test_ignored_and_other_owners_entities_are_not_listed() -> None:
    real = REAL[0][0]
    assert make_plan(real, ignore=("role/Org*",)).left_alone == ()
    assert make_plan(replace(real, tags={"reconcile:owner": "web"})).left_alone == ()


DOCUMENT = canonical({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def test_the_policies_and_the_instance_profile_of_such_a_role_stay_with_it() -> None:
    arns = {name: f"arn:aws:iam::{ACCOUNT}:policy/service-role/{name}" for name in ("used", "bound")}
    real = replace(REAL[-1][0], policies=frozenset([arns["used"]]), permissions_boundary=arns["bound"])
    policies = [Policy(name, DOCUMENT, "/service-role/", "") for name in ("used", "bound", "free")]
    plan = make_plan(real, *policies, InstanceProfile("i", "/", real.address))
    assert list_deleted(plan) == ["policy/free"]
    assert [str(one.address) for one in plan.left_alone] == ["policy/bound", "policy/used", str(real.address)]
    assert plan.left_alone[0].reason == f"used by {real.address}"
    assert plan.is_safe


def test_a_role_of_a_template_is_never_pruned_not_even_by_prune_also() -> None:
    made = role("from-template", service("ec2"))
    template = "arn:aws:iam::aws:role-template/ec2"
    plan = make_plan(made, facts=LiveDetails(role_templates={made.address: template}), prune_also=("role/*",))
    assert (list_deleted(plan), plan.left_alone[0].reason) == (
        [],
        f"made from the role template {template}: never pruned",
    )


def test_they_count_for_no_threshold() -> None:
    live = [one for one, _ in REAL]
    desired = Desired(State(ACCOUNT, "aws", {}), None, Settings(prune="all", max_deletes=0), {}, {})
    plan = build_plan(desired, State(ACCOUNT, "aws", {one.address: one for one in live}), PlanOptions())
    assert (plan.is_safe, plan.changes) == (True, ())


def test_a_plan_of_some_targets_does_not_list_them() -> None:
    desired = Desired(State(ACCOUNT, "aws", {}), "platform", Settings(prune="all"), {}, {})
    state = State(ACCOUNT, "aws", {REAL[0][0].address: REAL[0][0]})
    assert build_plan(desired, state, PlanOptions(targets=frozenset([Address("role", "mine")]))).left_alone == ()


def test_a_group_is_no_role() -> None:
    assert list_deleted(make_plan(Group("OrganizationAccountAccessRole", "/"))) == [
        "group/OrganizationAccountAccessRole"
    ]
