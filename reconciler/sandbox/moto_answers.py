"""Have moto write its answers faster: a third of the time of a call goes into finding and writing their members.

moto looks for each member of an answer under up to ten names, and makes those names anew for each member of each
entity. Here they are made once. The names, their order and the written XML stay those of moto 5.2; another version of
moto is left as it is.
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

MADE_FOR = "5.2."
SERVICES = ("iam", "sts")


def speed_up_answers() -> None:
    import moto

    if not moto.__version__.startswith(MADE_FOR):
        return
    from moto.core import serialize as module

    serialize: Any = module
    serialize.xmltodict = _XmlWriter(serialize.xmltodict)
    kind: Any = serialize.ResponseSerializer
    plain_get_value = kind.get_value
    known: dict[Any, tuple[tuple[str, ...], list[tuple[str, Any]]]] = {}
    missing = serialize.MISSING

    def get_value(serializer: Any, owner: Any, key: str, shape: Any) -> Any:
        """Return a member of an answer, transformed as the service asks; None if its owner has none of its names."""
        if serializer.service_model.service_name not in SERVICES:
            return plain_get_value(serializer, owner, key, shape)
        signature = type(owner), key, shape, getattr(shape, "parent", None)
        if signature not in known:
            picker = serializer._value_picker
            names = picker.get_possible_keys(serialize.AttributePickerContext(owner, key, shape))
            known[signature] = tuple(dict.fromkeys(names)), _list_transforms(picker.response_transformers, key)
        names, transforms = known[signature]
        for name in names:
            value = serialize.get_value(owner, name, missing)
            if value is not missing:
                break
        else:
            return None
        if transforms:
            path = f"{'.'.join(serializer.path)}.{key}"
            for end, transform in transforms:
                if path.endswith(end):
                    return transform(value)
        return value

    kind.get_value = get_value


def _list_transforms(transforms: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    """Return the transforms, by the end of a member's path, that may be for a member with this name."""
    last = f".{key}"
    return [(end, transform) for end, transform in transforms.items() if end.endswith(last) or last.endswith(end)]


class _XmlWriter:
    """Stands in for the module `xmltodict`, of which moto uses one function to write answers."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def unparse(self, body: dict[str, Any], **options: Any) -> str:
        if options.get("pretty") or options.get("full_document", True):
            return str(self._module.unparse(body, **options))
        parts: list[str] = []
        for tag, content in body.items():
            _write_element(parts, tag, content)
        return "".join(parts)


def _write_element(parts: list[str], tag: str, content: Any) -> None:
    """Write an element for each item of a list, else one."""
    for item in content if isinstance(content, (list, tuple)) else (content,):
        if isinstance(item, dict):
            attributes = "".join(
                f" {key[1:]}={quoteattr(str(value))}" for key, value in item.items() if key.startswith("@")
            )
            parts.append(f"<{tag}{attributes}>")
            before = len(parts)
            for key, value in item.items():
                if not key.startswith("@") and value != []:
                    _write_element(parts, key, value)
            if len(parts) == before:
                parts[-1] = f"<{tag}{attributes}/>"
                continue
        else:
            text = _to_text(item)
            parts.append(f"<{tag}>{escape(text)}" if text else f"<{tag}/>")
            if not text:
                continue
        parts.append(f"</{tag}>")


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
