"""Losses that count for the thresholds: deletions, secrets that no undo brings back, grants of entities that stay."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import LiveDetails, MfaDevice, OwnedCredentials, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Place
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from reconciler.render.aws_cli import render_plan_commands
from reconciler.render.plan_json import render_plan_json
from reconciler.render.plan_markdown import render_plan_markdown
from reconciler.render.plan_text import render_plan_text
from reconciler.render.problems import render_github

ACCOUNT = "123456789012"
PLACE = Place("roles.yaml", 3, 12)
MINE = {"reconcile:owner": "me"}
READ = canonical({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
DENY = canonical({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
TRUST = canonical(
    {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}
)
NO_TRUST = canonical({"Statement": []})
P = f"arn:aws:iam::{ACCOUNT}:policy/p"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
VIEW = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OWNED = OwnedCredentials(
    login_profile=True,
    access_keys=("AKIA1", "AKIA2"),
    signing_certificates=("C",),
    ssh_public_keys=("S",),
    service_credentials=("X",),
    mfa_devices=(MfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/u"), MfaDevice("GAHT12345678")),
)


def make_plan(
    live: list[Entity], wanted: list[Entity], allowed: PlanOptions | None = None, owned: Any = None, **settings: Any
) -> Plan:
    policies = {VIEW: True, DENY_ALL: True}
    facts = LiveDetails(
        caller=f"arn:aws:iam::{ACCOUNT}:root", owned_credentials=owned or {}, external_policies=policies
    )
    desired = Desired(
        State(ACCOUNT, "aws", {entity.address: entity for entity in wanted}),
        "me",
        Settings(**settings),
        {entity.address: Declaration(PLACE) for entity in wanted},
        {},
        setting_places=dict.fromkeys(settings, PLACE),
    )
    return build_plan(
        desired, State(ACCOUNT, "aws", {entity.address: entity for entity in live}, facts), allowed or PlanOptions()
    )


def losses(plan: Plan, code: str) -> list[str]:
    return [finding.summary for finding in plan.findings if finding.code == code]


def user(name: str, **more: Any) -> User:
    return User(name, tags=MINE, **more)


def role(**more: Any) -> Role:
    return Role("r", **{"trust_policy": TRUST, "tags": MINE, **more})


def test_a_password_that_is_taken_from_a_user_who_stays_is_a_deletion() -> None:
    live: list[Entity] = [user(f"u{index}", console=True) for index in range(11)]
    wanted: list[Entity] = [user(f"u{index}", console=False) for index in range(11)]
    assert losses(make_plan(live, wanted), "too-many-deletes") == [
        "Refused: 11 deletions (0 entities; 11 passwords, keys and MFA devices) exceed max_deletes (10)."
    ]
    assert make_plan(live[:10], wanted[:10]).is_safe
    assert make_plan(live, wanted, PlanOptions(allow_deletes=True)).is_safe
    assert make_plan([user("u", console=False)], [user("u", console=False)], max_deletes=0).is_safe
    assert make_plan([user("u", console=True)], [user("u", console=None)], max_deletes=0).is_safe


def test_what_goes_with_a_user_counts_one_by_one() -> None:
    """The user, a password, two keys, a certificate, an SSH key, a service's credential and two devices."""
    owned = {Address("user", "u"): OWNED}
    assert make_plan([user("u")], [], owned=owned, max_deletes=9).is_safe
    assert losses(make_plan([user("u")], [], owned=owned, max_deletes=8), "too-many-deletes") == [
        "Refused: 9 deletions (1 entity; 8 passwords, keys and MFA devices) exceed max_deletes (8)."
    ]


