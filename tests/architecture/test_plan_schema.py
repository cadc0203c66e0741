"""The JSON plan is as schemas/plan.schema.json says: all of what is printed, and nothing that it does not name."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.access import Grade
from reconciler.model.plan import Action
from reconciler.model.problem import Level
from reconciler.plan.saved import access_section, reviewed_sections, sections, shown_section
from reconciler.render.plan_json import FORMAT_VERSION
from tests.support.account import Account

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "schemas/plan.schema.json").read_text(encoding="utf-8"))

BEFORE = """
version: 1
owner: example
users:
  stays: {}
  goes: {}
roles:
  updated:
    trust: [{users: [stays, goes]}, {services: [ec2.amazonaws.com]}]
"""

AFTER = """
version: 1
owner: example
settings: {max_deletes: 0}
users:
  stays: {}
  comes:
    mfa: required
    inline_policies:
      pass:
        Statement:
          {Effect: Allow, Action: ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], Resource: "*"}
roles:
  updated:
    max_session_duration: 2h
    trust: [{users: [stays], mfa: required, conditions: {IpAddress: {"aws:SourceIp": 203.0.113.0/24}}}]
    policies: [aws:AdministratorAccess]
  adopted:
    trust: [{accounts: ["210987654321"]}]
"""

CROSSED = """
version: 1
owner: example
policies:
  p:
    document:
      Statement: [{{Effect: Allow, Action: "sns:*", Resource: "*"}}, {{Effect: Deny, Action: "sqs:*", Resource: "*"}}]
  q:
    document:
      Statement: [{{Effect: Allow, Action: "sqs:*", Resource: "*"}}, {{Effect: Deny, Action: "sns:*", Resource: "*"}}]
groups:
  g: {{policies: [{policies}]}}
users:
  u: {{groups: [g]}}
"""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}

WRONG: tuple[tuple[tuple[str | int, ...], object], ...] = (
    (("format_version",), 2),
    (("account",), 123456789012),
    (("safe",), "yes"),
    (("summary", "create"), -1),
    (("changes", 0, "action"), "replace"),
    (("changes", 0, "address"), "stays"),
    (("changes", 0, "calls", 0, "seq"), 0),
    (("changes", 0, "fields", 0, "path"), ""),
    (("findings", 0, "level"), "fatal"),
    (("access", "gained", 0, "mfa"), "required"),
    (("access", "powers_gained", 0, "grade"), "root"),
    (("access",), None),
)


def close_schema(fragment: Any) -> Any:
    """The schema without its room for growth: what it does not name is a mistake."""
    if isinstance(fragment, list):
        return [close_schema(item) for item in fragment]
    if not isinstance(fragment, dict):
        return fragment
    more = {"additionalProperties": False} if isinstance(fragment.get("properties"), dict) else {}
    return {key: close_schema(value) for key, value in fragment.items()} | more


def flaws(plan: Any, schema: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(plan)]


def objects(fragment: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object with properties of its own."""
    if isinstance(fragment, dict):
        if isinstance(fragment.get("properties"), dict):
            yield path, fragment
        for key, value in fragment.items():
            yield from objects(value, f"{path}.{key}")


@pytest.fixture
def changed_account(account: Account) -> Account:
    """An account that AFTER creates, updates, deletes and adopts in, and grants power in."""
    account.write(BEFORE)
    account.apply()
    account.iam.create_role(RoleName="adopted", AssumeRolePolicyDocument=json.dumps(TRUST))
    account.write(AFTER)
    return account


def test_the_schema_is_valid_draft_2020_12_and_of_the_version_of_the_code() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format_version"]["const"] == FORMAT_VERSION


def test_a_plan_that_does_everything_is_as_the_schema_says(changed_account: Account) -> None:
    plan = changed_account.plan()
    assert flaws(plan, close_schema(SCHEMA)) == []
    assert {change["action"] for change in plan["changes"]} == set(map(str, Action))
    assert [name for name, found in plan["access"].items() if not found] == ["pairs_gathered", "groups", "powers_lost"]
    assert any("conditions" in pair["after"] for pair in plan["access"]["changed"])
    assert any("flag" in finding for finding in plan["findings"]) and not plan["safe"]


def test_a_plan_that_takes_power_away_is_as_the_schema_says(changed_account: Account) -> None:
    changed_account.apply("roles.yaml", "--allow-deletes")
    changed_account.write(BEFORE)
    plan = changed_account.plan()
    assert flaws(plan, close_schema(SCHEMA)) == []
    assert plan["access"]["powers_lost"]


