"""Plain scalars follow YAML 1.2's core schema, numbers are those that JSON has; tags and vars are taken as written."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.yaml_nodes import Builder, compose_yaml
from reconciler.model.entity import Policy, User
from tests.support.files import HEAD, Folder, require_valid


def build_nodes(text: str) -> tuple[Any, list[str]]:
    node, problems = compose_yaml(text.encode(), "f.yaml")
    assert node is not None, problems
    builder = Builder("f.yaml", lambda value, place, problems: value)
    value = builder.build(node)
    return value, [problem.code for problem in builder.problems]


CORE: dict[str, Any] = {
    "yes": "yes",
    "no": "no",
    "on": "on",
    "off": "off",
    "Y": "Y",
    "true": True,
    "True": True,
    "FALSE": False,
    "tRuE": "tRuE",
    "null": None,
    "~": None,
    "": None,
    "nULL": "nULL",
    "12:30": "12:30",
    "1:20:30": "1:20:30",
    "2012-10-17": "2012-10-17",
    "2012-10-17T12:00:00Z": "2012-10-17T12:00:00Z",
    "0": 0,
    "12": 12,
    "-12": -12,
    "+12": "+12",
    "1_000": "1_000",
    "0o17": "0o17",
    "0x1F": "0x1F",
    "0b11": "0b11",
    "1.5": 1.5,
    "1.": "1.",
    ".5": ".5",
    "1e3": "1e3",
    ".inf": ".inf",
    "-.INF": "-.INF",
    "1.2.3": "1.2.3",
    ".": ".",
    "=": "=",
    "<<": "<<",
    "s3:Get*": "s3:Get*",
    "9" * 5000: "9" * 5000,
    "'12'": "12",
    '"true"': "true",
    "'~'": "~",
    '"\\u00e4"': "ä",
}


@pytest.mark.parametrize(("written", "value"), CORE.items(), ids=[f"{text[:24]!r}" for text in CORE])
def test_a_scalar_is_what_yaml_1_2_says_and_a_number_what_json_would_write(written: str, value: Any) -> None:
    found, problems = build_nodes(f"key: [{written}]" if written else "key:\n -\n")
    assert (found["key"][0], problems) == (value, [])
    assert type(found["key"][0]) is type(value)


@pytest.mark.parametrize("written", ["007", "-01", "012345678901", "00"])
def test_a_leading_zero_outside_tags_is_refused_with_a_hint(folder: Folder, written: str) -> None:
    desired = folder.declare_text(
        f"{HEAD}settings_x: 1\nusers:\n  a: {{path: {written}}}\n".replace("settings_x: 1\n", "")
    )
    (problem,) = [problem for problem in desired.problems if problem.code == "leading-zero"]
    assert folder.format_problem(problem) == "roles.yaml:4:13 leading-zero"
    assert problem.hint == f'Quote it: "{written}".'


TAGS: dict[str, str] = {
    "007": "007",
    "1.0": "1.0",
    "1e3": "1e3",
    "0x1F": "0x1F",
    "true": "true",
    "True": "True",
    "yes": "yes",
    "2012-10-17": "2012-10-17",
    "12:30": "12:30",
    "'quoted'": "quoted",
    '""': "",
}


@pytest.mark.parametrize(("written", "value"), TAGS.items())
def test_tags_are_taken_as_written(folder: Folder, written: str, value: str) -> None:
    desired = require_valid(folder.declare_text(f"{HEAD}users:\n  a: {{tags: {{cost: {written}}}}}\n"))
    (user,) = desired.state.entities.values()
    assert isinstance(user, User)
    assert user.tags == {"cost": value}


def test_defaults_tags_and_vars_are_taken_as_written(folder: Folder) -> None:
    head = f"{HEAD}vars: {{n: 007, b: True}}\ndefaults: {{tags: {{cost: 010}}}}\n"
    text = head + "users:\n  a: {tags: {x: '{{n}}-{{b}}'}}\n"
    (user,) = require_valid(folder.declare_text(text)).state.entities.values()
    assert isinstance(user, User)
    assert user.tags == {"cost": "010", "x": "007-True"}


def test_session_tags_are_taken_as_written(folder: Folder) -> None:
    text = f"{HEAD}aliases:\n  a1: {{role: 'arn:aws:iam::123456789012:role/r', session_tags: {{cost: 007}}}}\n"
    assert require_valid(folder.declare_text(text)).aliases["a1"].session_tags == {"cost": "007"}


@pytest.mark.parametrize("nothing", ["~", "null", ""])
def test_a_tag_without_a_value_is_refused(folder: Folder, nothing: str) -> None:
    assert folder.find_problems(f"{HEAD}users:\n  a:\n    tags:\n      cost: {nothing}\n")[0].endswith(" wrong-type")


def test_the_version_of_a_policy_needs_no_quotes(folder: Folder) -> None:
    statement = "{Effect: Allow, Action: '*', Resource: '*'}"
    text = f"{HEAD}policies: {{p: {{document: {{Version: 2012-10-17, Statement: {statement}}}}}}}\n"
    (policy,) = require_valid(folder.declare_text(text)).state.entities.values()
    assert isinstance(policy, Policy)
    assert policy.document.version == "2012-10-17"


@pytest.mark.parametrize("account", ["123456789012", "012345678901"])
def test_an_unquoted_account_is_refused_with_the_quoted_one_as_hint(folder: Folder, account: str) -> None:
    desired = folder.declare_text(f"version: 1\naccount: {account}\nsettings: {{prune: none}}\n")
    (problem,) = desired.problems
    assert folder.format_problem(problem).startswith("roles.yaml:2:10 ")
    assert f'Quote it: "{account}"' in problem.hint


def test_unquoted_accounts_of_a_trust_rule_are_refused_with_a_hint(folder: Folder) -> None:
    desired = folder.declare_text(f"{HEAD}roles:\n  r: {{trust: [{{accounts: [210987654321]}}]}}\n")
    (problem,) = desired.problems
    assert folder.format_problem(problem) == "roles.yaml:4:27 wrong-type"
    assert "Quote it" in problem.hint
