"""`expires`: what it compiles to, what is over, and what is no moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.desired.declare import declare
from reconciler.desired.load import load
from reconciler.model.address import Address
from reconciler.model.entity import Role, User
from reconciler.model.problem import Level
from reconciler.model.state import Desired
from tests.support.files import ACCOUNT, HEAD, Folder, valid

READER = f"arn:aws:iam::{ACCOUNT}:policy/reader"
POLICIES = "policies: {reader: {document: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}\n"


def at(folder: Folder, text: str, now: datetime) -> Desired:
    folder.write("roles.yaml", HEAD + text)
    return valid(declare(load([folder.path / "roles.yaml"], {}, ACCOUNT), now=now))


def statements(desired: Desired) -> list[dict[str, Any]]:
    role = desired.state.entities[Address("role", "app")]
    assert isinstance(role, Role)
    found: list[dict[str, Any]] = json.loads(role.trust_policy.text)["Statement"]
    return found


def trust(*rules: str) -> str:
    return f"users: {{alice: }}\nroles: {{app: {{trust: [{', '.join(rules)}]}}}}\n"


EARLY, END, LATE = (
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 12, 31, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("written", "compiled"),
    [
        ("2026-12-31", "2026-12-31T00:00:00Z"),
        ("'2026-12-31'", "2026-12-31T00:00:00Z"),
        ("2026-12-31T18:30:00Z", "2026-12-31T18:30:00Z"),
        ("2026-12-31t18:30:00z", "2026-12-31T18:30:00Z"),
        ("2026-12-31T00:30:00+01:00", "2026-12-30T23:30:00Z"),
        ("2026-12-31T18:30:00.999-05:00", "2026-12-31T23:30:00Z"),
    ],
)
def test_a_rule_that_ends_is_a_condition_on_the_time(folder: Folder, written: str, compiled: str) -> None:
    (statement,) = statements(at(folder, trust(f"{{users: [alice], mfa: required, expires: {written}}}"), EARLY))
    assert statement["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "DateLessThan": {"aws:CurrentTime": compiled},
    }


def test_it_merges_with_other_conditions_on_the_time(folder: Folder) -> None:
    rule = "{users: [alice], expires: 2026-12-31, conditions: {DateGreaterThan: {'aws:CurrentTime': 2026-06-01}}}"
    (statement,) = statements(at(folder, trust(rule), EARLY))
    assert set(statement["Condition"]) == {"DateLessThan", "DateGreaterThan"}


RULES = ("{users: [alice], expires: 2026-12-31}", "{services: [ec2.amazonaws.com]}")


@pytest.mark.parametrize(("now", "left"), [(EARLY, 2), (END, 1), (LATE, 1)])
def test_a_rule_that_is_over_is_left_out_from_its_moment_on(folder: Folder, now: datetime, left: int) -> None:
    assert len(statements(at(folder, trust(*RULES), now))) == left


def test_where_every_rule_is_over_the_trust_stays_closed_by_its_conditions(folder: Folder) -> None:
    found = statements(at(folder, trust(RULES[0]), LATE))
    assert [one["Condition"] for one in found] == [{"DateLessThan": {"aws:CurrentTime": "2026-12-31T00:00:00Z"}}]


@pytest.mark.parametrize(("now", "attached"), [(EARLY, True), (END, False), (LATE, False)])
def test_an_attachment_is_asked_for_until_its_moment(folder: Folder, now: datetime, attached: bool) -> None:
    text = POLICIES + "users: {alice: {policies: [{policy: reader, expires: 2026-12-31}, aws:ReadOnlyAccess]}}\n"
    user = at(folder, text, now).state.entities[Address("user", "alice")]
    assert isinstance(user, User)
    assert (READER in user.policies, len(user.policies)) == (attached, 1 + attached)


@pytest.mark.parametrize(
    "kind", ["users: {a: {", "groups: {a: {", "roles: {a: {trust: [{services: [ec2.amazonaws.com]}], "]
)
def test_everything_that_has_attachments_takes_one_that_ends(folder: Folder, kind: str) -> None:
    desired = at(folder, f"{POLICIES}{kind}policies: [{{policy: reader, expires: 2026-12-31}}]}}}}\n", EARLY)
    (declaration,) = (item for address, item in desired.declarations.items() if address.name == "a")
    assert [(one.policy, one.at) for one in declaration.expiries] == [("reader", END)]


BROKEN = {
    "no date": ("tomorrow", "2026-12-31T18:00:00Z"),
    "a day that is not": ("2026-02-30", "Correct it."),
    "a month that is not": ("2026-13-01T00:00:00Z", "Correct it."),
    "no time zone": ("2026-12-31T18:00:00", "2026-12-31T18:00:00Z for UTC"),
    "another order": ("31.12.2026", "2026-12-31"),
    "a time without seconds": ("2026-12-31T18:00Z", "2026-12-31T18:00:00Z"),
    "far beyond": ("0001-01-01T00:00:00+01:00", "Correct it."),
    "other digits": ("'２０２６-12-31'", "2026-12-31"),
}


@pytest.mark.parametrize(("written", "hint"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_moment_is_shown_where_it_stands(folder: Folder, written: str, hint: str) -> None:
    text = f"users:\n  alice:\n    policies: [{{policy: aws:A, expires: {written}}}]\n"
    text += f"roles:\n  app:\n    trust: [{{users: [alice], expires: {written}}}]\n"
    found = [problem for problem in folder.desired(HEAD + text).problems if problem.level is Level.ERROR]
    assert [folder.said(problem) for problem in found] == [
        "roles.yaml:5:41 bad-moment",
        "roles.yaml:8:39 bad-moment",
    ]
    assert all(hint in problem.hint for problem in found)


OTHERS = {
    "a clash with conditions": (
        trust("{users: [alice], expires: 2026-12-31, conditions: {DateLessThan: {'aws:currenttime': 2026-06-01}}}"),
        ["roles.yaml:4:73 trust-rule"],
    ),
    "an attachment without a policy": ("users: {a: {policies: [{expires: 2026-12-31}]}}\n", ["3:24 missing-key"]),
    "an unknown key": ("users: {a: {policies: [{policy: aws:A, expire: 2026-12-31}]}}\n", ["3:40 unknown-key"]),
    "one policy with and without an end": (
        "users: {a: {policies: [aws:A, {policy: aws:A, expires: 2026-12-31}]}}\n",
        ["3:40 duplicate-reference"],
    ),
    "an unknown policy": ("users: {a: {policies: [{policy: x, expires: 2026-12-31}]}}\n", ["3:33 unknown-reference"]),
    "a number": ("users: {a: {policies: [{policy: aws:A, expires: 2026}]}}\n", ["3:49 wrong-type"]),
}


@pytest.mark.parametrize(("text", "said"), OTHERS.values(), ids=OTHERS.keys())
def test_other_mistakes(folder: Folder, text: str, said: list[str]) -> None:
    expected = [one if one.startswith("roles") else f"roles.yaml:{one}" for one in said]
    assert folder.problems(HEAD + text) == expected
