"""The schema of `--summary` is that of the code, explains itself, and agrees with the schema of the plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.run_summary import RunStatus, RunSummary
from reconciler.render.run_summary import summary_to_dict
from reconciler.render.summary_schema import build_summary_schema

ROOT = Path(__file__).parents[2]
SCHEMA = build_summary_schema()
PLAN: dict[str, Any] = json.loads((ROOT / "schemas/plan.schema.json").read_text(encoding="utf-8"))
BARE = RunSummary("plan", 1, RunStatus.FAILED, datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), 0.5)


def test_the_schema_in_the_repository_is_the_one_of_the_code() -> None:
    written = json.loads((ROOT / "schemas/summary.schema.json").read_text(encoding="utf-8"))
    assert written == SCHEMA, "run `make schema`"
    Draft202012Validator.check_schema(SCHEMA)


def test_a_run_that_found_out_nothing_is_as_the_schema_says() -> None:
    assert Draft202012Validator(SCHEMA).is_valid(summary_to_dict(BARE))


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("format_version", 2),
        ("command", "assume"),
        ("exit_code", 4),
        ("status", "done"),
        ("account", {"id": "1", "partition": "aws", "alias": None}),
        ("started", "2026-01-02T00:00:00+00:00"),
        ("seconds", -1),
        ("calls", {}),
        ("changes", {"create": 1}),
        ("risk", {"level": "middle", "reasons": []}),
        ("problems", [{"level": "error", "code": "x"}]),
        ("trace_id", "4BF92F3577B34DA6A3CE929D0E0E4736"),
    ],
)
def test_a_wrong_or_missing_value_is_found(key: str, wrong: object) -> None:
    good = summary_to_dict(BARE)
    assert not Draft202012Validator(SCHEMA).is_valid(good | {key: wrong})
    assert not Draft202012Validator(SCHEMA).is_valid({name: value for name, value in good.items() if name != key})


def test_what_a_summary_shares_with_a_plan_has_the_same_keys() -> None:
    ours, definitions = SCHEMA["properties"], PLAN["$defs"]
    reason = ours["risk"]["properties"]["reasons"]["items"]
    rows = (
        (ours["problems"]["items"], definitions["finding"]),
        (reason, definitions["reason"]),
        (ours["risk"], PLAN["properties"]["risk"]),
        (ours["changes"], PLAN["properties"]["summary"]),
    )
    for own, plan in rows:
        assert set(own["properties"]) == set(plan["properties"])
        assert set(own["required"]) == set(plan["required"])


def test_every_property_says_what_it_is_for() -> None:
    def find_silent(fragment: Any, path: str = "$") -> list[str]:
        if isinstance(fragment, list):
            return [found for item in fragment for found in find_silent(item, path)]
        if not isinstance(fragment, dict):
            return []
        properties = fragment.get("properties")
        own = properties if isinstance(properties, dict) else {}
        silent = [f"{path}.{name}" for name, value in own.items() if not value.get("description")]
        return silent + [found for name, value in fragment.items() for found in find_silent(value, f"{path}.{name}")]

    assert find_silent(SCHEMA) == []
