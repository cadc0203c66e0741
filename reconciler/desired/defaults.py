"""Merge `defaults` into every declared entity whose kind has the field. The entity's own values win."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.kinds.facets.tags import fold_key
from reconciler.kinds.registry import KINDS_BY_NAME, KINDS_BY_SECTION
from reconciler.model.address import Address
from reconciler.model.node import Map, Seq
from reconciler.model.problem import Level, Place, Problem

MAX_DEFAULTED = 2_000_000
"""The most values that `defaults` may add to all entities together."""


def merge_defaults(
    nodes: dict[Address, Map], defaults: Map, problems: list[Problem], place: Place
) -> dict[Address, Map]:
    """Return every declared node with the defaults merged in; unchanged, with a problem, past MAX_DEFAULTED.

    place: the place of `defaults` in the file.
    """
    sizes = {key: _count_values(defaults[key]) for key in defaults}
    keys = {
        kind.name: [key for key in defaults if key in kind.schema["properties"]] for kind in KINDS_BY_SECTION.values()
    }
    total = sum(sizes[key] for address in nodes for key in keys[address.kind])
    if total > MAX_DEFAULTED:
        summary = f"`defaults` would add {total:,} values to the entities; the limit is {MAX_DEFAULTED:,}."
        hint = "Move lists and documents that many entities share into a group or a managed policy."
        problems.append(Problem(Level.ERROR, "defaults-too-large", summary, "", hint, place))
        return nodes
    return {
        address: _merge_node(node, defaults, keys[address.kind], _tag_key_of(address)) if keys[address.kind] else node
        for address, node in nodes.items()
    }


def _count_values(value: object) -> int:
    if isinstance(value, Map):
        return 1 + sum(map(_count_values, value.values()))
    return 1 + sum(map(_count_values, value)) if isinstance(value, Seq) else 1


def _tag_key_of(address: Address) -> Callable[[str], str]:
    """Return the function that maps a tag key to its form for IAM: folded in letter case for users and roles."""
    return fold_key if KINDS_BY_NAME[address.kind].entity.folds_tag_keys else str


def _merge_node(node: Map, defaults: Map, keys: list[str], tag_key: Callable[[str], str]) -> Map:
    """Return the node with `defaults` merged in. The entity's own keys win; `tag_key` says which tag keys are equal."""
    result = Map(node.file, node.start)
    result.unread = node.unread
    for key in node:
        result.copy_entry(node, key)
    for key in keys:
        value = defaults[key]
        if not node.has(key):
            result.copy_entry(defaults, key)
        elif isinstance(value, Map) and isinstance(node.get(key), Map):
            result[key] = _merge_keys(value, node.get_map(key), tag_key if key == "tags" else str)
    return result


def _merge_keys(value: Map, own: Map, key_of: Callable[[str], str]) -> Map:
    merged, replaced = Map(own.file, own.start), {key_of(key) for key in own}
    for key in value:
        if key_of(key) not in replaced:
            merged.copy_entry(value, key)
    for key in own:
        merged.copy_entry(own, key)
    return merged
