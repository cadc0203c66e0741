"""The JSON plan: a contract for pipelines (format_version 1)."""

from __future__ import annotations

import json
from typing import Any

from reconciler.model.problem import Level, Place, Problem
from reconciler.render.plan_json import plan_to_dict, render_plan_json
from tests.support.strategies import ACCOUNT
from tests.unit.render.plans import OWN, READ_ONLY, plan_everything


def render_everything() -> Any:
    return json.loads(render_plan_json(plan_everything()))


def change(address: str) -> Any:
    return next(change for change in render_everything()["changes"] if change["address"] == address)


def test_the_head_says_what_the_plan_is_of() -> None:
    plan = render_everything()
    assert plan["format_version"] == 1
    assert (plan["account"], plan["owner"], plan["safe"]) == (ACCOUNT, "me", True)
    assert plan["summary"] == {"create": 1, "update": 2, "delete": 1, "adopt": 1}
    assert {"format_version", "account", "owner", "safe", "summary", "changes", "findings"} <= set(plan)


def test_every_change_has_its_fields_and_exact_calls() -> None:
    for one in render_everything()["changes"]:
        assert {"address", "action", "fields", "calls"} <= set(one)
        assert all({"path", "before", "after"} == set(field) for field in one["fields"])
        assert all({"operation", "parameters", "seq"} <= set(call) for call in one["calls"])


def test_seq_is_the_order_of_an_apply() -> None:
    calls = [call for one in render_everything()["changes"] for call in one["calls"]]
    assert sorted(call["seq"] for call in calls) == list(range(1, len(calls) + 1))
    in_order = [(step.call.operation, dict(step.call.parameters)) for step in plan_everything().steps]
    assert [(call["operation"], call["parameters"]) for call in sorted(calls, key=lambda call: call["seq"])] == in_order


def test_sets_are_sorted_lists_and_absent_values_are_null() -> None:
    assert change("user/alice")["fields"] == [
        {"path": "policies", "before": [READ_ONLY], "after": [OWN]},
        {"path": "tags.team", "before": "a", "after": "b"},
    ]
    assert {"path": "description", "before": "Old", "after": None} in change("role/app")["fields"]


def test_documents_of_fields_are_canonical_and_those_of_calls_as_sent() -> None:
    one = change("policy/reader")
    (field,) = one["fields"]
    assert field["after"]["Statement"][0]["Resource"] == ["*"]
    (call,) = one["calls"]
    assert json.loads(call["parameters"]["PolicyDocument"])["Statement"][0]["Resource"] == "*"


def test_deletions_and_adoptions_say_why() -> None:
    assert change("user/old")["reason"] == "owned by me, and no longer in the file"
    assert change("role/app")["reason"] == "exists without an owner"
    assert "reason" not in change("role/new")


def test_an_adoption_lists_what_it_changes_besides() -> None:
    assert [field["path"] for field in change("role/app")["fields"]] == ["description", "max_session_duration"]


def test_findings_are_as_everywhere() -> None:
    from dataclasses import replace

    problem = Problem(Level.ERROR, "code", "What.", "Why.", "How.", Place("f.yaml", 2, 3), flag="--allow")
    plan = plan_to_dict(replace(plan_everything(), findings=(problem,)))
    assert plan["safe"] is False
    assert plan["findings"] == [
        {
            "level": "error",
            "code": "code",
            "file": "f.yaml",
            "line": 2,
            "column": 3,
            "message": "What. Why. How.",
            "flag": "--allow",
        }
    ]


def test_the_same_plan_is_the_same_text() -> None:
    assert render_plan_json(plan_everything()) == render_plan_json(plan_everything())
