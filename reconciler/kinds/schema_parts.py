"""Pieces of JSON Schema (draft 2020-12) that several kinds share. `desired/schema.py` assembles the whole."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

DURATION_PATTERN = r"^\d{1,9}[smhd]?$"
DURATION_OR_NONE_PATTERN = r"^(\d{1,9}[smhd]?|none)$"


def make_ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def make_text_list(description: str, examples: list[Any] | None = None, *, least: int = 0) -> Schema:
    """A list of strings."""
    found: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}, "description": description}
    found["uniqueItems"] = True
    if least:
        found["minItems"] = least
    return found | ({"examples": examples} if examples else {})


def _make_expiring_reference(key: str, title: str, description: str, what: str, examples: list[Any]) -> Schema:
    """A reference, or an object of one under `key` and of `expires`."""
    return {
        "title": title,
        "description": description,
        "type": ["string", "object"],
        "minLength": 1,
        "additionalProperties": False,
        "required": [key],
        "properties": {key: {"type": "string", "minLength": 1, "description": what}, "expires": make_ref("moment")},
        "examples": examples,
    }


def make_entry_schema(title: str, description: str, properties: Schema, required: list[str] | None = None) -> Schema:
    """An entity of a section: an object with no unknown keys; an empty one may be written as nothing."""
    found: Schema = {
        "title": title,
        "description": description,
        "type": ["object", "null"] if not required else "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return found | ({"required": required} if required else {})


PATH: Schema = {
    "type": "string",
    "description": "IAM path; `/` at creation. Where absent, an existing entity keeps its own.",
    "examples": ["/", "/eng/"],
}
PROTECT: Schema = {
    "type": "boolean",
    "description": "true: never deleted; kept as the tag reconcile:protect. To delete, first apply false.",
}
IGNORE_CHANGES: Schema = make_text_list(
    "Fields, `tags.KEY` or `inline_policies.NAME` that are left as they are live.",
    [["description", "tags.last-used"]],
)
POLICIES: Schema = {
    **make_text_list(
        "Attached managed policies: names of this file, `aws:NAME` for AWS's own, or ARNs. The whole list: what "
        "else is attached is detached.",
        [["aws:ReadOnlyAccess", "my-policy"]],
    ),
    "items": make_ref("attachment"),
}
BOUNDARY: Schema = {
    "type": "string",
    "minLength": 1,
    "description": "Permissions boundary: a policy reference.",
    "examples": ["developer-boundary", "aws:PowerUserAccess"],
}
MFA_REQUIRED: Schema = {
    "enum": ["required"],
    "description": "Attaches a guard policy that denies everything but enrolling a device until MFA is used.",
}

DEFINITIONS: Schema = {
    "moment": {
        "title": "Moment",
        "description": "A date (the moment it begins, UTC) or an RFC 3339 time with its zone.",
        "type": "string",
        "examples": ["2026-12-31", "2026-12-31T18:00:00+01:00"],
    },
    "attachment": _make_expiring_reference(
        "policy",
        "Attached policy",
        "A policy reference; or one that ends: the first apply from then on detaches it.",
        "A policy reference.",
        ["aws:ReadOnlyAccess", {"policy": "my-policy", "expires": "2026-12-31"}],
    ),
    "duration": {
        "title": "Duration",
        "description": "`45m`, `1h`, `90d`, or seconds as a number.",
        "type": ["string", "integer"],
        "pattern": DURATION_PATTERN,
        "minimum": 0,
        "examples": ["1h", "45m", 3600],
    },
    "document": {
        "title": "Policy document",
        "description": "AWS's own grammar, verbatim, or the path of a JSON or YAML file. Without Version: 2012-10-17.",
        "type": ["object", "string"],
        "minLength": 1,
        "properties": {
            "Version": {"enum": ["2012-10-17", "2008-10-17"]},
            "Id": {"type": "string"},
            "Statement": {"type": ["array", "object"], "description": "One statement or a list of them."},
        },
        "examples": [{"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}],
    },
    "membership": _make_expiring_reference(
        "group",
        "Membership",
        "A group of this file; or one that ends: the first apply from then on takes the user out.",
        "A group of this file.",
        ["engineers", {"group": "on-call", "expires": "2026-12-31"}],
    ),
    "inline_policy": {
        "title": "Inline policy",
        "description": "A document or the path of one; or {document, expires}: AWS itself ends it then.",
        "type": ["object", "string"],
        "minLength": 1,
        "properties": {
            "Version": {"enum": ["2012-10-17", "2008-10-17"]},
            "Id": {"type": "string"},
            "Statement": {"type": ["array", "object"], "description": "One statement or a list of them."},
            "document": make_ref("document"),
            "expires": make_ref("moment"),
        },
        "examples": [{"document": "policies/logs.json", "expires": "2026-12-31"}],
    },
    "inline_policies": {
        "title": "Inline policies",
        "description": "Name → document or path. The whole set: what else is there is removed.",
        "type": "object",
        "additionalProperties": make_ref("inline_policy"),
    },
    "tags": {
        "title": "Tags",
        "description": "Key → value; numbers and booleans are taken as written.",
        "type": "object",
        "additionalProperties": {"type": "string"},
        "examples": [{"team": "platform"}],
    },
}