G, H = Address("group", "g"), Address("group", "h")
GROUPS: list[Entity] = [Group("g"), Group("h")]
REMOVALS: dict[str, tuple[list[Entity], list[Entity], int, str]] = {
    # live, wanted → how many removals, and what of
    "a membership": ([user("u", groups=frozenset([G]))], [user("u")], 1, "1 membership"),
    "two memberships": ([user("u", groups=frozenset([G, H]))], [user("u")], 2, "2 memberships"),
    "a membership for another": ([user("u", groups=frozenset([G]))], [user("u", groups=frozenset([H]))], 1, "1 member"),
    "a boundary": ([user("u", permissions_boundary=VIEW)], [user("u")], 1, "1 boundary"),
    "a role's boundary": ([role(permissions_boundary=VIEW)], [role()], 1, "1 boundary"),
    "a boundary that allows nothing": (
        [user("u", permissions_boundary=VIEW)],
        [user("u", permissions_boundary=DENY_ALL)],
        1,
        "1 document that denies everything",
    ),
    "a trust without an Allow": ([role()], [role(trust_policy=NO_TRUST)], 1, "1 document that denies everything"),
    "a policy that denies everything": (
        [Policy("p", READ, tags=MINE)],
        [Policy("p", DENY, tags=MINE)],
        1,
        "1 document that denies everything",
    ),
    "an inline policy that denies everything": (
        [role(inline_policies={"own": READ})],
        [role(inline_policies={"own": DENY})],
        1,
        "1 document",
    ),
    "a new inline policy that denies everything": ([role()], [role(inline_policies={"own": DENY})], 1, "1 document"),
    "AWS's policy that denies everything": ([role()], [role(policies=frozenset([DENY_ALL]))], 1, "1 document"),
    "a policy of this file that does": (
        [role(), Policy("p", DENY, tags=MINE)],
        [role(policies=frozenset([P])), Policy("p", DENY, tags=MINE)],
        1,
        "1 document",
    ),
    "a policy off, and one that denies": (
        [role(policies=frozenset([VIEW]))],
        [role(policies=frozenset([DENY_ALL]))],
        2,
        "1 policy",
    ),
    "two policies": ([role(policies=frozenset([VIEW]), inline_policies={"own": READ})], [role()], 2, "2 policies"),
    "a new role that denies everything": ([], [role(inline_policies={"own": DENY})], 0, ""),
    "another document": ([Policy("p", DENY, tags=MINE)], [Policy("p", READ, tags=MINE)], 0, ""),
    "another boundary": ([role(permissions_boundary=VIEW)], [role(permissions_boundary=P)], 0, ""),
    "a boundary that comes": ([role()], [role(permissions_boundary=VIEW)], 0, ""),
    "a membership that comes": ([user("u")], [user("u", groups=frozenset([G]))], 0, ""),
}


@pytest.mark.parametrize(("live", "wanted", "number", "said"), REMOVALS.values(), ids=REMOVALS.keys())
def test_what_an_entity_that_stays_loses_is_a_removal(
    live: list[Entity], wanted: list[Entity], number: int, said: str
) -> None:
    more = GROUPS if P not in str(wanted) else [*GROUPS, *(() if Policy in map(type, live) else [Policy("p", READ)])]
    everything, asked = [*live, *more], [*wanted, *GROUPS]
    assert losses(make_plan(everything, asked, max_removals=number), "too-many-removals") == []
    if number:
        (loss,) = losses(make_plan(everything, asked, max_removals=number - 1), "too-many-removals")
        assert loss.startswith(f"Refused: {number} removal{'s' if number > 1 else ''} from entities that stay")
        assert said in loss
        assert (
            losses(make_plan(everything, asked, PlanOptions(allow_deletes=True), max_removals=0), "too-many-removals")
            == []
        )


def leavers(number: int) -> list[Entity]:
    return [user(f"u{index}") for index in range(number)]


RAISED: dict[str, tuple[int, int, dict[str, Any], list[str]]] = {
    # users, of whom so many go, settings → what is reported
    "needed": (100, 12, {"max_deletes": 20}, ["raises max_deletes from 10 to 20"]),
    "not needed": (100, 10, {"max_deletes": 20}, []),
    "not enough": (100, 21, {"max_deletes": 20}, []),
    "lowered": (100, 5, {"max_deletes": 5}, []),
    "the default, written out": (100, 10, {"max_deletes": 10}, []),
    "the share of a kind": (20, 8, {"max_delete_percent": 50}, ["raises max_delete_percent from 30 % to 50 %"]),
    "both": (20, 12, {"max_deletes": 1000000, "max_delete_percent": 99.5}, ["to 1000000", "to 99.5 %"]),
}


@pytest.mark.parametrize(("users", "gone", "settings", "said"), RAISED.values(), ids=RAISED.keys())
def test_a_threshold_above_its_default_is_told_by_the_plans_that_need_it(
    users: int, gone: int, settings: dict[str, Any], said: list[str]
) -> None:
    live, wanted = leavers(users), leavers(users)[gone:]
    findings = [one for one in make_plan(live, wanted, **settings).findings if one.code == "threshold-raised"]
    assert [one.level for one in findings] == [Level.WARNING] * len(said)
    assert [one.place for one in findings] == [PLACE] * len(said)
    for finding, text in zip(findings, said, strict=True):
        assert text in finding.summary
    allowed = make_plan(live, wanted, PlanOptions(allow_deletes=True), **settings)
    assert losses(allowed, "threshold-raised") == []


def test_raised_removals_are_told_too_and_every_format_tells_it() -> None:
    arns = frozenset(f"arn:aws:iam::aws:policy/P{index}" for index in range(6))
    live: list[Entity] = [user(f"u{index}", policies=arns) for index in range(9)]
    plan = make_plan(live, leavers(9), max_removals=60)
    assert plan.is_safe
    said = "The file raises max_removals from 50 to 60, and this plan needs it: 54 removals"
    for text in (
        render_plan_text(plan),
        render_plan_json(plan),
        render_plan_markdown(plan),
        render_plan_commands(plan),
        render_github(plan.findings),
    ):
        assert said in text.replace("\\_", "_")


def test_a_threshold_that_no_number_of_the_machine_holds_is_compared_like_any_other() -> None:
    assert losses(make_plan([user("leaver")], [], max_deletes=10**400), "too-many-deletes") == []
