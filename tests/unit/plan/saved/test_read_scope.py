"""A saved plan that reads a part of the account is judged as by all of it: no guard sees less."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from reconciler.kinds.facets.tags import BREAK_GLASS
from reconciler.model.address import Address
from reconciler.model.desired import Desired, Move
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import LiveDetails, MfaDevice, NotReadError, State
from reconciler.model.plan import AccessDelta, Plan
from reconciler.model.problem import Level
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.read_cost import count_entity_calls, count_page_calls
from reconciler.plan.saved.read_scope import needs_whole_account, order_depends_on_unread
from reconciler.plan.saved.saved_plan import SavedPlan, find_stale_entities
from tests.support.examples import examples
from tests.support.saved_plans import plan_again, read_part, saved_of
from tests.support.strategies import ACCOUNT, PLACE, policy_arn, worlds
from tests.unit.plan.guards.test_lockout import (
    ADMIN,
    ADMINS,
    ALICE,
    ALIKE,
    ALL,
    BOB,
    EMERGENCY,
    IAM,
    LOCKOUTS,
    ME,
    OPS,
    OWNER_TAGS,
    PLAIN_ADMINS,
    PROVIDER,
    ROOT,
    S3,
    Case,
    allow,
    deny,
    document,
    github_trust,
    me,
    ops,
    policy,
    sides,
    trust,
    within,
)

ANYTHING = PlanOptions(allow_deletes=True, allow_foreign_detach=True, take_over=True, allow_lockout=True)
FLAGS = PlanOptions(allow_deletes=True, allow_foreign_detach=True, take_over=True)


def errors(made: Plan) -> set[tuple[str, Address | None]]:
    return {(item.code, item.address) for item in made.findings if item.level is Level.ERROR}


def lockouts(made: Plan) -> list[str]:
    return sorted(item.message for item in made.findings if item.code == "lockout")


# The lockout guard


@cache
def plan_case(name: str) -> tuple[State, Plan, SavedPlan, State | None]:
    """Return the account of a case, its plan, that plan as it is saved, and the part of the account that it reads."""
    desired, live = sides((LOCKOUTS | ALIKE)[name])
    made = build_plan(desired, live, ANYTHING)
    saved = saved_of(made)
    return live, made, saved, read_part(saved, live)


STRICTER = {"the trust asks for MFA of a user with a device"}
"""Whether somebody else has a device is not asked: such a refusal is judged again by the whole account."""


@pytest.mark.parametrize("name", [*LOCKOUTS, *ALIKE])
def test_lockouts_are_refused_and_look_alikes_allowed_as_with_the_whole_account(name: str) -> None:
    live, made, saved, part = plan_case(name)
    if part is not None:
        judged, expected = lockouts(plan_again(saved, part, FLAGS)), lockouts(plan_again(saved, live, FLAGS))
        assert judged == expected or (name in STRICTER and not expected)
        assert bool(expected) == (name in LOCKOUTS)
        rebuilt = plan_again(saved, part, ANYTHING)
        assert (rebuilt.steps, rebuilt.changes) == (made.steps, made.changes)


def test_nearly_all_of_these_are_judged_by_a_part() -> None:
    parts = [plan_case(name)[-1] for name in (*LOCKOUTS, *ALIKE)]
    assert len(parts) - parts.count(None) > 0.7 * len(parts)


# What has changed since, of what the plan does not touch


def outside(*entities: Entity, gone: Iterable[str] = ()) -> Callable[[State], State]:
    def since(live: State) -> State:
        left = {address: entity for address, entity in live.entities.items() if str(address) not in gone}
        return replace(live, entities={**left, **{entity.address: entity for entity in entities}})

    return since


def facts(**changed: Any) -> Callable[[State], State]:
    return lambda live: replace(live, details=replace(live.details, **changed))


NAMED = trust("user/alice")
TAGGED = {**OWNER_TAGS, "team": "b"}
WEB = Role("web", document(NAMED), tags=OWNER_TAGS)
FEDERATED = Role("web", document(github_trust("repo:a/b:*")), tags=OWNER_TAGS)
READER = Policy("reader", S3, description="")
OFFICE = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
ONE_HUNDRED = {f"arn:aws:iam::aws:policy/P{index}": True for index in range(12)}
GLASS = replace(BOB, tags={**BOB.tags, BREAK_GLASS: "true"})


SINCE: dict[str, tuple[Case, Callable[[State], State], str]] = {
    "a group that a user joins is gone": (
        Case([ALICE, ADMINS, ADMIN], [replace(ALICE, groups=within("admins")), ADMINS, ADMIN], caller=ROOT),
        outside(gone=["group/admins"]),
        "unknown-principal",
    ),
    "a policy that is attached is gone": (
        Case([WEB, ALICE, READER], [replace(WEB, policies=frozenset([policy_arn("reader")])), ALICE], caller=ROOT),
        outside(gone=["policy/reader"]),
        "unknown-policy",
    ),
    "a policy that is a boundary is gone": (
        Case([WEB, ALICE, READER], [replace(WEB, permissions_boundary=policy_arn("reader")), ALICE], caller=ROOT),
        outside(gone=["policy/reader"]),
        "unknown-policy",
    ),
    "a policy of a new group is gone": (
        Case([READER], [Group("new", "/team/", frozenset([policy_arn("reader")]))], caller=ROOT),
        outside(gone=["policy/reader"]),
        "unknown-policy",
    ),
    "a user whom a trust names is gone": (
        Case([WEB, ALICE, BOB], [Role("web", document(trust("user/bob")), tags=OWNER_TAGS), ALICE, BOB], caller=ROOT),
        outside(gone=["user/bob"]),
        "unknown-principal",
    ),
    "a user whom a trust names has moved": (
        Case([WEB, ALICE, BOB], [Role("web", document(trust("user/bob")), tags=OWNER_TAGS), ALICE, BOB], caller=ROOT),
        outside(replace(BOB, path="/moved/")),
        "unknown-principal",
    ),
    "a role whom a trust names is gone": (
        Case([ALICE, WEB], [Role("new", document(trust("role/web")), tags=OWNER_TAGS), ALICE, WEB], caller=ROOT),
        outside(gone=["role/web"]),
        "unknown-principal",
    ),
    "the role of an instance profile is gone": (
        Case([WEB, ALICE], [WEB, ALICE, InstanceProfile("web", "/", WEB.address, OWNER_TAGS)], caller=ROOT),
        outside(gone=["role/web"]),
        "unknown-principal",
    ),
    "a policy of AWS is not there": (
        Case([ALICE], [replace(ALICE, policies=frozenset(["arn:aws:iam::aws:policy/ReadOnlyAccess"]))], caller=ROOT),
        facts(external_policies={}),
        "unknown-policy",
    ),
    "whom break_glass names is gone": (
        Case([ALICE, GLASS], [replace(ALICE, tags=TAGGED), BOB], settings={"break_glass": (BOB.address,)}, caller=ROOT),
        outside(gone=["user/bob"]),
        "unknown-break-glass",
    ),
    "the quota of attached policies is lower": (
        Case(
            [replace(ALICE, policies=frozenset(list(ONE_HUNDRED)[:10]))],
            [replace(ALICE, policies=frozenset(ONE_HUNDRED))],
            caller=ROOT,
        ),
        facts(external_policies=ONE_HUNDRED, quotas={"AttachedPoliciesPerUserQuota": 11}),
        "past-quota",
    ),
    "the caller's group has lost what made up for it": (
        Case([me(IAM, groups=within("admins")), ADMINS, ADMIN], [me(groups=within("admins")), ADMINS, ADMIN]),
        outside(PLAIN_ADMINS),
        "lockout",
    ),
    "the policy of the caller's group says less": (
        Case([me(IAM, groups=within("admins")), ADMINS, ADMIN], [me(groups=within("admins")), ADMINS, ADMIN]),
        outside(policy("admin", document(allow("iam:Get*")))),
        "lockout",
    ),
    "the group that the caller is to join denies": (
        Case(
            [me(IAM), Group("all", "/", frozenset([policy_arn("reader")])), READER],
            [me(IAM, groups=within("all"))],
        ),
        outside(Policy("reader", document(deny()), description="")),
        "lockout",
    ),
    "the boundary that the caller is to get says less": (
        Case([me(IAM), ADMIN], [me(IAM, permissions_boundary=policy_arn("admin")), ADMIN]),
        outside(policy("admin", S3)),
        "lockout",
    ),
    "the emergency user hangs on a policy of its group": (
        Case(
            [replace(me(IAM), groups=within("admins")), ADMINS, ADMIN],
            [me(groups=within("admins")), ADMINS, ADMIN],
            caller=ROOT,
            settings={"break_glass": (Address("user", "me"),)},
        ),
        outside(policy("admin", S3)),
        "lockout",
    ),
    "the user through whom a role's session came has a boundary by now": (
        Case([ops(trust("user/alice")), ALICE], [ops(trust("user/alice", **OFFICE)), ALICE], caller=OPS + "alice"),
        outside(replace(ALICE, inline_policies={"a": ALL})),
        "lockout",
    ),
    "the users of an open role": (
        Case(
            [ops(trust(ROOT)), replace(ALICE, inline_policies={"a": document(allow("sts:AssumeRole"))})],
            [ops(trust(ROOT)), ALICE],
            caller=OPS + "x",
        ),
        outside(replace(BOB, inline_policies={"a": document(allow("sts:AssumeRole"))})),
        "lockout",
    ),
}


@pytest.mark.parametrize(("case", "since", "code"), SINCE.values(), ids=SINCE.keys())
def test_what_the_whole_account_would_refuse_is_refused_by_a_part(
    case: Case, since: Callable[[State], State], code: str
) -> None:
    desired, live = sides(case)
    made = build_plan(desired, live, FLAGS)
    saved, now = saved_of(made), since(live)
    part = read_part(saved, now)
    assert part is not None
    assert find_stale_entities(saved, part) == find_stale_entities(saved, now) == []
    refused = errors(plan_again(saved, part, FLAGS))
    assert code in {found for found, _ in refused}
    assert refused == errors(plan_again(saved, now, FLAGS))


PROVIDER_GONE: dict[str, Case] = {
    "a provider that a trust names": Case([WEB, ALICE, PROVIDER], [FEDERATED, ALICE, PROVIDER], caller=ROOT),
    "a provider that a role already trusts": Case(
        [FEDERATED, PROVIDER],
        [replace(FEDERATED, trust_policy=document(github_trust("repo:a/c:*"))), PROVIDER],
        caller=ROOT,
    ),
}


@pytest.mark.parametrize("case", PROVIDER_GONE.values(), ids=PROVIDER_GONE.keys())
def test_a_provider_that_has_gone_since_is_a_warning_of_a_part_and_of_the_whole(case: Case) -> None:
    desired, live = sides(case)
    saved = saved_of(build_plan(desired, live, FLAGS))
    now = outside(gone=[str(PROVIDER.address)])(live)
    part = read_part(saved, now)
    assert part is not None
    for seen in (part, now):
        made = plan_again(saved, seen, FLAGS)
        assert errors(made) == set()
        assert "missing-provider" in {finding.code for finding in made.findings}


# Where a part will not do


GROUP = Group("team", "/team/", inline_policies={"own": document(allow("sts:AssumeRole"))})
EVERYTHING: dict[str, Case] = {
    "a user goes": Case([ALICE, BOB], [ALICE], caller=ROOT),
    "a policy goes": Case([policy("p", S3)], [], caller=ROOT),
    "an instance profile goes": Case([InstanceProfile("p", tags=OWNER_TAGS)], [], caller=ROOT),
    "the trust of an open role changes": Case(
        [ops(trust(ROOT)), ALICE], [ops(trust(ROOT, "user/alice")), ALICE], caller=OPS + "x"
    ),
    "the trust of a role becomes an open one": Case(
        [ops(trust("user/alice")), ALICE], [ops(trust(ROOT)), ALICE], caller=OPS + "x"
    ),
    "a group changes, whose members may enter an open role": Case(
        [ops(trust(ROOT)), GROUP], [ops(trust(ROOT)), replace(GROUP, inline_policies={})], caller=OPS + "x"
    ),
    "a policy changes, whose holders may enter a role that is open by its number": Case(
        [ops(trust(ACCOUNT)), ADMIN], [ops(trust(ACCOUNT)), policy("admin", S3)], caller=OPS + "x"
    ),
    "a policy changes, and everybody may enter": Case(
        [ops(trust("*")), ADMIN], [ops(trust("*")), policy("admin", S3)], caller=OPS + "x"
    ),
    "a policy changes, and all but one may enter": Case(
        [ops({"Effect": "Allow", "NotPrincipal": {"AWS": ME}, "Action": "sts:AssumeRole"}), ADMIN],
        [
            ops({"Effect": "Allow", "NotPrincipal": {"AWS": ME}, "Action": "sts:AssumeRole"}),
            policy("admin", S3),
        ],
        caller=OPS + "x",
    ),
    "a policy changes, and sessions of a role may enter": Case(
        [ops(trust(f"arn:aws:sts::{ACCOUNT}:assumed-role/web/x")), ADMIN],
        [ops(trust(f"arn:aws:sts::{ACCOUNT}:assumed-role/web/x")), policy("admin", S3)],
        caller=OPS + "x",
    ),
    "the emergency role is open": Case(
        [Role("emergency", document(trust(ROOT))), ADMIN],
        [policy("admin", S3)],
        caller=ROOT,
        settings={"break_glass": (EMERGENCY.address,)},
    ),
}


@pytest.mark.parametrize("case", EVERYTHING.values(), ids=EVERYTHING.keys())
def test_the_whole_account_is_read_if_anybody_may_be_concerned(case: Case) -> None:
    desired, live = sides(case)
    made = build_plan(desired, live, ANYTHING)
    assert made.changes
    assert read_part(saved_of(made), live) is None


BOTH = replace(BOB, policies=frozenset([policy_arn("p"), policy_arn("q")]))
READER = Group("readers", "/team/", policies=frozenset([policy_arn("p")]))
OTHER, THIRD = document(allow("ec2:RunInstances")), document(allow("sqs:*"))
ORDERED: dict[str, tuple[list[Entity], list[Entity], bool]] = {
    "one policy takes over from another": (
        [policy("p", S3), policy("q", OTHER), BOTH],
        [policy("p", OTHER), policy("q", THIRD), BOTH],
        True,
    ),
    "a group takes over from a policy": (
        [GROUP, policy("p", S3), replace(BOTH, groups=frozenset([GROUP.address]))],
        [replace(GROUP, inline_policies={"own": S3}), policy("p", THIRD), BOTH],
        True,
    ),
    "a group lets go of a policy that is edited": (
        [READER, policy("p", S3)],
        [replace(READER, policies=frozenset()), policy("p", THIRD)],
        True,
    ),
    "policies swap nothing": ([policy("p", S3), policy("q", S3)], [policy("p", OTHER), policy("q", OTHER)], False),
    "one policy is edited": ([policy("p", S3)], [policy("p", OTHER)], False),
    "a new policy and one that loses what it says": (
        [policy("p", S3)],
        [policy("p", OTHER), policy("q", S3)],
        False,
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), ORDERED.values(), ids=ORDERED.keys())
def test_who_is_not_shown_may_decide_the_order(before: list[Entity], after: list[Entity], expected: bool) -> None:
    desired, live = sides(Case(before, after, caller=ROOT))
    saved = saved_of(build_plan(desired, live, ANYTHING))
    part = read_part(saved, live)
    assert part is not None
    assert order_depends_on_unread(plan_again(saved, part, ANYTHING), part) is expected


def test_what_moves_is_followed_by_every_trust() -> None:
    desired, live = sides(Case([ALICE], [User("alicia", tags=OWNER_TAGS)], caller=ROOT))
    moved = replace(desired, moves=(Move(ALICE.address, Address("user", "alicia"), PLACE),))
    assert needs_whole_account(saved_of(build_plan(moved, live, ANYTHING)))


A_PART: dict[str, tuple[Case, set[str]]] = {
    "a tag": (Case([ALICE, BOB, ADMIN], [replace(ALICE, tags=TAGGED), BOB, ADMIN], caller=ROOT), {"user/alice"}),
    "a role that lets in a pipeline": (
        Case(
            [ops(github_trust("repo:a/b:*")), PROVIDER, ADMIN, ALICE],
            [ops(github_trust("repo:a/b:*")), PROVIDER, policy("admin", ALL), ALICE],
            caller=OPS + "run-1",
        ),
        {"role/ops", str(PROVIDER.address), "policy/admin"},
    ),
    "a role that lets in another account": (
        Case(
            [ops(trust("arn:aws:iam::210987654321:root", "210987654321")), ADMIN, ALICE],
            [
                ops(trust("arn:aws:iam::210987654321:root", "210987654321")),
                policy("admin", ALL),
                ALICE,
            ],
            caller=OPS + "run-1",
        ),
        {"role/ops", "policy/admin"},
    ),
    "a role, the role through which it is assumed, and the boundary of that one": (
        Case(
            [ops(trust("role/web")), replace(WEB, permissions_boundary=policy_arn("admin")), ADMIN, ALICE],
            [
                ops(trust("role/web"), tags=TAGGED),
                replace(WEB, permissions_boundary=policy_arn("admin")),
                ADMIN,
                ALICE,
            ],
            caller=OPS + "run-1",
        ),
        {"role/ops", "role/web", "policy/admin", "user/alice"},
    ),
    "a user, its groups, their policies; not the user's colleagues": (
        Case(
            [me(IAM, groups=within("admins")), ADMINS, ADMIN, replace(BOB, groups=within("admins")), WEB, ALICE],
            [
                me(IAM, groups=within("admins"), tags=TAGGED),
                ADMINS,
                ADMIN,
                replace(BOB, groups=within("admins")),
                WEB,
                ALICE,
            ],
        ),
        {"user/me", "group/admins", "policy/admin"},
    ),
}


@pytest.mark.parametrize(("case", "expected"), A_PART.values(), ids=A_PART.keys())
def test_no_more_is_read_than_what_is_asked_about(case: Case, expected: set[str]) -> None:
    desired, live = sides(case)
    part = read_part(saved_of(build_plan(desired, live, ANYTHING)), live)
    assert part is not None
    assert set(map(str, part.known_addresses or ())) == expected


# A part says what it does not know


PART = State(ACCOUNT, "aws", {ALICE.address: ALICE}, known_addresses=frozenset([ALICE.address, BOB.address]))
UNKNOWN: dict[str, Callable[[State], object]] = {
    "an entity": lambda part: part.entities[WEB.address],
    "an entity, perhaps": lambda part: part.entities.get(WEB.address),
    "whether there is one": lambda part: WEB.address in part.entities,
    "everything": lambda part: part.all_entities,
    "an entity of a changed part": lambda part: replace(part, entities={}).entities.get(WEB.address),
}


@pytest.mark.parametrize("ask", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_was_not_read_is_not_absent(ask: Callable[[State], object]) -> None:
    with pytest.raises(NotReadError):
        ask(PART)


def test_a_part_knows_what_is_there_and_what_is_not() -> None:
    assert PART.entities[ALICE.address] == ALICE
    assert BOB.address not in PART.entities
    assert PART.entities.get(BOB.address) is None
    assert PART.entities.get(Address("user", "ALICE")) == ALICE
    assert None not in PART.entities
    assert replace(PART, known_addresses=None).all_entities == {ALICE.address: ALICE}


def test_a_part_tells_nothing_of_access() -> None:
    desired, live = sides(Case([WEB, ALICE, BOB], [replace(WEB, trust_policy=document(trust("user/bob"))), ALICE, BOB]))
    made = build_plan(desired, live, ANYTHING)
    saved = saved_of(made)
    part = read_part(saved, live)
    assert part is not None
    assert made.access == saved.access != AccessDelta()
    assert plan_again(saved, part).access == AccessDelta()


# Cost


def test_pages_cost_by_the_thousand_and_tags_by_the_hundred_or_one_by_one() -> None:
    many: dict[Address, Entity] = {}
    for index in range(1500):
        for entity in (User(f"u{index}"), replace(WEB, name=f"r{index}"), policy(f"p{index}", S3)):
            many[entity.address] = entity
    live = State(ACCOUNT, "aws", many)
    assert count_page_calls(live) == 15 + 2 + 1 + 5 + 2 + 1
    one_by_one = replace(live, details=LiveDetails(fully_read=frozenset(many)))
    assert count_page_calls(one_by_one) == 1501 + 2 + 1 + 5 + 2 + 1
    assert count_entity_calls([ALICE.address, WEB.address, ADMIN.address, ADMINS.address, PROVIDER.address]) == 14


# The law


@st.composite
def situations(draw: st.DrawFn) -> tuple[Desired, State, State]:
    """A file, an account, and the account later, when something that no plan of the file touches may have changed."""
    desired, live = draw(worlds())
    desired = replace(desired, settings=replace(desired.settings, prune="none"), moves=())
    callers = [address for address in (*live.entities, *desired.state.entities) if address.kind in ("user", "role")]
    caller = draw(st.sampled_from([*callers, None]))
    glass = tuple(draw(st.lists(st.sampled_from(callers), max_size=2, unique=True))) if callers else ()
    desired = replace(desired, settings=replace(desired.settings, break_glass=glass))
    devices = {  # of every user, because the follow-up reads of an account ask for all that a plan needs
        address: (MfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/{address.name}"),) if draw(st.booleans()) else ()
        for address in {**live.entities, **desired.state.entities}
        if address.kind == "user"
    }
    arn = ROOT
    if caller is not None:
        arn = f"arn:aws:iam::{ACCOUNT}:user/{caller.name}"
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{caller.name}/alice" if caller.kind == "role" else arn
    live = replace(live, details=replace(live.details, caller=arn, devices=devices))
    other = desired.state.entities
    later = dict(live.entities)
    for address in sorted(live.entities.keys() | other.keys()):
        if draw(st.integers(0, 2)) == 0:
            later.pop(address, None)
            if address in other and draw(st.booleans()):
                later[address] = other[address]
    return desired, live, replace(live, entities=later)


@examples(50)
@given(situations())
def test_a_part_refuses_what_the_whole_refuses_and_else_makes_the_same_calls(
    found: tuple[Desired, State, State],
) -> None:
    desired, live, later = found
    made = build_plan(desired, live, ANYTHING)
    assume(made.changes)
    saved = saved_of(made)
    touched = {address: live.entities[address] for address in saved.before if address in live.entities}
    left = {address: entity for address, entity in later.entities.items() if address not in saved.before}
    now = replace(later, entities={**left, **touched})
    part = read_part(saved, now)
    event(f"part: {part is not None}")
    assume(part is not None)
    assert part is not None
    assert find_stale_entities(saved, part) == find_stale_entities(saved, now) == []
    partly, wholly = plan_again(saved, part, FLAGS), plan_again(saved, now, FLAGS)
    event(f"refused: {bool(errors(wholly))}, lockout: {bool(lockouts(wholly))}")
    assert errors(wholly) <= errors(partly)
    event(f"ordered by others: {order_depends_on_unread(partly, part)}")
    if not errors(partly) and not order_depends_on_unread(partly, part):
        assert (partly.steps, partly.changes) == (wholly.steps, wholly.changes)


def test_an_instance_profile_that_loses_its_role_is_judged_with_that_role() -> None:
    """To undo it takes PassRole on the role, which may have a path."""
    role, profile = Role("web", ADMIN.document, "/team/", tags=OWNER_TAGS), InstanceProfile("p", tags=OWNER_TAGS)
    case = Case([replace(profile, role=role.address), role], [profile, role])
    desired, live = sides(case)
    saved = saved_of(build_plan(desired, live, ANYTHING))
    part = read_part(saved, live)
    assert part is not None and role.address in part.entities
    assert plan_again(saved, part).steps == plan_again(saved, live).steps
