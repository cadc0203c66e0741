"""The JSON Schema of a user's entry in a file; `kinds/user.py` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.kinds import schema_parts as parts

_ACCESS_KEYS: parts.Schema = {
    "title": "Access keys",
    "description": "Limits for the user's access keys, inactive ones included. A plan reports keys beyond them, and "
    "never creates or deletes a key.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max_age": {**parts.make_ref("duration"), "description": "A plan reports older keys.", "examples": ["90d"]},
        "max_count": {"type": "integer", "minimum": 0, "maximum": 2, "description": "A plan reports more keys."},
    },
}

SCHEMA: Mapping[str, Any] = parts.make_entry_schema(
    "User",
    "An IAM user. Passwords and access keys are secrets and never come from a file.",
    {
        "groups": {
            **parts.make_text_list("Groups of this file that the user is in; the whole list.", [["engineers"]]),
            "items": parts.make_ref("membership"),
        },
        "policies": parts.POLICIES,
        "inline_policies": parts.make_ref("inline_policies"),
        "permissions_boundary": parts.BOUNDARY,
        "mfa": parts.MFA_REQUIRED,
        "console": {
            "type": "boolean",
            "description": "false: a plan deletes the user's password for the console. true: a plan reports if there "
            "is none. Absent: a plan does neither.",
        },
        "access_keys": _ACCESS_KEYS,
        "expires": {
            **parts.make_ref("moment"),
            "description": "From this moment on, AWS denies the user everything. Nothing is deleted.",
        },
        "path": parts.PATH,
        "tags": parts.make_ref("tags"),
        "protect": parts.PROTECT,
        "ignore_changes": parts.IGNORE_CHANGES,
    },
)
