"""Remove the values that break the schema from a tree, so that the rest can still be checked.

One mistake must not hide the others. Only the broken value is removed, and its key is noted in `Map.unread`, so that
no later check calls it missing or unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from reconciler.model.node import Map, Seq
from reconciler.model.problem import Place, Problem

KeyPath = tuple[str | int, ...]

REFUSALS = ("yaml-tag", "too-deep")
"""The problems of values that the reader refuses, and leaves None in place of."""

_Branches = dict[str | int, "_Branches | None"]
"""Keys on the way to broken values; None: the value itself is broken."""


def remove_broken(root: Map, broken: Iterable[KeyPath]) -> Map:
    """Return a tree without the values at the given paths. Other values are shared with the given tree."""
    branches: _Branches = {}
    for path in broken:
        _add_branch(branches, path)
    return _prune_map(root, branches) if branches else root


def remove_refused(root: Map, problems: Iterable[Problem]) -> Map:
    """Return a tree without the values that the reader has refused, such as those with a YAML tag.

    problems: of reading the tree.
    """
    places = {problem.place for problem in problems if problem.code in REFUSALS}
    return remove_broken(root, _find_refused(root, places, ())) if places else root


def _find_refused(value: Map | Seq, places: Collection[Place | None], path: KeyPath) -> Iterator[KeyPath]:
    steps: Iterable[tuple[str | int, object, Place]] = (
        ((key, value[key], value.place_of(key)) for key in value)
        if isinstance(value, Map)
        else ((index, item, value.place_of(index)) for index, item in enumerate(value))
    )
    for step, item, place in steps:
        if item is None and place in places:
            yield (*path, step)
        elif isinstance(item, Map | Seq):
            yield from _find_refused(item, places, (*path, step))


def _add_branch(branches: _Branches, path: KeyPath) -> None:
    for step in path[:-1]:
        below = branches.setdefault(step, {})
        if below is None:  # something above is broken as a whole
            return
        branches = below
    if path:
        branches[path[-1]] = None


def _prune_map(value: Map, branches: _Branches) -> Map:
    result, unread = Map(value.file, value.start), set(value.unread)
    for key in value:
        if key in branches and branches[key] is None:
            unread.add(key)
            continue
        result.copy_entry(value, key)
        result[key] = _prune_value(value[key], branches.get(key))
    result.unread = frozenset(unread)
    return result


def _prune_value(value: object, branches: _Branches | None) -> object:
    if not branches:
        return value
    if isinstance(value, Map):
        return _prune_map(value, branches)
    return _prune_items(value, branches) if isinstance(value, Seq) else value


def _prune_items(value: Seq, branches: _Branches) -> Seq:
    result = Seq(value.file, value.start)
    for index, (item, mark) in enumerate(zip(value, value.marks, strict=True)):
        if index in branches and branches[index] is None:
            result.is_partial = True
        else:
            result.put(_prune_value(item, branches.get(index)), mark, value.file_of(index))
    return result
