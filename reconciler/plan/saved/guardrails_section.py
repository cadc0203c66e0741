"""Keep the guardrails of a file in a plan file, since they count when its access is asked for and it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.guardrails import GuardrailPolicy, Guardrails, Level
from reconciler.plan.saved.codec import decode_document, encode_document
from reconciler.plan.saved.strict_json import take_flag, take_list, take_object, take_text

_KEYS = ("scps", "rcps", "management", "organization")


def to_guardrails_section(guardrails: Guardrails) -> dict[str, Any]:
    """Return the `saved.guardrails` object of a plan file."""
    return {
        "scps": _encode_levels(guardrails.scps),
        "rcps": _encode_levels(guardrails.rcps),
        "management": guardrails.management,
        "organization": guardrails.organization,
    }


def _encode_levels(levels: tuple[Level, ...]) -> list[list[dict[str, Any]]]:
    return [[{"name": one.name, "policy": encode_document(one.document)} for one in level] for level in levels]


def read_guardrails_section(saved: Mapping[str, Any], partition: str) -> Guardrails | None:
    """Return the guardrails; None if the file of the plan named none. Raises MalformedPlan."""
    if "guardrails" not in saved:
        return None
    path = "saved.guardrails"
    section = take_object(saved["guardrails"], path, _KEYS)
    return Guardrails(
        tuple(_read_levels("SCP", section["scps"], partition, f"{path}.scps")),
        tuple(_read_levels("RCP", section["rcps"], partition, f"{path}.rcps")),
        take_flag(section["management"], f"{path}.management"),
        take_text(section["organization"], f"{path}.organization"),
    )


def _read_levels(kind: str, value: object, partition: str, path: str) -> list[Level]:
    return [
        tuple(_read_policy(kind, item, partition, path) for item in take_list(level, path))
        for level in take_list(value, path)
    ]


def _read_policy(kind: str, value: object, partition: str, path: str) -> GuardrailPolicy:
    item = take_object(value, path, ("name", "policy"))
    return GuardrailPolicy(kind, take_text(item["name"], path), decode_document(item["policy"], partition, path))
