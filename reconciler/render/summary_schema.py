"""Build the JSON Schema of `--summary`. `make schema` writes it to schemas/; a test keeps the two equal."""

from __future__ import annotations

from typing import Any

from reconciler.model.plan import Action
from reconciler.model.problem import Level
from reconciler.model.risk import RiskLevel
from reconciler.model.run_summary import RunStatus
from reconciler.render.run_summary import SUMMARY_VERSION

Schema = dict[str, Any]

_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"
_NUMBER: Schema = {"description": "Counted from 1; null without a file.", "type": ["integer", "null"], "minimum": 1}


def build_summary_schema() -> Schema:
    """Return the schema, draft 2020-12. It leaves room for keys that later versions add."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:reconcile-iam:summary:1",
    }
    description = (
        "What `--summary FILE` of `reconcile plan`, `apply` and `undo` writes. It only grows within a format_version: "
        "ignore fields that you do not know. null: the run ended before this was known, or there is none."
    )
    return head | _make_object("reconcile: summary of a run", description, _build_properties())


def _make_object(title: str, description: str, properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object that has all the properties, but for optional ones."""
    return {
        "title": title,
        "description": description,
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


def _or_null(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def _make_text(description: str, pattern: str | None = None) -> Schema:
    return {"description": description, "type": "string"} | ({"pattern": pattern} if pattern else {})


def _make_count(description: str) -> Schema:
    return {"description": description, "type": "integer", "minimum": 0}


def _make_seconds(description: str) -> Schema:
    return {"description": description, "type": "number", "minimum": 0}


def _build_properties() -> Schema:
    return {
        "format_version": {"description": "The version of this format.", "const": SUMMARY_VERSION},
        "version": _make_text("The version of reconcile."),
        "command": _make_text("The command: plan, apply or undo.", "^(plan|apply|undo)$"),
        "exit_code": {"description": "The exit code of the run.", "enum": [0, 1, 2, 3, 130]},
        "status": {
            "description": "How the run ended. docs/observability.md explains each word.",
            "enum": [str(status) for status in RunStatus],
        },
        "account": _build_account(),
        "started": _make_text("When the run began, in UTC (RFC 3339).", _TIME),
        "finished": _make_text("When the run ended, in UTC (RFC 3339).", _TIME),
        "seconds": _make_seconds("How long the run took."),
        "calls": _build_calls(),
        "changes": _or_null(
            _make_object(
                "Changes",
                "How many entities each action is planned for, as `summary` of the JSON plan.",
                {str(action): _make_count(f"Entities to {action}.") for action in Action},
            )
        ),
        "steps": _build_steps(),
        "risk": _build_risk(),
        "problems": {
            "description": "The findings of the plan, then what made the run fail.",
            "type": "array",
            "items": _build_problem(),
        },
        "plan_file": _or_null(_make_text("The plan that was saved, or applied.")),
        "journal": _or_null(_make_text("The journal that was written, or undone.")),
        "trace_id": _or_null(_make_text("The trace that TRACEPARENT named.", "^[0-9a-f]{32}$")),
        "span_id": _or_null(_make_text("The span that TRACEPARENT named: the caller's.", "^[0-9a-f]{16}$")),
    }


def _build_account() -> Schema:
    properties = {
        "id": _make_text("The account's id.", "^[0-9]{12}$"),
        "partition": _make_text("The partition, such as aws."),
        "alias": _or_null(_make_text("The account's alias; null if it has none, or if the caller may not read it.")),
    }
    return _or_null(_make_object("Account", "The account of the caller.", properties))


def _build_calls() -> Schema:
    operations = {
        "description": "How many requests were sent, by operation.",
        "type": "object",
        "additionalProperties": {"type": "integer", "minimum": 1},
    }
    properties = {
        "total": _make_count("How many requests were sent, with retries."),
        "seconds": _make_seconds("How long at least one request was open."),
        "retries": _make_count("How many requests repeated an earlier one."),
        "throttles": _make_count("How many answers told the run to slow down."),
        "operations": operations,
    }
    return _or_null(_make_object("Calls", "The calls to AWS.", properties))


def _build_steps() -> Schema:
    properties = {
        "done": _make_count("Calls that AWS confirmed."),
        "unclear": _make_count("Calls that may have been made."),
        "left": _make_count("Calls that were not made."),
    }
    return _or_null(_make_object("Steps", "The calls of the plan, if an apply tried them.", properties))


def _build_risk() -> Schema:
    reason = {
        "code": _make_text("What kind of widening it is."),
        "address": _make_text("The entity: kind/name."),
        "message": _make_text("Who can do what, in words."),
        "file": _or_null(_make_text("The file of the declaration; null if the plan's files have none.")),
        "line": _NUMBER,
        "column": _NUMBER,
    }
    reasons = {
        "description": "Each widening, the gravest first.",
        "type": "array",
        "items": _make_object("Reason", "One widening.", reason),
    }
    level = {"description": "How far the plan widens somebody's access.", "enum": [str(level) for level in RiskLevel]}
    return _or_null(_make_object("Risk", "As `risk` of the JSON plan.", {"level": level, "reasons": reasons}))


def _build_problem() -> Schema:
    place: Schema = {"description": "Counted from 1.", "type": "integer", "minimum": 1}
    properties: Schema = {
        "level": {"description": "error: the plan is refused, or the run failed.", "enum": [str(one) for one in Level]},
        "code": _make_text("What sort of problem it is: see docs/rules.md.", "^[a-z0-9-]+$"),
        "address": _make_text("The entity: kind/name."),
        "addresses": {
            "description": "All entities of a problem about several.",
            "type": "array",
            "items": {"type": "string"},
        },
        "file": _make_text("The file that it is about; with `line` and `column`."),
        "line": place,
        "column": place,
        "message": _make_text("For people."),
        "calls": {
            "description": "The calls of the plan that it is about, by their `seq`.",
            "type": "array",
            "items": {"type": "integer", "minimum": 1},
        },
        "flag": _make_text("The option that allows it."),
    }
    optional = tuple(name for name in properties if name not in ("level", "code", "message"))
    return _make_object("Problem", "As `findings` of the JSON plan.", properties, optional)
