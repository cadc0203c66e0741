"""The JSON Schema of a user's entry in a file; `kinds/user.py` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.kinds import schema_parts as parts

_ACCESS_KEYS: parts.Schema = {
    "title": "Access keys",
    "description": "What every plan checks of the user's access keys, inactive ones included, and reports; keys are "
    "never made or deleted for it.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max_age": {**parts.make_ref("duration"), "description": "Older keys are reported.", "examples": ["90d"]},
        "max_count": {"type": "integer", "minimum": 0, "maximum": 2, "description": "So are more keys than this."},
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
            "description": "false: a password to sign in with is taken away. true: a plan reports where there is "
            "none. Absent: either way.",
        },
        "access_keys": _ACCESS_KEYS,
        "expires": {
            **parts.make_ref("moment"),
            "description": "From then on AWS denies the user everything; nothing of it is deleted.",
        },
        "path": parts.PATH,
        "tags": parts.make_ref("tags"),
        "protect": parts.PROTECT,
        "ignore_changes": parts.IGNORE_CHANGES,
    },
)
