"""Merge the trees of several files into one.

Settings, defaults, guardrails and vars merge key by key; assertions are joined.

An entity that is declared twice, and a key with two values, are problems that name both places.
"""

from __future__ import annotations

from collections.abc import Collection

from reconciler.desired.yaml_nodes import ANCHOR_PREFIX
from reconciler.model.node import Map, Seq
from reconciler.model.problem import Level, Problem

_SINGLE_VALUED = ("version", "owner", "account")
_MERGED_BY_KEY = ("settings", "defaults", "vars", "guardrails")
_JOINED = ("assert",)
"""Lists whose items of all files count."""


def merge_trees(roots: list[Map], problems: list[Problem], left_out: Collection[str] = ()) -> Map:
    """Return one tree; each value keeps its place. Keys that begin with `x-`, and those of `left_out`, are left out."""
    result = Map(roots[0].file, roots[0].start)
    for root in roots:
        for key in root:
            if not key.startswith(ANCHOR_PREFIX) and key not in left_out:
                _merge_key(result, root, key, problems)
    return result


def _merge_key(result: Map, root: Map, key: str, problems: list[Problem]) -> None:
    value = root[key]
    if result.get(key) is None:
        result.copy_entry(root, key)
        if isinstance(value, Map):
            result[key] = _copy_map(value)
        return
    present = result[key]
    if key in _SINGLE_VALUED:
        if present != value:
            problems.append(_make_conflict(f"`{key}` is {value!r} here and {present!r}", result, root, key))
    elif key == "include" and isinstance(present, Seq) and isinstance(value, Seq):
        for item, mark in zip(value, value.marks, strict=True):
            if item not in present:
                present.put(item, mark)
    elif key in _JOINED and isinstance(present, Seq) and isinstance(value, Seq):
        result[key] = _join_lists(present, value)
    elif isinstance(present, Map) and isinstance(value, Map):
        _merge_entries(present, value, key, problems)
    elif value is not None:
        problems.append(_make_conflict(f"`{key}` is written twice, here and", result, root, key))


def _merge_entries(into: Map, addition: Map, section: str, problems: list[Problem]) -> None:
    for key in addition:
        if key not in into:
            into.copy_entry(addition, key)
            if section in _MERGED_BY_KEY and isinstance(addition[key], Map):
                into[key] = _copy_map(addition.get_map(key))
        elif section == "defaults" and isinstance(into[key], Map) and isinstance(addition[key], Map):
            _merge_entries(into.get_map(key), addition.get_map(key), section, problems)
        elif section in _MERGED_BY_KEY:
            if into[key] != addition[key]:
                claim = f"`{section}.{key}` is {addition[key]!r} here and {into[key]!r}"
                problems.append(_make_conflict(claim, into, addition, key))
        else:
            problems.append(_make_conflict(f"{key!r} in `{section}` is declared twice, here and", into, addition, key))


def _join_lists(first: Seq, second: Seq) -> Seq:
    """Return a new list of the items of both, because a YAML anchor may share either."""
    joined = Seq(first.file, first.start)
    joined.extend_from(first)
    joined.extend_from(second)
    return joined


def _make_conflict(claim: str, first: Map, second: Map, key: str) -> Problem:
    summary = f"{claim} at {first.place_of(key, of_key=True)}."
    return Problem(Level.ERROR, "conflict", summary, "", "Keep one of them.", second.place_of(key, of_key=True))


def _copy_map(value: Map) -> Map:
    """Return a copy of one level, so that merging never changes a map that a YAML anchor shares."""
    copy = Map(value.file, value.start)
    for key in value:
        copy.copy_entry(value, key)
    return copy
