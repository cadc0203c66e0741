"""Make answers of the query protocol from botocore's models: with every field, or without one required field."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Any

_TEXTS = {
    "Account": "123456789012",
    "Arn": "arn:aws:iam::123456789012:user/text",
    "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "Base32StringSeed": "QUJDREVGR0g=",  # base64 of ABCDEFGH
    "IsTruncated": "false",
}
_OF_TYPE = {
    "boolean": "true",
    "integer": "1",
    "long": "1",
    "timestamp": "2026-01-02T03:04:05Z",
    "blob": "QUJDREVGR0g=",
}


def answer_of(operation: str, shape: Any) -> bytes:
    """Return an answer with every member once, and lists of one item."""
    root = ET.Element(f"{operation}Response")
    result = ET.SubElement(root, f"{operation}Result")
    if shape is not None:
        _fill(result, shape)
    return ET.tostring(root)


def _fill(node: ET.Element, shape: Any, name: str = "") -> None:
    if shape.type_name == "structure":
        for member, inner in shape.members.items():
            _fill(ET.SubElement(node, member), inner, member)
    elif shape.type_name == "list":
        _fill(ET.SubElement(node, "member"), shape.member)
    elif shape.type_name == "map":
        entry = ET.SubElement(node, "entry")
        _fill(ET.SubElement(entry, "key"), shape.key)
        _fill(ET.SubElement(entry, "value"), shape.value)
    else:
        node.text = _TEXTS.get(name) or _OF_TYPE.get(shape.type_name, "text")


def answers_without(answer: bytes, shape: Any, required: Mapping[str, tuple[str, ...]]) -> Iterator[bytes]:
    """Yield the answer without one required member, for each; and with one required text empty, for each."""
    for number in range(len(_find_targets(ET.fromstring(answer)[0], shape, required))):
        for empty in (False, True):
            root = ET.fromstring(answer)
            parent, child, kind = _find_targets(root[0], shape, required)[number]
            if not empty:
                parent.remove(child)
            elif kind in ("list", "structure", "map") or child.tag == "Value":
                continue
            else:
                child.text = ""
            yield ET.tostring(root)


def _find_targets(
    node: ET.Element, shape: Any, required: Mapping[str, tuple[str, ...]]
) -> list[tuple[ET.Element, ET.Element, str]]:
    """Return each required member with its parent element and its type."""
    if shape.type_name == "list":
        return _find_targets(node[0], shape.member, required)
    if shape.type_name != "structure":
        return []
    targets = [_find_target(node, shape, path.split(".")) for path in required.get(shape.name, ())]
    for name, inner in shape.members.items():
        targets += _find_targets(node[list(shape.members).index(name)], inner, required)
    return targets


def _find_target(node: ET.Element, shape: Any, path: list[str]) -> tuple[ET.Element, ET.Element, str]:
    child, inner = node[list(shape.members).index(path[0])], shape.members[path[0]]
    if len(path) == 1:
        return node, child, inner.type_name
    if inner.type_name == "list":
        child, inner = child[0], inner.member
    return _find_target(child, inner, path[1:])
