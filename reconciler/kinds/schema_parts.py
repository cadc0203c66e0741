"""Hold the pieces of JSON Schema (draft 2020-12) that several kinds share. `desired/schema.py` builds the whole.

Editors show the titles and descriptions beside the file.
"""

from __future__ import annotations

from typing import Any

from reconciler.model.text_forms import DURATION

Schema = dict[str, Any]


def make_ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def make_text_list(description: str, examples: list[Any] | None = None, *, least: int = 0) -> Schema:
    """Return the schema of a list of different strings. least: the fewest items."""
    schema: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}, "description": description}
    schema["uniqueItems"] = True
    if least:
        schema["minItems"] = least
    return schema | ({"examples": examples} if examples else {})


def _make_expiring_reference(key: str, title: str, description: str, target: str, examples: list[Any]) -> Schema:
    """Return the schema of a reference: a string, or an object with the string under `key` and an `expires`.

    target: the description of the string.
    """
    return {
        "title": title,
        "description": description,
        "type": ["string", "object"],
        "minLength": 1,
        "additionalProperties": False,
        "required": [key],
        "properties": {key: {"type": "string", "minLength": 1, "description": target}, "expires": make_ref("moment")},
        "examples": examples,
    }


def make_entry_schema(title: str, description: str, properties: Schema, required: list[str] | None = None) -> Schema:
    """Return the schema of an entry: an object without unknown keys. Without required keys it may be left empty."""
    schema: Schema = {
        "title": title,
        "description": description,
        "type": ["object", "null"] if not required else "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return schema | ({"required": required} if required else {})


PATH: Schema = {
    "type": "string",
    "description": "IAM path. Default: the path that the entity has; `/` for a new one.",
    "examples": ["/", "/eng/"],
}
PROTECT: Schema = {
    "type": "boolean",
    "description": "true: no plan deletes this entity, which carries the tag reconcile:protect. To delete it, apply "
    "`protect: false` first.",
}
IGNORE_CHANGES: Schema = make_text_list(
    "Fields that no plan changes: a field of this entry, `tags.KEY` or `inline_policies.NAME`.",
    [["description", "tags.last-used"]],
)
POLICIES: Schema = {
    **make_text_list(
        "All attached managed policies: names in this file, `aws:NAME` for a policy of AWS, or ARNs. A plan detaches "
        "any other.",
        [["aws:ReadOnlyAccess", "my-policy"]],
    ),
    "items": make_ref("attachment"),
}
BOUNDARY: Schema = {
    "type": "string",
    "minLength": 1,
    "description": "Permissions boundary: a policy in this file, `aws:NAME` for a policy of AWS, or an ARN.",
    "examples": ["developer-boundary", "aws:PowerUserAccess"],
}
MFA_REQUIRED: Schema = {
    "enum": ["required"],
    "description": "Attach a policy that, without MFA, denies everything except enrolling an MFA device.",
}

_DOCUMENT_PROPERTIES: Schema = {
    "Version": {"enum": ["2012-10-17", "2008-10-17"]},
    "Id": {"type": "string"},
    "Statement": {"type": ["array", "object"], "description": "One statement or a list of them."},
}

DEFINITIONS: Schema = {
    "moment": {
        "title": "Moment",
        "description": "A date (meaning its first moment, in UTC), or an RFC 3339 time with a time zone.",
        "type": "string",
        "examples": ["2026-12-31", "2026-12-31T18:00:00+01:00"],
    },
    "attachment": _make_expiring_reference(
        "policy",
        "Attached policy",
        "A policy in this file, `aws:NAME` or an ARN. With `expires`, the first apply after that moment detaches it.",
        "A policy in this file, `aws:NAME` for a policy of AWS, or an ARN.",
        ["aws:ReadOnlyAccess", {"policy": "my-policy", "expires": "2026-12-31"}],
    ),
    "duration": {
        "title": "Duration",
        "description": "For example `45m`, `1h` or `90d`; a plain number is seconds.",
        "type": ["string", "integer"],
        "pattern": DURATION.schema_pattern,
        "minimum": 0,
        "examples": ["1h", "45m", 3600],
    },
    "document": {
        "title": "Policy document",
        "description": "A policy document as AWS writes it, or the path of a JSON or YAML file with one. Default "
        "Version: 2012-10-17.",
        "type": ["object", "string"],
        "minLength": 1,
        "properties": _DOCUMENT_PROPERTIES,
        "examples": [{"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}],
    },
    "membership": _make_expiring_reference(
        "group",
        "Membership",
        "A group in this file. With `expires`, the first apply after that moment removes the user from it.",
        "A group in this file.",
        ["engineers", {"group": "on-call", "expires": "2026-12-31"}],
    ),
    "inline_policy": {
        "title": "Inline policy",
        "description": "A policy document or the path of one; or {document, expires}: from that moment on, AWS "
        "ignores the policy.",
        "type": ["object", "string"],
        "minLength": 1,
        "properties": {
            **_DOCUMENT_PROPERTIES,
            "document": make_ref("document"),
            "expires": make_ref("moment"),
        },
        "examples": [{"document": "policies/logs.json", "expires": "2026-12-31"}],
    },
    "inline_policies": {
        "title": "Inline policies",
        "description": "All inline policies: name → document or path. A plan removes any other.",
        "type": "object",
        "additionalProperties": make_ref("inline_policy"),
    },
    "tags": {
        "title": "Tags",
        "description": "Key → value. Numbers and booleans become text as written.",
        "type": "object",
        "additionalProperties": {"type": "string"},
        "examples": [{"team": "platform"}],
    },
}
