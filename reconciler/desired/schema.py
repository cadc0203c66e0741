"""The JSON Schema of desired-state files, assembled from the kinds' fragments.

The same value validates files at run time and is written to schemas/ for editors; a test holds them equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.desired.aliases import SCHEMA as ALIAS
from reconciler.desired.moves import SCHEMA as MOVED
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.registry import KINDS_BY_SECTION, SINGLE_ENTRY_SECTIONS
from reconciler.kinds.trust_rules import SCHEMA as TRUST_RULE

_ADDRESSES = parts.make_text_list("Addresses, with * and ?.", [["role/AWSReservedSSO_*"]])
_NOT_DEFAULTED = (
    "trust",
    "trust_policy",
    "instance_profile",
    "context_provider",
    "identity_center_instance",
    "expires",
)
"""Nor what an entry must have of its own."""

_MAX_COUNT = 2**63 - 1
"""The largest count that a saved plan has room for."""

_SETTINGS: dict[str, Any] = {
    "title": "Settings",
    "description": "What may be deleted, and when a plan is unsafe.",
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {
        "prune": {
            "enum": ["owned", "none", "all"],
            "default": "owned",
            "description": "What is deleted when the file no longer has it: what carries our owner tag; nothing; "
            "or everything that is not in the file.",
        },
        "ignore": {**_ADDRESSES, "description": "Addresses that are never touched, with * and ?."},
        "prune_also": {
            **_ADDRESSES,
            "description": "Addresses, with * and ?, that AWS's services put into the account and that are pruned all "
            "the same.",
        },
        "break_glass": {
            **parts.make_text_list("Addresses.", [["role/emergency"]]),
            "description": "Users and roles that must keep the power to undo any plan, and a way in; never "
            "pruned. Those that the file declares carry the tag reconcile:break-glass.",
        },
        "max_deletes": {
            "type": "integer",
            "minimum": 0,
            "maximum": _MAX_COUNT,
            "default": 10,
            "description": "A plan with more deletions needs --allow-deletes; passwords, keys and MFA devices count.",
        },
        "max_delete_percent": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "default": 30,
            "description": "So does one that deletes more than this share of a kind (from 6 deletions on).",
        },
        "max_removals": {
            "type": "integer",
            "minimum": 0,
            "maximum": _MAX_COUNT,
            "default": 50,
            "description": "And one that takes more policies, memberships and boundaries off entities that stay.",
        },
    },
}


_TOP: dict[str, Any] = {
    "version": {"const": 1, "description": "The version of the file format."},
    "owner": {
        "type": "string",
        "pattern": "^[A-Za-z0-9._-]{1,64}$",
        "description": "Name of this stack; what it may prune carries it as the tag reconcile:owner.",
        "examples": ["platform"],
    },
    "account": {
        "type": "string",
        "pattern": "^[0-9]{12}$",
        "description": "Guard: nothing is read or written in any other account. Quote it.",
        "examples": ["123456789012"],
    },
    "vars": {
        "type": ["object", "null"],
        "additionalProperties": {"type": "string"},
        "description": "Name → text, used as {{ name }} in any string.",
    },
    "include": parts.make_text_list("Paths or globs, relative to this file, merged in.", [["teams/*.yaml"]]),
    "settings": _SETTINGS,
}


def build_schema() -> dict[str, Any]:
    """The whole schema, draft 2020-12."""
    defaults: dict[str, Any] = {}
    for section, kind in KINDS_BY_SECTION.items():
        for key, fragment in kind.schema["properties"].items():
            if section not in SINGLE_ENTRY_SECTIONS and key not in (*_NOT_DEFAULTED, *kind.schema.get("required", ())):
                defaults.setdefault(key, fragment)
    sections = {section: (kind.schema["title"], kind.schema) for section, kind in KINDS_BY_SECTION.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:reconcile-iam:desired-state:1",
        "title": "reconcile: desired state of AWS IAM",
        "description": "What IAM in one AWS account must look like, and which roles people assume from it.",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "patternProperties": {"^x-": {"description": "A place for YAML anchors; ignored."}},
        "properties": {
            **_TOP,
            "defaults": {
                "title": "Defaults",
                "description": "Merged under every entity that has the field.",
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": defaults,
            },
            **{section: _build_section(section, title, entry) for section, (title, entry) in sections.items()},
            "aliases": _build_section("aliases", "Role to assume", ALIAS),
            "moved": dict(MOVED),
        },
        "$defs": {**parts.DEFINITIONS, "trust_rule": dict(TRUST_RULE)},
    }


def _build_section(name: str, title: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    if name in SINGLE_ENTRY_SECTIONS:
        return dict(entry)
    return {
        "title": name.replace("_", " ").capitalize(),
        "description": f"Name → {title if title[:2].isupper() else title[:1].lower() + title[1:]}.",
        "type": ["object", "null"],
        "additionalProperties": entry,
    }
