"""Entities that a plan leaves alone, or says plainly that it does not: found by a reviewer, kept by these tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.kinds.raw_account import tags_of
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, InstanceProfile, Policy, Role, User
from reconciler.model.live import LiveDetails, MfaDevice, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, PLACE, policy_arn

MINE, THEIRS = {"reconcile:owner": "me"}, {"reconcile:owner": "them"}
EC2 = canonical(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
)
RUNNER = Address("role", "runner")
PROFILE = InstanceProfile("runner", role=RUNNER)


def content(effect: str, *actions: str) -> Document:
    return canonical(
        {"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": list(actions), "Resource": "*"}}
    )


def make_plan(
    live: list[Entity],
    wanted: list[Entity],
    settings: Settings = Settings(),  # noqa: B008 - frozen
    facts: LiveDetails = LiveDetails(),  # noqa: B008 - frozen
    declaration: Declaration = Declaration(PLACE),  # noqa: B008 - frozen
    allowed: PlanOptions = PlanOptions(),  # noqa: B008 - frozen
) -> Plan:
    entities = {entity.address: entity for entity in wanted}
    desired = Desired(State(ACCOUNT, "aws", entities), "me", settings, dict.fromkeys(entities, declaration), {})
    return build_plan(desired, State(ACCOUNT, "aws", {entity.address: entity for entity in live}, facts), allowed)


KEPT_ROLES: dict[str, tuple[Role, Settings, str]] = {
    "of another owner": (Role("runner", EC2, tags=THEIRS), Settings("all"), ""),
    "that is ignored": (Role("runner", EC2), Settings("all", ignore=("role/run*",)), ""),
    "of a service": (Role("runner", EC2, path="/aws-service-role/x/"), Settings("all"), ""),
    "that is the caller": (Role("runner", EC2), Settings("all"), f"arn:aws:sts::{ACCOUNT}:assumed-role/runner/i-1"),
    "of break_glass": (Role("runner", EC2), Settings("all", break_glass=(RUNNER,)), ""),
}


@pytest.mark.parametrize(("role", "settings", "caller"), KEPT_ROLES.values(), ids=KEPT_ROLES.keys())
def test_the_instance_profile_of_a_role_stays_with_a_role(role: Role, settings: Settings, caller: str) -> None:
    """Without it, the machines that run as the role would lose it."""
    assert make_plan([role, PROFILE], [], settings, LiveDetails(caller=caller)).changes == ()


def test_an_instance_profile_goes_with_its_role() -> None:
    made = make_plan([Role("runner", EC2), PROFILE], [], Settings("all"))
    assert {str(change.address) for change in made.changes} == {"role/runner", "instance-profile/runner"}


def test_an_ignored_instance_profile_stays_as_it_is() -> None:
    role = Role("runner", EC2, tags=MINE)
    left = Declaration(PLACE, ignore_changes=("instance_profile",))
    assert make_plan([role, replace(PROFILE, tags=MINE)], [role], declaration=left).changes == ()


def test_tags_of_aws_are_not_seen_and_so_never_removed() -> None:
    listed = [{"Key": "aws:cloudformation:stack-name", "Value": "x"}, {"Key": "team", "Value": "a"}]
    assert tags_of(listed) == {"team": "a"}


def test_a_deny_taken_from_a_stranger_is_a_gain_of_power_not_a_loss() -> None:
    deny = Policy("deny", content("Deny", "iam:*"), tags=MINE)
    outsider = User(
        "outsider",
        policies=frozenset([policy_arn("deny")]),
        inline_policies={"all": content("Allow", "*")},
    )
    made = make_plan([deny, outsider], [], allowed=PlanOptions(allow_foreign_detach=True))
    assert made.access.powers_lost == ()
    assert {one.principal for one in made.access.powers_gained} == {"user/outsider"}
    assert [step.call.operation for step in made.steps] == ["DetachUserPolicy", "DeletePolicy"]


@pytest.mark.parametrize(
    ("facts", "warned"),
    [
        (LiveDetails(devices={Address("user", "u"): ()}), True),
        (LiveDetails(devices={Address("user", "u"): (MfaDevice("arn:aws:iam::1:mfa/u"),)}), False),
        (LiveDetails(devices_unread=frozenset([Address("user", "u")])), False),
    ],
    ids=["none", "one", "not to be read"],
)
def test_only_who_is_known_to_have_no_device_is_said_to_have_none(facts: LiveDetails, warned: bool) -> None:
    user = User("u", policies=frozenset([policy_arn("reconcile-require-mfa-me")]), tags=MINE)
    made = make_plan([user], [user], facts=facts, declaration=Declaration(PLACE, mfa=True))
    assert ["user-without-mfa-device" in finding.code for finding in made.findings] == [True] * warned


def test_whole_tags_that_are_ignored_still_lose_a_protection_that_is_taken_off() -> None:
    live = User("u", tags={**MINE, "reconcile:protect": "true", "seen": "today"})
    made = make_plan([live], [User("u", tags=MINE)], declaration=Declaration(PLACE, False, ("tags",)))
    assert [step.call.parameters for step in made.steps] == [{"UserName": "u", "TagKeys": ["reconcile:protect"]}]


def test_more_links_than_the_account_s_quota_are_refused_before_the_first_call() -> None:
    arns = [policy_arn(f"p{index}") for index in range(12)]
    policies = [Policy(f"p{index}", content("Allow", "a:b"), tags=MINE) for index in range(12)]
    before = User("u", policies=frozenset(arns[:10]), tags=MINE)
    after = replace(before, policies=frozenset(arns))
    quotas = LiveDetails(quotas={"AttachedPoliciesPerUserQuota": 10})
    made = make_plan([*policies, before], [*policies, after], facts=quotas)
    assert [finding.code for finding in made.findings if finding.level is Level.ERROR] == ["past-quota"]


def test_a_caller_that_the_file_has_lost_stays_and_is_named() -> None:
    me = User("me", tags=MINE)
    made = make_plan([me], [], facts=LiveDetails(caller=f"arn:aws:iam::{ACCOUNT}:user/me"))
    assert made.changes == ()
    assert [finding.code for finding in made.findings] == ["caller-kept"]


def test_what_is_left_of_a_deleted_principal_in_a_live_trust_is_reported_and_mended() -> None:
    """IAM shows the unique id in place of the ARN; the ARN of who has the name now is another principal."""

    def trust_principal(principal: str) -> Document:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        return canonical({"Version": "2012-10-17", "Statement": statement})

    user = User("u", tags=MINE)
    live = Role("r", trust_principal("AIDAEXAMPLEEXAMPLE123"), tags=MINE)
    wanted = replace(live, trust_policy=trust_principal(f"arn:aws:iam::{ACCOUNT}:user/u"))
    made = make_plan([user, live], [user, wanted])
    assert [step.call.operation for step in made.steps] == ["UpdateAssumeRolePolicy"]
    (finding,) = made.findings
    assert (finding.code, finding.hint) == ("dangling-principal", "This plan writes the trust again.")
    assert "AIDAEXAMPLEEXAMPLE123" in finding.summary


@pytest.mark.parametrize(
    ("ignored", "guarded"),
    [((), True), (("policies",), False), (("path",), True)],
    ids=["nothing", "policies", "another field"],
)
def test_a_user_whose_guard_ignore_changes_keeps_away_is_not_said_to_need_mfa(
    ignored: tuple[str, ...], guarded: bool
) -> None:
    user = User("u", policies=frozenset([policy_arn("reconcile-require-mfa-me")]), tags=MINE)
    declaration = Declaration(PLACE, ignore_changes=ignored, mfa=True)
    facts = LiveDetails(devices={user.address: ()})
    made = make_plan([replace(user, policies=frozenset())], [user], facts=facts, declaration=declaration)
    assert ["user-without-mfa-device" in finding.code for finding in made.findings].count(True) == guarded