@pytest.mark.parametrize("options", [(), ("--target", "user/comes")], ids=["whole", "targeted"])
def test_a_saved_plan_is_as_the_schema_says(changed_account: Account, options: tuple[str, ...]) -> None:
    assert changed_account.run_cli("plan", "--out", "plan.json", *options).code == (0 if options else 3)
    plan = json.loads((changed_account.folder / "plan.json").read_text(encoding="utf-8"))
    assert flaws(plan, close_schema(SCHEMA)) == []
    assert ("targets" in plan, "saved" in plan, "integrity" in plan) == (bool(options), True, True)


def test_a_plan_without_an_owner_or_a_change_is_as_the_schema_says(account: Account) -> None:
    account.write("version: 1\nsettings: {prune: none}\n")
    plan = account.plan()
    assert (plan["owner"], plan["changes"]) == (None, [])
    assert flaws(plan, close_schema(SCHEMA)) == []


def test_a_plan_that_says_something_of_its_order_is_as_the_schema_says(account: Account) -> None:
    account.write(CROSSED.format(policies=""))
    account.apply()
    account.write(CROSSED.format(policies="p, q"))
    plan = account.plan()
    assert flaws(plan, close_schema(SCHEMA)) == []
    (note,) = plan["findings"]
    assert (note["code"], note["address"], note["addresses"], note["calls"]) == (
        "order-excess",
        "group/g",
        ["group/g", "user/u"],
        [1, 2],
    )


def test_what_is_unmanaged_is_listed_only_if_it_was_asked_for(changed_account: Account) -> None:
    changed_account.iam.create_group(GroupName="outside")
    plan = changed_account.plan("roles.yaml", "--unmanaged")
    assert flaws(plan, close_schema(SCHEMA)) == []
    assert plan["unmanaged"] == ["group/outside"]
    assert "unmanaged" not in changed_account.plan()


def test_readers_may_meet_fields_that_they_do_not_know(changed_account: Account) -> None:
    plan = changed_account.plan()

    def add_unknown_fields(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: add_unknown_fields(item) for key, item in value.items()} | {"zz_new": 1}
        return [add_unknown_fields(item) for item in value] if isinstance(value, list) else value

    assert flaws(add_unknown_fields(plan), SCHEMA) == []


def test_a_wrong_value_is_found(changed_account: Account) -> None:
    plan = changed_account.plan()
    for path, wrong in WRONG:
        holder = changed = deepcopy(plan)
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = wrong
        assert flaws(changed, SCHEMA), path


@pytest.mark.parametrize("path", dict(objects(SCHEMA)))
def test_every_object_and_property_explains_itself(path: str) -> None:
    fragment = dict(objects(SCHEMA))[path]
    assert fragment["title"] and fragment["description"]
    assert "additionalProperties" not in fragment
    for key, value in fragment["properties"].items():
        assert value.get("description") or value.get("$ref"), key


def test_its_lists_of_words_are_those_of_the_code() -> None:
    definitions = SCHEMA["$defs"]
    assert definitions["change"]["properties"]["action"]["enum"] == [str(action) for action in Action]
    assert set(definitions["finding"]["properties"]["level"]["enum"]) == {str(level) for level in Level}
    assert set(definitions["power"]["properties"]["grade"]["enum"]) == {
        str(grade) for grade in (Grade.ADMINISTRATOR, Grade.ESCALATION)
    }


def test_the_keys_that_a_saved_plan_may_have_are_those_of_the_schema() -> None:
    """A new field of the plan needs a line in `plan/saved/sections.py`: what is not known there is refused."""
    rows = {
        (): (sections.DOCUMENT_KEYS, sections.OPTIONAL_DOCUMENT_KEYS),
        ("finding",): (shown_section.FINDING_KEYS, shown_section.OPTIONAL_FINDING_KEYS),
        ("access",): (access_section.ROW_KEYS, access_section.TERM_KEYS),
        ("access_group",): (access_section.GROUP_KEYS, (*access_section.TERM_KEYS, "before")),
        ("power",): (access_section.POWER_KEYS, access_section.OPTIONAL_POWER_KEYS),
        ("permission",): (reviewed_sections.ROW_KEYS, reviewed_sections.LATE_ROW_KEYS),
        ("reason",): (reviewed_sections.REASON_KEYS, ()),
    }
    for name, (required, optional) in rows.items():
        schema = SCHEMA["$defs"][name[0]] if name else SCHEMA
        assert {*required, *optional} == set(schema["properties"])
        assert set(required) - {"saved"} == set(schema["required"])
    assert {*access_section.ACCESS_KEYS, *access_section.OPTIONAL_ACCESS_KEYS} == set(
        SCHEMA["properties"]["access"]["properties"]
    )


def test_the_wheel_ships_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"schemas": "reconciler/schemas"}
