"""Moves between two states: what a caller may do under another name, what counts as gone, and where steps stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.kinds.facets.tags import OWNER
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Expiry, ExpiryKind, Move, Settings
from reconciler.model.entity import Entity, Policy, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, PLACE, policy_arn

MINE = {OWNER: "me"}
OLD, NEW = Address("user", "old"), Address("user", "new")


def document(resource: str, action: str = "iam:*", effect: str = "Allow") -> Any:
    return canonical(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}
    )


def make_plan(live: list[Entity], wanted: list[Entity], caller: str = "", **more: Any) -> Plan:
    facts = LiveDetails(caller=f"arn:aws:iam::{ACCOUNT}:{caller}", versions={})
    entities = {entity.address: entity for entity in wanted}
    declarations = {address: Declaration(PLACE) for address in entities}
    settings = Settings(**more.pop("settings", {}))
    desired = Desired(State(ACCOUNT, "aws", entities), "me", settings, declarations, {}, **more)
    return build_plan(desired, State(ACCOUNT, "aws", {one.address: one for one in live}, facts), PlanOptions())


def list_errors(plan: Plan) -> list[str]:
    return [finding.code for finding in plan.findings if finding.level is Level.ERROR]


MOVE = (Move(OLD, NEW, PLACE),)


@pytest.mark.parametrize(
    ("resource", "codes"),
    [
        ("*", []),
        (f"arn:aws:iam::{ACCOUNT}:user/*", []),
        (f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}", ["lockout"]),  # UpdateUser needs both names
        (f"arn:aws:iam::{ACCOUNT}:user/old", ["lockout"]),
    ],
)
def test_a_caller_may_be_renamed_if_it_could_rename_itself_back(resource: str, codes: list[str]) -> None:
    before = User("old", inline_policies={"own": document(resource)}, tags=MINE)
    after = User("new", inline_policies={"own": document(resource)}, tags=MINE)
    plan = make_plan([before], [after], "user/old", moves=MOVE)
    assert list_errors(plan) == codes
    assert [step.call.operation for step in plan.steps] == ["UpdateUser"]


def test_access_that_hangs_on_the_old_name_is_reported_as_lost_by_the_new_one() -> None:
    trust = canonical(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:username": "old"}},
                }
            ],
        }
    )
    role = Role("r", trust, tags=MINE)
    own = {"own": document("*", "sts:AssumeRole")}
    users = User("old", inline_policies=own, tags=MINE), User("new", inline_policies=own, tags=MINE)
    plan = make_plan([users[0], role], [users[1], role], moves=MOVE)
    assert [(one.principal, one.role) for one in plan.access.lost] == [("user/new", "role/r")]


def test_a_role_that_keeps_its_trust_in_itself_is_told_that_it_moves() -> None:
    itself = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/old"}, "Action": "sts:AssumeRole"}
    trust = canonical({"Version": "2012-10-17", "Statement": itself})
    move = (Move(Address("role", "old"), Address("role", "new"), PLACE),)
    plan = make_plan([Role("old", trust, tags=MINE)], [Role("new", trust, tags=MINE)], moves=move)
    refusal = next(finding for finding in plan.findings if finding.code == "deleted-reference")
    assert refusal.summary == "role/new names role/old, which role/new replaces (`moved`)."
    assert "Declare role/old" not in refusal.hint


def test_a_policy_attached_in_place_of_the_one_it_replaces_is_no_removal() -> None:
    def world(name: str) -> list[Entity]:
        users = [User(f"u{index}", policies=frozenset([policy_arn(name)]), tags=MINE) for index in range(3)]
        return [Policy(name, document("*", "s3:Get*"), description="", tags=MINE), *users]

    moves = (Move(Address("policy", "p"), Address("policy", "q"), PLACE),)
    assert list_errors(make_plan(world("p"), world("q"), moves=moves, settings={"max_removals": 0})) == []
    assert list_errors(make_plan(world("p"), world("q"), settings={"max_removals": 0})) == ["too-many-removals"]


def test_a_plan_holds_until_the_next_end_of_what_it_changes() -> None:
    ends = [datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2030, 2040)]
    changed, same = User("a", tags=MINE), User("b", tags=MINE)
    expiries = {changed.address: ends, same.address: [datetime(2027, 1, 1, tzinfo=UTC)]}
    declarations = {
        address: Declaration(PLACE, expiries=tuple(Expiry(at, PLACE, "p") for at in found))
        for address, found in expiries.items()
    }
    wanted = State(ACCOUNT, "aws", {changed.address: changed, same.address: same})
    desired = Desired(wanted, "me", Settings(), declarations, {}, now=datetime(2026, 1, 1, tzinfo=UTC))
    plan = build_plan(desired, State(ACCOUNT, "aws", {same.address: same}), PlanOptions())
    assert plan.valid_until == ends[1]
    assert [finding.code for finding in plan.findings] == ["expired", "expires", "expires", "expires"]


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (datetime(2026, 12, 16, 23, 59, 59, tzinfo=UTC), "expires"),
        (datetime(2026, 12, 17, tzinfo=UTC), "expires-soon"),
        (datetime(2026, 12, 30, 23, 59, 59, tzinfo=UTC), "expires-soon"),
        (datetime(2026, 12, 31, tzinfo=UTC), "expired"),
    ],
)
@pytest.mark.parametrize("policy", ["p", ""], ids=["attachment", "trust rule"])
def test_an_end_is_near_14_days_ahead_and_over_at_its_moment(now: datetime, code: str, policy: str) -> None:
    user = User("a", tags=MINE)
    end = Expiry(
        datetime(2026, 12, 31, tzinfo=UTC), PLACE, policy, ExpiryKind.ATTACHMENT if policy else ExpiryKind.TRUST
    )
    state = State(ACCOUNT, "aws", {user.address: user})
    desired = Desired(state, "me", Settings(), {user.address: Declaration(PLACE, expiries=(end,))}, {}, now=now)
    expected = [code] if policy or code != "expires" else []
    assert [finding.code for finding in build_plan(desired, state, PlanOptions()).findings] == expected
    ignored = {user.address: Declaration(PLACE, expiries=(replace(end, ignored=True),))}
    assert build_plan(replace(desired, declarations=ignored), state, PlanOptions()).findings == ()


def roles(*names: str, **tags: str) -> list[Entity]:
    trust = document("*", "sts:AssumeRole")
    return [Role(name, trust, tags=tags or MINE) for name in names]


def moved_findings(plan: Plan) -> list[tuple[str, str]]:
    return [(one.level, one.hint) for one in plan.findings if one.code == "moved-unknown"]


MEANT = "Did you mean `role/deployer: role/release`? If not, remove the line."


@pytest.mark.parametrize(
    ("live", "wanted", "moves", "settings", "found"),
    [
        # misspelt, and the one that was meant would be deleted
        (["deployer"], ["release"], {"depolyer": "release"}, {}, [("error", MEANT)]),
        # deleted by no rule, and left beside the new one
        (["deployer"], ["release"], {"depolyer": "release"}, {"prune": "none"}, [("warning", MEANT)]),
        # spelt right; in another letter case; done already
        (["deployer"], ["release"], {"deployer": "release"}, {}, []),
        (["deployer"], ["release"], {"Deployer": "release"}, {}, []),
        (["deployer", "release"], ["release"], {"depolyer": "release"}, {}, []),
        # an account that never had it: nothing is near, or what is near is declared, ignored, or another move's source
        ([], ["release"], {"depolyer": "release"}, {}, []),
        (["unlike"], ["release"], {"depolyer": "release"}, {}, []),
        (["deployer"], ["release", "deployer"], {"depolyer": "release"}, {}, []),
        (["deployer"], ["release"], {"depolyer": "release"}, {"ignore": ("role/deployer",)}, []),
        (["deployer"], ["release", "other"], {"depolyer": "release", "deployer": "other"}, {}, []),
    ],
)
def test_a_misspelt_source_of_a_move_is_told_from_one_that_is_not_there(
    live: list[str], wanted: list[str], moves: dict[str, str], settings: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    written = tuple(Move(Address("role", old), Address("role", new), PLACE) for old, new in moves.items())
    plan = make_plan(roles(*live), roles(*wanted), moves=written, settings=settings)
    assert moved_findings(plan) == found


def test_a_deletion_of_another_kind_is_not_what_a_move_meant() -> None:
    moves = (Move(OLD, NEW, PLACE),)
    plan = make_plan(roles("olde"), [User("new", tags=MINE)], moves=moves)
    assert moved_findings(plan) == []


def test_what_belongs_to_others_is_near_but_stays() -> None:
    moves = (Move(Address("role", "depolyer"), Address("role", "release"), PLACE),)
    plan = make_plan(roles("deployer", **{OWNER: "web"}), roles("release"), moves=moves)
    assert moved_findings(plan) == [("warning", MEANT)]
