"""The report of a plan on passwords and keys, from the time at which the account was read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.kinds.account import PasswordPolicy
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, KeyRule, Settings
from reconciler.model.entity import User
from reconciler.model.live import AccessKey, LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from tests.support.strategies import ACCOUNT, PLACE

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALICE = Address("user", "alice")
DAY = 86400


def make_plan(rule: KeyRule | None, *keys: tuple[timedelta, bool], exists: bool = True, **settings: object) -> Plan:
    """A plan of one user with keys of these ages, active or not."""
    found = tuple(AccessKey(f"AKIA{index}", NOW - age, active) for index, (age, active) in enumerate(keys))
    facts = LiveDetails(access_keys={ALICE: found}, read_at=NOW)
    live = State(ACCOUNT, "aws", {ALICE: User("alice")} if exists else {}, facts)
    declarations = {ALICE: Declaration(PLACE, access_keys=rule)}
    wanted = State(ACCOUNT, "aws", {ALICE: User("alice")})
    desired = Desired(wanted, None, Settings(prune="none", **settings), declarations, {})  # type: ignore[arg-type]
    return build_plan(desired, live, PlanOptions())


def list_warnings(plan: Plan) -> list[str]:
    return [finding.summary for finding in plan.findings if finding.level is Level.WARNING]


QUARTER, SECOND = timedelta(days=90), timedelta(seconds=1)
OLD: dict[str, tuple[timedelta, bool, list[str]]] = {
    "on the day": (QUARTER, True, []),
    "a second older": (QUARTER + SECOND, True, ["Access key AKIA0 of user/alice is 90d old; its rule allows 90d."]),
    "years older": (
        timedelta(days=1000),
        True,
        ["Access key AKIA0 of user/alice is 1000d old; its rule allows 90d."],
    ),
    "inactive": (
        timedelta(days=91),
        False,
        ["Access key AKIA0 (inactive) of user/alice is 91d old; its rule allows 90d."],
    ),
    "made after the account was read": (-SECOND, True, []),
}


@pytest.mark.parametrize(("age", "active", "expected"), OLD.values(), ids=OLD.keys())
def test_a_key_older_than_its_rule_is_reported(age: timedelta, active: bool, expected: list[str]) -> None:
    assert list_warnings(make_plan(KeyRule(max_age=90 * DAY), (age, active))) == expected


COUNTS: dict[str, tuple[int, list[bool], list[str]]] = {
    "one of one": (1, [True], []),
    "two of one": (1, [True, True], ["user/alice has 2 access keys; its rule allows 1."]),
    "an inactive one counts": (1, [True, False], ["user/alice has 2 access keys (1 inactive); its rule allows 1."]),
    "one of none": (0, [True], ["user/alice has 1 access key; its rule allows 0."]),
    "none of none": (0, [], []),
}


@pytest.mark.parametrize(("most", "keys", "expected"), COUNTS.values(), ids=COUNTS.keys())
def test_more_keys_than_the_rule_allows_are_reported(most: int, keys: list[bool], expected: list[str]) -> None:
    assert list_warnings(make_plan(KeyRule(max_count=most), *((SECOND, active) for active in keys))) == expected


def test_without_a_rule_nothing_is_said_whatever_there_is() -> None:
    assert list_warnings(make_plan(None, (timedelta(days=9999), True), (timedelta(days=9999), True))) == []


def test_an_age_beyond_all_calendars_is_no_error() -> None:
    assert list_warnings(make_plan(KeyRule(max_age=10**15), (QUARTER, True))) == []


def test_what_is_ignored_has_no_rules() -> None:
    plan = make_plan(KeyRule(max_count=0), (SECOND, True), ignore=("user/*",))
    assert [finding.code for finding in plan.findings] == ["ignored"]


def test_a_user_that_does_not_exist_yet_has_no_keys() -> None:
    assert list_warnings(make_plan(KeyRule(0, 0), exists=False)) == []


def policy(max_age: int | None, hard_expiry: bool = False) -> PasswordPolicy:
    return PasswordPolicy("password-policy", max_age=max_age, hard_expiry=hard_expiry)


EXPIRING: dict[str, tuple[PasswordPolicy | None, PasswordPolicy, list[tuple[Level, str]]]] = {
    "a first policy without an age": (None, policy(None), []),
    "a first policy with one": (None, policy(90), [(Level.INFO, "passwords-expire")]),
    "an age where there was none": (policy(None), policy(90), [(Level.INFO, "passwords-expire")]),
    "a lower age": (policy(90), policy(89), [(Level.INFO, "passwords-expire")]),
    "a higher age": (policy(90), policy(91), []),
    "no age any more": (policy(90), policy(None, hard_expiry=True), []),
    "an age that shuts out": (policy(None), policy(90, hard_expiry=True), [(Level.WARNING, "passwords-expire")]),
    "the same age, now shutting out": (policy(90), policy(90, hard_expiry=True), [(Level.WARNING, "passwords-expire")]),
    "the same age, shutting out no more": (policy(90, hard_expiry=True), policy(90), []),
    "nothing new": (policy(90, hard_expiry=True), policy(90, hard_expiry=True), []),
}


@pytest.mark.parametrize(("before", "after", "expected"), EXPIRING.values(), ids=EXPIRING.keys())
def test_a_policy_that_makes_passwords_expire_at_once_says_so(
    before: PasswordPolicy | None, after: PasswordPolicy, expected: list[tuple[Level, str]]
) -> None:
    live = State(ACCOUNT, "aws", {before.address: before} if before else {})
    wanted = State(ACCOUNT, "aws", {after.address: after})
    desired = Desired(wanted, None, Settings(prune="none"), {after.address: Declaration(PLACE)}, {})
    plan = build_plan(desired, live, PlanOptions())
    assert [(finding.level, finding.code) for finding in plan.findings] == expected
