"""The JSON of a run over many accounts is one object, whatever its size, with each account's plan in its place."""

from __future__ import annotations

import json

from reconciler.model.account_results import OrganizationResults
from reconciler.render.organization_json import iter_summary_json
from tests.support.account_results import SUMMARY


def test_every_account_has_its_status_and_its_plan_or_its_error() -> None:
    document = json.loads("\n".join(iter_summary_json(SUMMARY, lambda facts: {"of": facts.file})))
    accounts = {one["name"]: one for one in document["accounts"]}
    assert list(accounts) == ["dev-1", "dev-2", "dev-3", "prod", "idle", "unsafe", "shut", "late"]
    assert accounts["prod"] == {
        "name": "prod",
        "account": "000000000004",
        "status": "changed",
        "wave": 1,
        "journal": "/state/4.jsonl",
        "calls_made": 3,
        "plan": {"of": "plans/prod.json"},
    }
    assert "plan" not in accounts["shut"]
    assert accounts["shut"]["error"] == accounts["shut"]["problems"][0]
    assert accounts["shut"]["error"]["message"] == "AWS refused the role. This is why. Do this."
    assert document["summary"] == {"in-step": 1, "changed": 4, "unsafe": 1, "failed": 1, "not-started": 1}
    assert document["risk"]["level"] == "high"
    assert document["risk"]["reasons"][1]["accounts"] == ["dev-1", "dev-2", "dev-3", "prod"]
    assert (document["missing_parts"], len(document["problems"])) == (["2/4", "wave 3"], 1)
    assert document["applied"] is True


def test_a_run_of_no_account_is_valid_json() -> None:
    document = json.loads("\n".join(iter_summary_json(OrganizationResults(()), lambda facts: {})))
    assert (document["accounts"], document["risk"]) == ([], {"level": "none", "reasons": []})
    assert document["applied"] is False


def test_the_plans_are_taken_one_by_one() -> None:
    """The plans of thousands of accounts do not fit into memory."""
    taken: list[str] = []
    lines = iter_summary_json(SUMMARY, lambda facts: taken.append(facts.file) or {})
    for line in lines:
        if '"dev-2"' in line:
            break
    assert taken == ["plans/dev-1.json", "plans/dev-2.json"]
