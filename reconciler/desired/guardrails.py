"""Read the `guardrails` section: the organization's policies over the account, each in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.node import Map, Seq, get_text
from reconciler.model.text_forms import ORGANIZATION_ID
from reconciler.policy.flaw import PolicyType

_MAX_LEVELS = 7
"""The root, five levels of organizational units and the account (AWS Organizations User Guide, "Quotas")."""

_KINDS = {PolicyType.SERVICE_CONTROL: "SCP", PolicyType.RESOURCE_CONTROL: "RCP"}


def _make_levels(description: str, example: list[list[str]]) -> dict[str, Any]:
    return {
        "type": ["array", "null"],
        "maxItems": _MAX_LEVELS,
        "items": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
        "description": f"{description} A list of levels, the root first; each level is a list of JSON or YAML files.",
        "examples": [example],
    }


SCHEMA: dict[str, Any] = {
    "title": "Guardrails",
    "description": "The policies that the organization lays over this account. They count in every answer about "
    "access, and are never written. Risk is judged without them.",
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {
        "scps": _make_levels("The service control policies.", [["org/root.json"], ["org/account.json"]]),
        "rcps": _make_levels(
            "The resource control policies. They count for assuming the account's roles.", [["org/rcp.json"]]
        ),
        "management": {
            "type": "boolean",
            "default": False,
            "description": "True if this is the management account of the organization: no guardrail binds it.",
        },
        "organization": {
            "type": "string",
            "pattern": ORGANIZATION_ID.schema_pattern,
            "description": "The id of the organization: the value of aws:PrincipalOrgID for the account's principals.",
            "examples": ["o-a1b2c3d4e5"],
        },
    },
}


def read_guardrails(root: Map, context: DeclareContext) -> Guardrails | None:
    """Return the guardrails of a file; None if it has none. Add problems to the context."""
    node = root.get("guardrails")
    if not isinstance(node, Map):
        return None
    return Guardrails(
        tuple(_read_levels(node, "scps", PolicyType.SERVICE_CONTROL, context)),
        tuple(_read_levels(node, "rcps", PolicyType.RESOURCE_CONTROL, context)),
        node.get("management") is True,
        get_text(node, "organization") or "",
    )


def _read_levels(
    node: Map, key: str, use: PolicyType, context: DeclareContext
) -> Iterator[tuple[GuardrailPolicy, ...]]:
    levels = node.get(key)
    for level in levels if isinstance(levels, Seq) else ():
        if isinstance(level, Seq):
            yield tuple(_read_level(level, use, context))


def _read_level(level: Seq, use: PolicyType, context: DeclareContext) -> Iterator[GuardrailPolicy]:
    for index, path in enumerate(level):
        if isinstance(path, str):
            document = context.document_reader.read_file(path, level.place_of(index), use)
            if document is not None:
                yield GuardrailPolicy(_KINDS[use], path, document)
