"""Build the JSON Schema of desired-state files from the fragments of the kinds.

The same schema validates files at run time and is written to schemas/ for editors; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.desired.account_selection import SCHEMA as SELECTION
from reconciler.desired.aliases import SCHEMA as ALIAS
from reconciler.desired.assertions import SCHEMA as ASSERTIONS
from reconciler.desired.guardrails import SCHEMA as GUARDRAILS
from reconciler.desired.moves import SCHEMA as MOVED
from reconciler.desired.organization_schema import SCHEMA as ORGANIZATION
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.registry import KINDS_BY_SECTION, SINGLE_ENTRY_SECTIONS
from reconciler.kinds.trust_rules import SCHEMA as TRUST_RULE
from reconciler.model.text_forms import ACCOUNT_ID, OWNER

_ADDRESSES = parts.make_text_list("Addresses; * and ? are wildcards.", [["role/AWSReservedSSO_*"]])
_NOT_DEFAULTED = (
    "trust",
    "trust_policy",
    "instance_profile",
    "context_provider",
    "identity_center_instance",
    "expires",
)
"""Fields that `defaults` cannot set. It cannot set the required fields of an entry either."""

_MAX_COUNT = 2**63 - 1
"""The largest count that a saved plan can hold."""

_SETTINGS: dict[str, Any] = {
    "title": "Settings",
    "description": "Limits on what a plan may delete and change.",
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {
        "prune": {
            "enum": ["owned", "none", "all"],
            "default": "owned",
            "description": "Which entities that are not in the file a plan deletes. owned: those that carry the "
            "file's owner tag. none: none. all: all of them.",
        },
        "ignore": {**_ADDRESSES, "description": "Entities that no plan changes; * and ? are wildcards."},
        "prune_also": {
            **_ADDRESSES,
            "description": "Entities created by AWS services that a plan may delete all the same; * and ? are "
            "wildcards.",
        },
        "break_glass": {
            **parts.make_text_list("Addresses.", [["role/emergency"]]),
            "description": "Emergency users and roles. No plan may delete them, lock them out, or take away their "
            "permission to undo it. Those declared in the file carry the tag reconcile:break-glass.",
        },
        "max_deletes": {
            "type": "integer",
            "minimum": 0,
            "maximum": _MAX_COUNT,
            "default": 10,
            "description": "A plan with more deletions needs --allow-deletes. Passwords, access keys and MFA devices "
            "count as well.",
        },
        "max_delete_percent": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "default": 30,
            "description": "A plan with at least 6 deletions that deletes a larger share of one kind needs "
            "--allow-deletes.",
        },
        "max_removals": {
            "type": "integer",
            "minimum": 0,
            "maximum": _MAX_COUNT,
            "default": 50,
            "description": "A plan that removes more policies, memberships and boundaries from entities that stay "
            "needs --allow-deletes.",
        },
    },
}


_TOP: dict[str, Any] = {
    "version": {"const": 1, "description": "The version of the file format."},
    "owner": {
        "type": "string",
        "pattern": OWNER.schema_pattern,
        "description": "Name of the set of entities that this file manages. They carry it as the tag reconcile:owner.",
        "examples": ["platform"],
    },
    "account": {
        "type": "string",
        "pattern": ACCOUNT_ID.schema_pattern,
        "description": "The only account that this file may be used with: 12 digits, quoted.",
        "examples": ["123456789012"],
    },
    "vars": {
        "type": ["object", "null"],
        "additionalProperties": {"type": "string"},
        "description": "Variables, name → text. Write {{ name }} in any string.",
    },
    "include": parts.make_text_list("Files to merge in: paths or globs, relative to this file.", [["teams/*.yaml"]]),
    "settings": _SETTINGS,
    "guardrails": GUARDRAILS,
    "organization": ORGANIZATION,
}


def build_schema() -> dict[str, Any]:
    """Return the whole schema (JSON Schema draft 2020-12)."""
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
        "description": "The desired IAM entities of one AWS account, and the roles that people assume from it.",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "patternProperties": {"^x-": {"description": "Ignored; a place for YAML anchors."}},
        "properties": {
            **_TOP,
            "defaults": {
                "title": "Defaults",
                "description": "Default values for every entity whose kind has the field.",
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": defaults,
            },
            **{section: _build_section(section, title, entry) for section, (title, entry) in sections.items()},
            "aliases": _build_section("aliases", "Role to assume", ALIAS),
            "moved": dict(MOVED),
            "assert": dict(ASSERTIONS),
        },
        "$defs": {**parts.DEFINITIONS, "trust_rule": dict(TRUST_RULE)},
    }


def _build_section(name: str, title: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    entry = {**entry, "properties": {**entry["properties"], **SELECTION}}
    if name in SINGLE_ENTRY_SECTIONS:
        return entry
    return {
        "title": name.replace("_", " ").capitalize(),
        "description": f"Name → {title if title[:2].isupper() else title[:1].lower() + title[1:]}.",
        "type": ["object", "null"],
        "additionalProperties": entry,
    }
