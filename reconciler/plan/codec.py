"""Entities ↔ plain JSON values, for saved plans. Documents travel as their author wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, get_type_hints

from reconciler.kinds.facets.tags import with_our_keys
from reconciler.kinds.registry import BY_NAME
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity
from reconciler.model.xml import Xml, xml_of
from reconciler.policy.canonical import canonical


def encoded(entity: Entity) -> dict[str, Any]:
    """Every field by name; sets as sorted lists, documents as `{"document": text}`."""
    return {field.name: _plain(getattr(entity, field.name)) for field in fields(entity)}


def _plain(value: object) -> Any:
    if isinstance(value, Document):
        return {"document": value.text, "opaque": bool(value.opaque)}
    if isinstance(value, Xml):
        return {"xml": value.text, "label": value.label}
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in sorted(value.items())}
    return value


def decoded(kind: str, value: Mapping[str, Any], partition: str) -> Entity:
    """The entity that was encoded. ValueError, KeyError or TypeError where it cannot be one."""
    entity_class = BY_NAME[kind].entity.of_name(value["name"])
    known = {field.name for field in fields(entity_class)}
    if set(value) != known:
        raise ValueError(f"not the fields of a {kind}")
    types = get_type_hints(entity_class)
    made: Any = entity_class
    entity: Entity = made(**{name: _read(types[name], item, partition) for name, item in value.items()})
    tags: Mapping[str, str] = getattr(entity, "tags", {})
    if entity_class.folds_tag_keys and with_our_keys(tags) != tags:
        raise ValueError(f"a tag of reconcile in another spelling on a {kind}")
    return entity


def _read(wanted: Any, value: Any, partition: str) -> object:
    """A plain value as the type that a field has."""
    readers: Mapping[Any, Callable[[Any], object]] = {
        frozenset[str]: frozenset,
        frozenset[str] | None: lambda items: None if items is None else frozenset(items),
        frozenset[Address]: lambda items: frozenset(map(Address.parse, items)),
        Address | None: lambda item: Address.parse(item) if item else None,
        Xml: _xml,
        Document: lambda item: _document(item, partition),
        Mapping[str, Document]: lambda items: {name: _document(item, partition) for name, item in items.items()},
    }
    return readers[wanted](value) if wanted in readers else value


def _xml(value: Mapping[str, Any]) -> Xml:
    """What it means is read from the text again: a plan file is not trusted to say it."""
    return replace(xml_of(value["xml"]), label=str(value["label"]))


def _document(value: Mapping[str, Any], partition: str) -> Document:
    text: str = value["document"]
    return canonical(text if value["opaque"] else json.loads(text), partition)
