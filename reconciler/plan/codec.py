"""Entities ↔ plain JSON values, for saved plans. Documents travel as their author wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from reconciler.kinds.registry import BY_NAME
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity
from reconciler.policy.canonical import canonical


def encoded(entity: Entity) -> dict[str, Any]:
    """Every field by name; sets as sorted lists, documents as `{"document": text}`."""
    return {field.name: _plain(getattr(entity, field.name)) for field in fields(entity)}


def _plain(value: object) -> Any:
    if isinstance(value, Document):
        return {"document": value.text, "opaque": bool(value.opaque)}
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in sorted(value.items())}
    return value


def decoded(kind: str, value: Mapping[str, Any], partition: str) -> Entity:
    """The entity that was encoded. ValueError, KeyError or TypeError where it cannot be one."""
    entity_class = BY_NAME[kind].entity
    known = {field.name for field in fields(entity_class)}
    if set(value) != known:
        raise ValueError(f"not the fields of a {kind}")
    readers: Mapping[str, Callable[[Any], object]] = {
        "policies": frozenset,
        "groups": lambda items: frozenset(Address.parse(item) for item in items),
        "role": lambda item: Address.parse(item) if item else None,
        "document": lambda item: _document(item, partition),
        "trust_policy": lambda item: _document(item, partition),
        "inline_policies": lambda items: {name: _document(item, partition) for name, item in items.items()},
    }
    made: Any = entity_class
    entity: Entity = made(**{name: readers[name](item) if name in readers else item for name, item in value.items()})
    return entity


def _document(value: Mapping[str, Any], partition: str) -> Document:
    text: str = value["document"]
    return canonical(text if value["opaque"] else json.loads(text), partition)
