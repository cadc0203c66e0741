"""Convert entities to plain JSON values and back, for saved plans. Documents keep their author's text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from types import UnionType
from typing import Any, get_args, get_type_hints

from reconciler.kinds.facets.tags import with_our_keys
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity
from reconciler.model.pem import PemCertificates, parse_pem_or_opaque
from reconciler.model.xml_document import XmlDocument, parse_xml_or_opaque
from reconciler.plan.saved.places_section import encode_place, read_place
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_address,
    take_flag,
    take_integer,
    take_list,
    take_mapping,
    take_object,
    take_text,
    take_texts,
)
from reconciler.policy.canonical import canonical


def encode_entity(entity: Entity, *, with_lines: bool = False) -> dict[str, Any]:
    """Return every field by name; sets become sorted lists, documents become `{"document": text}`."""
    return {field.name: _encode_value(getattr(entity, field.name), with_lines) for field in fields(entity)}


def encode_document(document: Document, *, with_lines: bool = False) -> dict[str, Any]:
    """Return a document with its author's text. with_lines: and the lines of its statements, if it is a file's."""
    value = {"document": document.text, "opaque": bool(document.opaque)}
    if not (with_lines and document.places):
        return value
    return value | {"places": [encode_place(place) for place in document.places], "from_rules": document.from_rules}


def _encode_value(value: object, with_lines: bool) -> Any:
    if isinstance(value, Document):
        return encode_document(value, with_lines=with_lines)
    if isinstance(value, XmlDocument):
        return {"xml": value.text, "label": value.label}
    if isinstance(value, PemCertificates):
        return {"pem": value.text, "label": value.label}
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _encode_value(item, with_lines) for key, item in sorted(value.items())}
    return value


def decode_entity(kind: str, value: Mapping[str, Any], partition: str, path: str = "entity") -> Entity:
    """Return the entity that was encoded. Raises MalformedPlan, ValueError or KeyError if the value is not one.

    A plan or journal of an earlier version lacks newer fields; their live values stay.
    """
    entity_class = KINDS_BY_NAME[kind].entity.class_for_name(take_text(value["name"], f"{path}.name"))
    late = entity_class.left_if_absent
    required = [field.name for field in fields(entity_class) if field.name not in late]
    take_object(value, path, required, tuple(late))
    types = get_type_hints(entity_class)
    make_entity: Any = entity_class
    entity: Entity = make_entity(
        **{name: _decode_value(types[name], item, partition, f"{path}.{name}") for name, item in value.items()}
    )
    tags: Mapping[str, str] = getattr(entity, "tags", {})
    if entity_class.folds_tag_keys and with_our_keys(tags) != tags:
        raise MalformedPlan(f"{path}.tags has a tag of reconcile in another letter case.")
    return entity


def _decode_value(field_type: Any, value: Any, partition: str, path: str) -> object:
    """Return a plain value as the type of its field, which may be `T | None`."""
    if isinstance(field_type, UnionType):
        if value is None:
            return None
        field_type = next(kind for kind in get_args(field_type) if kind is not type(None))
    return DECODERS[field_type](value, partition, path)


def _decode_xml(value: Any, path: str) -> XmlDocument:
    """Return the XML document; its meaning is read from the text again, because a plan file is not trusted."""
    members = take_object(value, path, ("xml", "label"))
    return replace(parse_xml_or_opaque(take_text(members["xml"], path)), label=take_text(members["label"], path))


def _decode_pem(value: Any, path: str) -> PemCertificates:
    """Read the certificates from the text again. ValueError for a private key."""
    members = take_object(value, path, ("pem", "label"))
    return parse_pem_or_opaque(take_text(members["pem"], path), take_text(members["label"], path))


def decode_document(value: Any, partition: str, path: str) -> Document:
    """Return the document; it may be opaque only if it is not JSON, because guards cannot check opaque documents."""
    members = take_object(value, path, ("document", "opaque"), ("places", "from_rules"))
    text = take_text(members["document"], path)
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if take_flag(members["opaque"], path) is isinstance(content, dict):
        raise MalformedPlan(f"{path}.opaque must be {'false' if isinstance(content, dict) else 'true'}.")
    places = tuple(
        read_place(item, f"{path}.places") for item in take_list(members.get("places", []), f"{path}.places")
    )
    from_rules = take_flag(members.get("from_rules", False), f"{path}.from_rules")
    return replace(canonical(text if content is None else content, partition), places=places, from_rules=from_rules)


DECODERS: Mapping[Any, Callable[[Any, str, str], object]] = {
    str: lambda value, _, path: take_text(value, path),
    int: lambda value, _, path: take_integer(value, path),
    bool: lambda value, _, path: take_flag(value, path),
    frozenset[str]: lambda value, _, path: frozenset(take_texts(value, path)),
    frozenset[Address]: lambda value, _, path: frozenset(
        take_address(item, path, ("group",)) for item in take_list(value, path)
    ),
    Address: lambda value, _, path: take_address(value, path, ("role",)),
    XmlDocument: lambda value, _, path: _decode_xml(value, path),
    PemCertificates: lambda value, _, path: _decode_pem(value, path),
    Document: decode_document,
    Mapping[str, str]: lambda value, _, path: {
        name: take_text(item, path) for name, item in take_mapping(value, path).items()
    },
    Mapping[str, Document]: lambda value, partition, path: {
        name: decode_document(item, partition, path) for name, item in take_mapping(value, path).items()
    },
}
"""The decoder of each type that a field of an entity can have: it takes the value, the partition and the path.

Addresses are a user's groups, or an instance profile's role.
"""
