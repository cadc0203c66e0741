"""Trusted identity propagation of OIDC and SAML providers: the context provider, and the Identity Center instance.

An entity holds its context provider as the canonical JSON text of AWS's own structure. "" means that it has none, None
that the live one stays. One call changes one of the two settings. An instance needs a context provider, and must be
removed before it (IAM API Reference, UpdateOpenIDConnectProvider and UpdateSAMLProvider; botocore 1.44.7).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.kinds import schema_parts as parts
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, make_entry
from reconciler.kinds.raw_account import Item
from reconciler.kinds.steps import make_step, presence_of, removal_of
from reconciler.model.address import Address
from reconciler.model.effects import SetFields
from reconciler.model.node import Map, Seq, find_place, get_text
from reconciler.model.partitions import PARTITION_NAME
from reconciler.model.plan import Phase, Step
from reconciler.model.text_forms import CONTEXT_PROVIDER

NONE = "none"
"""The word with which a file removes a setting."""

FIELDS = frozenset(["context_provider", "identity_center_instance"])
_MOST_KEYS = 10
_KEY = re.compile(r"(?=.{1,128}$)[A-Za-z0-9_.:/=+@#-]+( [A-Za-z0-9_.:/=+@#-]+)*", re.ASCII)
_INSTANCE = re.compile(rf"arn:{PARTITION_NAME}:sso:::instance/[\x21-\x7e]{{1,1190}}", re.ASCII)
_NAMES: Mapping[str, str] = {
    "subject_source_key": "SubjectSourceKey",
    "subject_type_value": "SubjectTypeValue",
    "subject_type_source_key": "SubjectTypeSourceKey",
}
_KEY_NAMES: Mapping[str, str] = {"source_key": "SourceKey", "target_key": "TargetKey"}


def _make_key_schema(description: str) -> parts.Schema:
    return {"type": "string", "minLength": 1, "maxLength": 128, "description": description}


SCHEMA: parts.Schema = {
    "context_provider": {
        "title": "Context provider",
        "type": ["object", "string"],
        "pattern": CONTEXT_PROVIDER.schema_pattern,
        "additionalProperties": False,
        "required": ["subject_source_key"],
        "description": "How tokens become trusted context (trusted identity propagation); `none` removes it. Absent: "
        "left as it is live.",
        "properties": {
            "subject_source_key": _make_key_schema("The claim or attribute that is the subject."),
            "subject_type_value": _make_key_schema("The type of every subject, as in `user`."),
            "subject_type_source_key": _make_key_schema("The claim or attribute that is the subject's type."),
            "keys": {
                "type": "array",
                "maxItems": _MOST_KEYS,
                "description": "Claims or attributes, and the trusted context keys that they become.",
                "items": {
                    "title": "Context key",
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["source_key"],
                    "properties": {
                        "source_key": _make_key_schema("The claim or attribute."),
                        "target_key": _make_key_schema("The trusted context key."),
                    },
                },
            },
        },
        "examples": [{"subject_source_key": "sub", "subject_type_value": "user"}, NONE],
    },
    "identity_center_instance": {
        "type": "string",
        "minLength": 1,
        "description": "ARN of the IAM Identity Center instance; needs `context_provider`. `none` removes it. Absent: "
        "left as it is live.",
        "examples": ["arn:aws:sso:::instance/ssoins-1234567890abcdef", NONE],
    },
}


class IdentityProvider(Protocol):
    """The part of a provider that this facet reads."""

    @property
    def address(self) -> Address: ...
    @property
    def context_provider(self) -> str | None: ...
    @property
    def identity_center_instance(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Propagation:
    """The two settings of one provider. "": it has none. None: the live one stays."""

    context_provider: str | None = None
    identity_center_instance: str | None = None


def read_propagation(item: Item) -> Propagation:
    """Return both settings from the answer of a Get…Provider call, which omits a setting that is not set."""
    return Propagation(_to_canonical(item.get("ContextProvider")), str(item.get("IdentityCenterInstanceArn") or ""))


def _to_canonical(structure: Mapping[str, Any] | None) -> str:
    """Return a ContextProvider as text. An empty value counts as absent, and the order of keys does not matter."""
    if not structure:
        return ""
    nonempty = {name: structure[name] for name in _NAMES.values() if structure.get(name)}
    listed = [{name: key[name] for name in _KEY_NAMES.values() if key.get(name)} for key in _keys_of(structure)]
    if listed:
        nonempty["KeyDefinitionList"] = sorted(listed, key=lambda key: sorted(key.items()))
    return json.dumps(nonempty, sort_keys=True, separators=(",", ":"))


def _keys_of(structure: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(structure.get("KeyDefinitionList") or ())


def declare_propagation(node: Map, context: DeclareContext) -> Propagation:
    """Return both settings as a file declares them. An instance without a context provider is a problem."""
    instance = _declare_instance(node, context)
    written = node.get("context_provider")
    if written == NONE:
        if instance:
            hint = "Write `identity_center_instance: none`, or declare a context provider."
            summary = "`identity_center_instance` needs a `context_provider`, which is `none` here."
            context.add_problem("context-provider", summary, node.place_of("identity_center_instance"), hint)
        return Propagation("", "")
    if not isinstance(written, Map):
        if instance:
            hint = "Add one, such as context_provider: {subject_source_key: sub}."
            summary = "`identity_center_instance` needs a `context_provider`."
            context.add_problem("context-provider", summary, node.place_of("identity_center_instance"), hint)
        return Propagation(None, instance)
    return Propagation(_declare_provider(written, context), instance)


def _declare_instance(node: Map, context: DeclareContext) -> str | None:
    instance = get_text(node, "identity_center_instance")
    if instance is None or instance == NONE:
        return None if instance is None else ""
    if not _INSTANCE.fullmatch(instance):
        hint = "Write it as in arn:aws:sso:::instance/ssoins-1234567890abcdef, or `none`."
        summary = f"{instance!r} is not the ARN of an Identity Center instance."
        context.add_problem("bad-arn", summary, node.place_of("identity_center_instance"), hint)
    return instance


def _declare_provider(node: Map, context: DeclareContext) -> str:
    if "subject_type_value" in node and "subject_type_source_key" in node:
        summary = "`subject_type_value` and `subject_type_source_key` exclude each other."
        context.add_problem("context-provider", summary, node.place_of("subject_type_source_key"), "Remove one.")
    _check_keys(node, tuple(_NAMES), context)
    structure: dict[str, Any] = {name: node[key] for key, name in _NAMES.items() if key in node}
    listed = node.get("keys")
    keys = [key for key in listed if isinstance(key, Map)] if isinstance(listed, Seq) else []
    for key in keys:
        _check_keys(key, tuple(_KEY_NAMES), context)
    structure["KeyDefinitionList"] = [
        {_KEY_NAMES[name]: key[name] for name in key if name in _KEY_NAMES} for key in keys
    ]
    return _to_canonical(structure)


def _check_keys(node: Map, names: tuple[str, ...], context: DeclareContext) -> None:
    for name in names:
        value = node.get(name)
        if isinstance(value, str) and not _KEY.fullmatch(value):
            summary = f"AWS does not accept {value!r} as {name}."
            hint = "Write at most 128 letters, digits, _ . : / = + - @ #, and single spaces between them."
            context.add_problem("bad-context-key", summary, find_place(node, [name]), hint)


def export_propagation(provider: IdentityProvider) -> Entry:
    """Return both settings as a file writes them, without a setting that is not set."""
    structure = json.loads(provider.context_provider) if provider.context_provider else {}
    keys = [{name: key[of_aws] for name, of_aws in _KEY_NAMES.items() if of_aws in key} for key in _keys_of(structure)]
    written = {name: structure[of_aws] for name, of_aws in _NAMES.items() if of_aws in structure}
    return make_entry(
        context_provider=written | ({"keys": keys} if keys else {}),
        identity_center_instance=provider.identity_center_instance,
    )


def make_create_parameters(provider: IdentityProvider) -> dict[str, object]:
    """Return the parameters of Create…Provider for both settings."""
    parameters: dict[str, object] = {}
    if provider.context_provider:
        parameters["ContextProvider"] = json.loads(provider.context_provider)
    if provider.identity_center_instance:
        parameters["IdentityCenterInstanceArn"] = provider.identity_center_instance
    return parameters


def plan_changes(
    operation: str, target: Mapping[str, object], before: IdentityProvider, after: IdentityProvider
) -> list[Step]:
    """Return the steps that change the settings. An instance is set after a context provider, and removed before it."""
    address = after.address
    old, new = _fill_absent(before.context_provider, after.context_provider)
    old_instance, new_instance = _fill_absent(before.identity_center_instance, after.identity_center_instance)
    set_instance = _set_field(address, operation, "identity_center_instance", old_instance, new_instance)
    set_provider = _set_field(address, operation, "context_provider", old, new)
    instance_removal, provider_change = removal_of(address, "identity-center"), removal_of(address, "context-provider")
    steps = []
    if old_instance and not new_instance:
        parameters = {**target, "RemoveIdentityCenterInstance": True}
        makes = (instance_removal,)
        steps.append(make_step(address, Phase.NARROW, set_instance, parameters, (presence_of(address),), makes))
    if old and not new:
        needs = (presence_of(address), *((instance_removal,) if steps else ()))
        steps.append(make_step(address, Phase.NARROW, set_provider, {**target, "RemoveContextProvider": True}, needs))
    elif old != new:
        phase = Phase.SWAP if old else Phase.WIDEN
        parameters = {**target, "ContextProvider": json.loads(new)}
        steps.append(make_step(address, phase, set_provider, parameters, (presence_of(address),), (provider_change,)))
    if new_instance and old_instance != new_instance:
        phase = Phase.SWAP if old_instance else Phase.WIDEN
        needs = (presence_of(address), *((provider_change,) if old != new and not old else ()))
        parameters = {**target, "IdentityCenterInstanceArn": new_instance}
        steps.append(make_step(address, phase, set_instance, parameters, needs))
    return steps


def _set_field(address: Address, operation: str, field: str, before: str, after: str) -> SetFields:
    return SetFields(address, operation, (operation,), {field: before}, {field: after})


def _fill_absent(before: str | None, after: str | None) -> tuple[str, str]:
    """Return a setting before and after. If the file omits it, both are the live value."""
    old = before or ""
    return old, old if after is None else after
