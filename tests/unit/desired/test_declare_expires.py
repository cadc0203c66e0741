"""`expires`: what it compiles to, what is over, and what is not a moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.desired.declare import declare
from reconciler.desired.load import load
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Role, User
from reconciler.model.problem import Level
from tests.support.files import ACCOUNT, HEAD, Folder, require_valid

READER = f"arn:aws:iam::{ACCOUNT}:policy/reader"
POLICIES = "policies: {reader: {document: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}\n"


def at(folder: Folder, text: str, now: datetime) -> Desired:
    folder.write("roles.yaml", HEAD + text)
    return require_valid(declare(load([folder.path / "roles.yaml"], {}, ACCOUNT), now=now))


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


def test_if_every_rule_is_over_the_trust_stays_closed_by_its_conditions(folder: Folder) -> None:
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
    assert [(one.name, one.at) for one in declaration.expiries] == [("reader", END)]


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
    found = [problem for problem in folder.declare_text(HEAD + text).problems if problem.level is Level.ERROR]
    assert [folder.format_problem(problem) for problem in found] == [
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
    assert folder.find_problems(HEAD + text) == expected


def user_at(folder: Folder, fields: str, now: datetime) -> User:
    text = f"groups: {{ops: , dev: }}\nusers: {{alice: {{{fields}}}}}\n"
    found = at(folder, text, now).state.entities[Address("user", "alice")]
    assert isinstance(found, User)
    return found


@pytest.mark.parametrize(("now", "names"), [(EARLY, {"ops", "dev"}), (END, {"dev"}), (LATE, {"dev"})])
def test_a_membership_is_asked_for_until_its_moment(folder: Folder, now: datetime, names: set[str]) -> None:
    user = user_at(folder, "groups: [{group: ops, expires: 2026-12-31}, dev]", now)
    assert {group.name for group in user.groups} == names


INLINE = "{Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 'ec2:*', Resource: '*'}]}"
ENDS = {"DateLessThan": {"aws:CurrentTime": "2026-12-31T00:00:00Z"}}


@pytest.mark.parametrize(("now", "there"), [(EARLY, True), (END, False), (LATE, False)])
def test_an_inline_policy_ends_by_a_condition_on_every_statement(folder: Folder, now: datetime, there: bool) -> None:
    user = user_at(folder, f"inline_policies: {{a: {{document: {INLINE}, expires: 2026-12-31}}, b: {INLINE}}}", now)
    assert ("a" in user.inline_policies, "b" in user.inline_policies) == (there, True)
    if there:
        statements = json.loads(user.inline_policies["a"].text)["Statement"]
        assert [one["Condition"] for one in statements] == [ENDS, ENDS]
        assert "Condition" not in user.inline_policies["b"].text


def test_the_end_of_an_inline_policy_joins_its_other_conditions(folder: Folder) -> None:
    condition = "{DateLessThan: {'aws:TokenIssueTime': '2026-06-01T00:00:00Z'}, Bool: {'aws:SecureTransport': 'true'}}"
    body = f"{{Statement: {{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {condition}}}}}"
    user = user_at(folder, f"inline_policies: {{a: {{document: {body}, expires: 2026-12-31}}}}", EARLY)
    (statement,) = json.loads(user.inline_policies["a"].text)["Statement"]
    assert set(statement["Condition"]["DateLessThan"]) == {"aws:TokenIssueTime", "aws:CurrentTime"}
    assert statement["Condition"]["Bool"] == {"aws:SecureTransport": "true"}


@pytest.mark.parametrize(
    ("now", "condition"),
    [
        (EARLY, {"DateGreaterThanEquals": {"aws:CurrentTime": "2026-12-31T00:00:00Z"}}),
        (END, None),
        (LATE, None),
    ],
)
def test_a_user_ends_by_a_denial_of_everything(folder: Folder, now: datetime, condition: Any) -> None:
    user = user_at(folder, "groups: [dev], expires: 2026-12-31", now)
    (statement,) = json.loads(user.inline_policies["reconcile-expires"].text)["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    assert statement.get("Condition") == condition
    assert user.groups == {Address("group", "dev")}


MORE = {
    "a membership without a group": ("users: {a: {groups: [{expires: 2026-12-31}]}}\n", ["3:22 missing-key"]),
    "an unknown group": ("users: {a: {groups: [{group: x, expires: 2026-12-31}]}}\n", ["3:30 unknown-reference"]),
    "a group with and without an end": (
        "groups: {g: }\nusers: {a: {groups: [g, {group: g, expires: 2026-12-31}]}}\n",
        ["4:33 duplicate-reference"],
    ),
    "an end beside a document": (
        f"users: {{a: {{inline_policies: {{i: {{expires: 2026-12-31, {INLINE[1:-1]}}}}}}}}}\n",
        ["3:34 missing-key"],
    ),
    "a misspelt end": (
        f"users: {{a: {{inline_policies: {{i: {{document: {INLINE}, expire: 2026-12-31}}}}}}}}\n",
        ["3:156 unknown-key"],
    ),
    "an end of its own": (
        "users: {a: {inline_policies: {i: {expires: 2026-12-31, document: {Statement: {Effect: Allow, Action: 'a:B', "
        "Resource: '*', Condition: {DateLessThan: {'aws:currenttime': '2026-01-01T00:00:00Z'}}}}}}}}\n",
        ["3:44 expires-twice"],
    ),
    "no moment of a user": ("users: {a: {expires: tomorrow}}\n", ["3:22 bad-moment"]),
    "no moment of a membership": (
        "groups: {g: }\nusers: {a: {groups: [{group: g, expires: soon}]}}\n",
        ["4:42 bad-moment"],
    ),
    "our inline policy beside an end": (
        f"users: {{a: {{expires: 2026-12-31, inline_policies: {{reconcile-expires: {INLINE}}}}}}}\n",
        ["3:52 conflict"],
    ),
}


@pytest.mark.parametrize(("text", "said"), MORE.values(), ids=MORE.keys())
def test_mistakes_in_the_ends_of_memberships_inline_policies_and_users(
    folder: Folder, text: str, said: list[str]
) -> None:
    assert folder.find_problems(HEAD + text) == [f"roles.yaml:{one}" for one in said]


IGNORED = {
    "a user": "users: {a: {expires: 2026-12-31, ignore_changes: [inline_policies]}}",
    "a user by the policy's name": (
        "users: {a: {expires: 2026-12-31, ignore_changes: [inline_policies.reconcile-expires]}}"
    ),
    "a membership": "groups: {g: }\nusers: {a: {groups: [{group: g, expires: 2026-12-31}], ignore_changes: [groups]}}",
    "an attachment": "users: {a: {policies: [{policy: aws:A, expires: 2026-12-31}], ignore_changes: [policies]}}",
    "an inline policy": (
        f"users: {{a: {{inline_policies: {{i: {{document: {INLINE}, expires: 2026-12-31}}}}, "
        "ignore_changes: [inline_policies.i]}}"
    ),
    "a trust rule": "roles: {a: {trust: [{services: [a.b.com], expires: 2026-12-31}], ignore_changes: [trust]}}",
}


@pytest.mark.parametrize("text", IGNORED.values(), ids=IGNORED.keys())
def test_an_end_that_ignore_changes_takes_away_is_told(folder: Folder, text: str) -> None:
    desired = folder.declare_text(HEAD + text + "\n")
    assert "expires-ignored" in [one.code for one in desired.problems]
    assert [end.ignored for one in desired.declarations.values() for end in one.expiries] == [True]
    others = text.replace("inline_policies.i]", "tags]").replace("[inline_policies.reconcile-expires]", "[tags]")
    for field in ("inline_policies", "groups", "policies", "trust"):
        others = others.replace(f"ignore_changes: [{field}]", "ignore_changes: [path]")
    assert "expires-ignored" not in [one.code for one in folder.declare_text(HEAD + others + "\n").problems]
