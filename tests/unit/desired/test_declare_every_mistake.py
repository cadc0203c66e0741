"""Every mistake at once: one slip hides no other, and makes nothing look wrong that is right."""

from __future__ import annotations

import copy
import json
from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.aws_names import AwsNames
from tests.support.files import HEAD, Folder

GOOD: dict[str, Any] = {
    "version": 1,
    "owner": "stack",
    "settings": {"prune": "owned", "ignore": ["role/x*"], "max_deletes": 5},
    "defaults": {"tags": {"team": "platform"}},
    "groups": {
        "g": {"path": "/g/", "policies": ["p", "aws:ReadOnlyAccess"]},
        "h": {
            "inline_policies": {"i": {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}
        },
    },
    "policies": {
        "p": {
            "document": {
                "Statement": [
                    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
                    {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
                ]
            },
            "tags": {"a": "b"},
        }
    },
    "users": {"u": {"groups": ["g", "h"], "permissions_boundary": "p", "tags": {"k": "v"}}, "v": {"console": False}},
    "roles": {
        "r": {
            "trust": [{"users": ["u"], "mfa": {"max_age": "1h"}}, {"roles": ["s"], "external_id": "abcdef"}],
            "policies": ["p", {"policy": "aws:ReadOnlyAccess", "expires": "2099-01-01"}],
            "description": "d",
            "max_session_duration": "2h",
            "ignore_changes": ["description"],
        },
        "s": {
            "trust_policy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        },
    },
    "oidc_providers": {"token.example.com": {"client_ids": ["c"]}},
    "aliases": {
        "a": {"role": "r", "duration": "1h", "session_tags": {"x": "y"}, "transitive_tags": ["x"]},
        "b": {"role": "s", "via": "a", "region": "eu-central-1"},
    },
    "moved": {"user/old": "user/u"},
}

ABSENT = "(absent)"
SLIPS: list[tuple[tuple[str | int, ...], object]] = [
    (("owner",), "no owner"),
    (("settings",), 5),
    (("settings", "prune"), "ownd"),
    (("settings", "ignore", 0), 5),
    (("settings", "max_deletes"), "many"),
    (("settings", "max_delets"), 3),
    (("defaults",), []),
    (("defaults", "tags", "aws:x"), "y"),
    (("groups",), ["g", "h"]),
    (("groups", "g"), 3),
    (("groups", "g", "path"), 3),
    (("groups", "g", "polices"), ["p"]),
    (("groups", "g", "policies", 0), "nope"),
    (("groups", "g", "policies", 1), 7),
    (("groups", "h", "inline_policies", "i"), []),
    (("groups", "h", "inline_policies", "i", "Statement", 0, "Effect"), "allow"),
    (("policies", "p"), None),
    (("policies", "p", "document"), ABSENT),
    (("policies", "p", "document"), 5),
    (("policies", "p", "document", "Version"), "2012-10-18"),
    (("policies", "p", "document", "Statement"), "x"),
    (("policies", "p", "document", "Statement", 0, "Action", 1), "s3:GetObjct"),
    (("policies", "p", "document", "Statement", 1, "NotAction"), "dynamdb:Query"),
    (("policies", "p", "document", "Statement", 1, "Resource"), "x"),
    (("policies", "p", "tags", "a"), ["b"]),
    (("policies", "p", "tags", "aws:x"), "b"),
    (("users",), "u"),
    (("users", "u"), []),
    (("users", "u", "groups"), "g"),
    (("users", "u", "groups", 0), "gg"),
    (("users", "u", "groups", 1), 4),
    (("users", "u", "permissions_boundary"), "q"),
    (("users", "u", "mfa"), "requird"),
    (("users", "v", "console"), "no"),
    (("roles",), 5),
    (("roles", "r"), "x"),
    (("roles", "r", "trust"), []),
    (("roles", "r", "trust"), ABSENT),
    (("roles", "r", "trust", 0), 5),
    (("roles", "r", "trust", 0, "users"), 5),
    (("roles", "r", "trust", 0, "users"), ABSENT),
    (("roles", "r", "trust", 0, "users", 0), "uu"),
    (("roles", "r", "trust", 0, "mfa"), {}),
    (("roles", "r", "trust", 0, "mfa", "max_age"), "soon"),
    (("roles", "r", "trust", 0, "accounts"), ["123456789012"]),
    (("roles", "r", "trust", 1, "roles", 0), "ss"),
    (("roles", "r", "trust", 1, "external_id"), "x"),
    (("roles", "r", "trust", 1, "conditions"), 5),
    (("roles", "r", "policies", 0), "pp"),
    (("roles", "r", "policies", 1, "expires"), "soon"),
    (("roles", "r", "max_session_duration"), "13h"),
    (("roles", "r", "ignore_changes", 0), "descripton"),
    (("roles", "s", "trust_policy", "Statement", 0, "Action"), "s3:GetObject"),
    (("oidc_providers", "token.example.com", "client_ids"), 5),
    (("oidc_providers", "token.example.com", "tags"), {"aws:x": "y"}),
    (("aliases",), []),
    (("aliases", "a"), None),
    (("aliases", "a", "role"), ABSENT),
    (("aliases", "a", "role"), "rr"),
    (("aliases", "a", "duration"), "soon"),
    (("aliases", "a", "transitive_tags", 0), "z"),
    (("aliases", "a", "session_tags"), 5),
    (("aliases", "b", "via"), "aa"),
    (("aliases", "b", "region"), "Frankfurt"),
    (("moved", "user/old"), "user/uu"),
    (("moved", "user/old"), "role/u"),
    (("moved",), 5),
]


def with_slips(*slips: tuple[tuple[str | int, ...], object]) -> str:
    tree = copy.deepcopy(GOOD)
    for path, value in slips:
        at: Any = tree
        for step in path[:-1]:
            at = at[step]
        if value is ABSENT:
            del at[path[-1]]
        else:
            at[path[-1]] = value
    return json.dumps(tree, indent=1)


@cache
def find_summaries(text: str) -> frozenset[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        declared = Folder(Path(folder)).declare_text(text, names=AwsNames())
    return frozenset((one.code, one.summary) for one in declared.problems)


USUAL = {("trust-to-anyone", "Everybody may assume this role, from any AWS account.")}
"""What is said of the file that has no slip: it shows that warnings are not hidden either."""

TOGETHER = [
    {("roles", "r", "trust", 0, "users"), ("roles", "r", "trust", 0, "accounts")},
    {("aliases", "a", "session_tags"), ("aliases", "a", "transitive_tags", 0)},
]
"""Slips of which one decides what the other one means."""


def independent(slips: list[Any]) -> bool:
    """Whether no slip is in what another one spoils, or decides what another one means."""
    for (one, _), (other, _) in combinations(slips, 2):
        short = min(len(one), len(other))
        if one[:short] == other[:short] or {one, other} in TOGETHER:
            return False
    return True


def test_the_file_without_a_slip_has_none() -> None:
    assert find_summaries(with_slips()) == USUAL


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{'.'.join(map(str, slip[0]))}={slip[1]!r}"[:60])
def test_one_slip_is_one_problem(slip: Any) -> None:
    found = find_summaries(with_slips(slip)) - USUAL
    assert len(found) == 1, found


@given(slips=st.lists(st.sampled_from(SLIPS), min_size=2, max_size=4).filter(independent))
def test_independent_slips_are_all_reported_and_nothing_else(slips: list[Any]) -> None:
    found = find_summaries(with_slips(*slips)) - USUAL
    alone = set().union(*(find_summaries(with_slips(slip)) for slip in slips)) - USUAL
    if any(len(path) == 1 for path, _ in slips):  # nobody knows what a section has that cannot be read
        assert found <= alone and {code for code, _ in alone - found} <= {"unknown-reference"}
    else:
        assert found == alone


MAIN = f"""{HEAD}include: [more.yaml]
users: {{u: {{groups: [of-more], policies: [of-more], path: x}}}}
aliases: {{a: {{role: of-more, via: of-more, region: Frankfurt}}}}
moved: {{user/old: user/of-more}}
"""


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("groups: {g: ]\n", "more.yaml:1:13 bad-yaml"),
        ("- a\n", "more.yaml:1:1 not-a-mapping"),
        ("", "more.yaml:1:1 empty-file"),
        (b"\xff\xfe\xff", "more.yaml:1:3 bad-yaml"),
        (None, "roles.yaml:3:11 no-file"),
    ],
)
def test_a_file_that_cannot_be_read_hides_nothing_of_the_others(
    folder: Folder, more: str | bytes | None, problem: str
) -> None:
    if more is not None:
        folder.write("more.yaml", more)
    own = ["roles.yaml:4:59 bad-path", "roles.yaml:5:52 wrong-value"]
    assert sorted(folder.find_problems(MAIN)) == sorted([problem, *own])


def test_a_file_that_can_be_read_is_taken_at_its_word(folder: Folder) -> None:
    folder.write("more.yaml", "groups: {of-mare: }\n")
    assert "roles.yaml:4:22 unknown-reference" in folder.find_problems(MAIN)


def test_the_head_of_a_file_is_not_missed_if_it_may_stand_in_one_that_cannot_be_read(folder: Folder) -> None:
    folder.write("a.yaml", "version: 1\nowner: x\nusers: ]\n")
    folder.write("b.yaml", "users: {u: {path: x}}\n")
    found = [folder.format_problem(problem) for problem in folder.read_files("a.yaml", "b.yaml").problems]
    assert found == ["a.yaml:3:8 bad-yaml", "b.yaml:1:19 bad-path"]


def test_all_that_is_wrong_with_a_document_in_a_file_of_its_own_is_said(folder: Folder) -> None:
    folder.write("d.yaml", "Statement:\n  - {Effect: Allow, Effect: Deny, Action: s3, Resource: '*'}\n")
    assert folder.find_problems(f"{HEAD}policies: {{p: {{document: d.yaml, tags: {{'aws:x': y}}}}}}\n") == [
        "d.yaml:2:21 duplicate-key",
        "d.yaml:2:43 invalid-action",
        "roles.yaml:3:41 reserved-tag",
    ]


BESIDE = [
    (
        "a role's documents and its attachments",
        "roles: {r: {trust: [{users: [nn]}], policies: [mm], inline_policies: "
        "{i: {Statement: {Effect: allow, Action: s3, Resource: '*'}}, j: {Statement: []}}}}",
        ["invalid-action", "invalid-effect", "invalid-statement", "unknown-reference", "unknown-reference"],
    ),
    (
        "two rules of a trust",
        "roles: {r: {trust: [{users: [nn], external_id: 'a b'}, {services: [x y], "
        "conditions: {StringEqual: {a: b}}}, {accounts: ['123456789012'], conditions: {StringEqual: {'aws:a': b}}}]}}",
        ["bad-external-id", "bad-principal", "unknown-operator", "unknown-reference"],
    ),
    (
        "a rule with two kinds of principals",
        "roles: {r: {trust: [{users: [nn], roles: [mm], expires: soon}]}}",
        ["bad-moment", "trust-principal", "unknown-reference", "unknown-reference"],
    ),
    (
        "two trusts",
        "roles: {r: {trust: [{users: [nn]}], trust_policy: {Statement: []}}}",
        ["invalid-statement", "trust-missing", "unknown-reference"],
    ),
    (
        "an alias",
        "aliases: {a: {role: nn, via: mm, duration: 1s, policy: {Statement: []}, policy_arns: [oo]}}",
        ["bad-duration", "invalid-statement", "unknown-reference", "unknown-reference", "unknown-reference"],
    ),
    (
        "an alias of an unknown role in a cycle",
        "aliases: {a: {role: nn, via: b}, b: {role: 'arn:aws:iam::123456789012:role/r', via: a}}",
        ["alias-cycle", "unknown-reference"],
    ),
    (
        "an alias of an unknown role that sends what a chain has fixed",
        "aliases: {a: {role: nn, source_identity: ann}, "
        "b: {role: 'arn:aws:iam::123456789012:role/r', via: a, source_identity: bob}}",
        ["source-identity-changed", "unknown-reference"],
    ),
    (
        "an alias via an unknown one in another partition",
        "aliases: {a: {role: 'arn:aws-cn:iam::123456789012:role/r', via: mm, region: eu-central-1}}",
        ["region-partition", "unknown-reference"],
    ),
    (
        "a move between kinds",
        "roles: {r: {trust: [{accounts: ['210987654321']}]}}\nmoved: {user/a b: role/r}",
        ["bad-move", "bad-name"],
    ),
    (
        "an assertion of no form",
        "assert: [{who: user/nn, role: role/mm, on: 'policy/oo', cannot: s3, can: '*', assumable_only_by: [user/pp]}]",
        ["bad-assertion", "bad-assertion", *["unknown-reference"] * 4],
    ),
    (
        "an assertion with keys of another form",
        "roles: {r: {trust: [{accounts: ['210987654321']}]}}\n"
        "assert: [{role: role/r, assumable_only_by: [], who: '*', on: '*'}]",
        ["bad-assertion", "bad-assertion"],
    ),
    (
        "an assertion with the name of another one",
        "assert: [{name: a, who: '*', cannot: s3}, {name: a, who: '*', can: sqs}]",
        ["bad-assertion", "bad-assertion", "conflict"],
    ),
    (
        "a provider without metadata",
        "saml_providers: {s: {tags: {'aws:x': y}, ignore_changes: [nn]}}",
        ["bad-ignore-changes", "missing-key", "reserved-tag"],
    ),
    (
        "a policy without a document",
        "policies: {p: {path: x, description: '€', tags: {'aws:x': y}, ignore_changes: [nn]}}",
        ["bad-description", "bad-ignore-changes", "bad-path", "missing-key", "reserved-tag"],
    ),
    (
        "a misspelt section",
        "usres: {u: }\nroles: {r: {trust: [{users: [u, v]}]}}",
        ["unknown-key", "unknown-reference"],
    ),
]


@pytest.mark.parametrize(("text", "codes"), [row[1:] for row in BESIDE], ids=[row[0] for row in BESIDE])
def test_what_stands_beside_a_mistake_is_checked(folder: Folder, text: str, codes: list[str]) -> None:
    assert sorted(one.code for one in folder.declare_text(f"{HEAD}{text}\n").problems) == codes


def test_an_alias_whose_role_has_a_mistake_is_not_warned_of_what_nobody_knows(folder: Folder) -> None:
    trust = "[{accounts: ['123456789012'], external_id: abcdef}, {users: 5}]"
    text = f"{HEAD}roles: {{r: {{trust: {trust}}}}}\naliases: {{a: {{role: r}}}}\n"
    assert folder.find_problems(text) == ["roles.yaml:3:80 wrong-type"]
