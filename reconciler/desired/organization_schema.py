"""The JSON Schema of the section `organization`: the accounts that one file describes."""

from __future__ import annotations

from typing import Any

from reconciler.desired.aliases import SCHEMA as ALIAS
from reconciler.kinds import schema_parts as parts
from reconciler.model.member_account import FIRST_WAVE
from reconciler.model.text_forms import ACCOUNT_ID, ACCOUNT_NAME, ROLE_PATH_AND_NAME

MAX_WAVE = 1000
_ENTRY_KEYS = ("external_id", "session_name", "source_identity", "session_tags", "transitive_tags", "via", "duration")

_FILES = parts.make_text_list("Desired-state files: paths or globs, relative to this file.", [["prod.yaml"]])
_VARS: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": {"type": "string"},
    "description": "Variables, name → text. They count more than `vars` of files.",
    "examples": [{"env": "prod"}],
}
_WAVE: dict[str, Any] = {
    "type": "integer",
    "minimum": FIRST_WAVE,
    "maximum": MAX_WAVE,
    "default": FIRST_WAVE,
    "description": "`apply` starts a wave once the earlier ones have ended well.",
}

SCHEMA: dict[str, Any] = {
    "title": "Organization",
    "description": "The accounts that this file describes. A file has `accounts`, `discover` or both.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "role": {
            "type": "string",
            "pattern": ROLE_PATH_AND_NAME.schema_pattern,
            "description": "Path and name of the role that is assumed in each account. The caller's own account needs "
            "none.",
            "examples": ["reconciler", "ci/reconciler"],
        },
        **{key: ALIAS["properties"][key] for key in _ENTRY_KEYS},
        "defaults": {
            "title": "Defaults of accounts",
            "description": "Files that every account has beside its own, and variables and a wave that it may "
            "override.",
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {"files": _FILES, "vars": _VARS, "wave": _WAVE},
        },
        "accounts": {
            "title": "Accounts",
            "description": "Name → account.",
            "type": ["object", "null"],
            "propertyNames": {"pattern": ACCOUNT_NAME.schema_pattern},
            "additionalProperties": {
                "title": "Account",
                "description": "One account of the organization.",
                "type": "object",
                "additionalProperties": False,
                "required": ["id"],
                "properties": {
                    "id": {
                        "type": "string",
                        "pattern": ACCOUNT_ID.schema_pattern,
                        "description": "The account's id: 12 digits, quoted.",
                        "examples": ["111111111111"],
                    },
                    "files": _FILES,
                    "vars": _VARS,
                    "wave": _WAVE,
                    "canary": {
                        "type": "boolean",
                        "default": False,
                        "description": "true: `apply` does this account before the others of its wave, and stops if it "
                        "fails.",
                    },
                },
            },
        },
        "discover": {
            "title": "Discovery",
            "description": "Further accounts, from AWS Organizations: the active ones below `ou` with all of `tags`.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "ou": {
                    "type": ["string", "array"],
                    "items": {"type": "string", "minLength": 1},
                    "description": "Organizational units, or the root: accounts anywhere below. Default: the whole "
                    "organization.",
                    "examples": ["ou-abcd-12345678"],
                },
                "tags": parts.make_ref("tags"),
            },
        },
    },
}
