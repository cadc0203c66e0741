"""The JSON Schema of a role's entry in a file; `kinds/role.py` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.kinds import schema_parts as parts
from reconciler.kinds.facets import signin_session

SCHEMA: Mapping[str, Any] = parts.make_entry_schema(
    "Role",
    "A role, and who may assume it: exactly one of `trust` and `trust_policy`.",
    {
        "trust": {
            "type": "array",
            "minItems": 1,
            "description": "Who may assume the role: a list of trust rules, one statement each.",
            "items": parts.make_ref("trust_rule"),
        },
        "trust_policy": parts.make_ref("document"),
        "policies": parts.POLICIES,
        "inline_policies": parts.make_ref("inline_policies"),
        "permissions_boundary": parts.BOUNDARY,
        "description": {"type": "string", "description": "Absent: none."},
        "max_session_duration": {
            **parts.make_ref("duration"),
            "description": "Longest session, 1h to 12h. Absent: 1h.",
        },
        "max_signin_session_duration": signin_session.SCHEMA,
        "instance_profile": {
            "type": ["boolean", "string"],
            "minLength": 1,
            "description": "true: an instance profile with the role's name; a text: one with that name.",
        },
        "path": parts.PATH,
        "tags": parts.make_ref("tags"),
        "protect": parts.PROTECT,
        "ignore_changes": parts.IGNORE_CHANGES,
    },
)
