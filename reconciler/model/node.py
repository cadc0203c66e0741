"""Plain values of a file that remember their place in it.

`Map` is a dict and `Seq` a list, so that every library accepts them. `find_place` finds the place of a path.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from reconciler.model.problem import Place

Mark = int
"""Line and column, both from 1, in one number to save memory: a big file has half a million of them."""

_BITS = 32
_LOW = (1 << _BITS) - 1
_FEW_KEYS = 16
"""The number of keys up to which a map is searched key by key: that takes less memory than a table."""


def pack_mark(line: int, column: int) -> Mark:
    """Return a line and a column as a mark."""
    return line << _BITS | column


def unpack_mark(packed: Mark) -> tuple[int, int]:
    """Return the line and the column of a mark."""
    return packed >> _BITS, packed & _LOW


class Map(dict[str, object]):
    """A mapping of a file, with the place of each key and each value.

    unread: keys of the file that were taken out because their values could not be read.
    """

    __slots__ = ("_marks", "_positions", "_sources", "file", "start", "unread")

    def __init__(self, file: str, start: Mark) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self._marks = array("Q")  # of the key and of the value of each entry, in the order of the entries
        self._positions: dict[str, int] | None = None  # of the keys of a large map, once one was looked up
        self._sources: dict[str, str] | None = None
        self.unread: frozenset[str] = frozenset()

    def has(self, key: str) -> bool:
        """Return whether the file has a key, readable or not."""
        return key in self or key in self.unread

    @property
    def is_complete(self) -> bool:
        """Return whether every key, and every value directly under a key, could be read."""
        parts = self.values()
        return not self.unread and not any(
            part.unread if isinstance(part, Map) else isinstance(part, Seq) and part.is_partial for part in parts
        )

    def put(self, key: str, value: object, key_mark: Mark, value_mark: Mark, file: str = "") -> None:
        """Set one entry with its marks. file: the entry's file, if it is not the map's."""
        self._set_marks(key, (key_mark, value_mark))
        self[key] = value
        if file or self._sources:
            self._set_source(file or self.file, key)

    def copy_entry(self, other: Map, key: str) -> None:
        """Copy one entry of another map, with its place."""
        self._set_marks(key, (other.mark_of(key, of_key=True), other.mark_of(key)))
        self[key] = other[key]
        if other._sources or self._sources or other.file != self.file:
            self._set_source(other.file_of(key), key)

    def _set_marks(self, key: str, marks: tuple[Mark, Mark]) -> None:
        """Set the marks of an entry that is put next, or of one that is there."""
        if key in self:
            start = self._find_marks(key)
            self._marks[start : start + 2] = array("Q", marks)
            return
        if self._positions is not None:
            self._positions[key] = len(self)
        self._marks.extend(marks)

    def _find_marks(self, key: str) -> int:
        """Return the index of the first of the two marks of an entry. Raises KeyError."""
        if len(self) > _FEW_KEYS:
            if self._positions is None:
                self._positions = {name: position for position, name in enumerate(self)}
            return 2 * self._positions[key]
        for position, name in enumerate(self):
            if name == key:
                return 2 * position
        raise KeyError(key)

    def _set_source(self, file: str, key: str) -> None:
        if self._sources is None:
            self._sources = {}
        self._sources[key] = file

    def get_map(self, key: str) -> Map:
        """Return the mapping under `key`; an empty one if there is none."""
        value = self.get(key)
        return value if isinstance(value, Map) else Map(self.file, self.start)

    def file_of(self, key: str) -> str:
        """Return the file of an entry, which may differ from the map's if files were merged."""
        return self._sources.get(key, self.file) if self._sources else self.file

    def place_of(self, key: str | None = None, *, of_key: bool = False) -> Place:
        """Return the place of the value of `key`, of the key itself (of_key), or of the map (key None)."""
        if key is None or key not in self:
            return Place(self.file, *unpack_mark(self.start))
        return Place(self.file_of(key), *unpack_mark(self.mark_of(key, of_key=of_key)))

    def mark_of(self, key: str, *, of_key: bool = False) -> Mark:
        """Return the mark of the value of `key`, or of the key itself (of_key). Raises KeyError."""
        start = self._find_marks(key)
        return self._marks[start] if of_key else self._marks[start + 1]


class Seq(list[object]):
    """A sequence of a file, with the mark of each item. is_partial: True if unreadable items were taken out."""

    __slots__ = ("_sources", "file", "is_partial", "marks", "start")

    def __init__(self, file: str, start: Mark) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.marks = array("Q")
        self.is_partial = False
        self._sources: dict[int, str] | None = None

    def put(self, value: object, mark: Mark, file: str = "") -> None:
        """Append an item with its mark. file: the item's file, if it is not the sequence's."""
        if file and file != self.file:
            if self._sources is None:
                self._sources = {}
            self._sources[len(self)] = file
        self.append(value)
        self.marks.append(mark)

    def extend_from(self, other: Seq) -> None:
        """Append the items of another sequence, each with its place."""
        for index, (value, mark) in enumerate(zip(other, other.marks, strict=True)):
            self.put(value, mark, other.file_of(index))

    def file_of(self, index: int) -> str:
        """Return the file of an item, which may differ from the sequence's if files were merged."""
        return self._sources.get(index, self.file) if self._sources else self.file

    def place_of(self, index: int | None = None) -> Place:
        """Return the place of an item; of the sequence, if there is no such item."""
        if index is None or not -len(self.marks) <= index < len(self.marks):
            return Place(self.file, *unpack_mark(self.start))
        return Place(self.file_of(index), *unpack_mark(self.marks[index]))


def has_unread(value: object) -> bool:
    """Return whether a part of a value, at any depth, was taken out because it could not be read."""
    if isinstance(value, Map):
        return bool(value.unread) or any(map(has_unread, value.values()))
    return isinstance(value, Seq) and (value.is_partial or any(map(has_unread, value)))


def find_place(root: Map, path: Sequence[str | int], *, of_key: bool = False) -> Place:
    """Return the place of the value at `path` below `root`, or of the nearest node above it.

    of_key: True for the place of the last key instead of its value.
    """
    node: object = root
    build_place: Callable[[], Place] = root.place_of
    for depth, step in enumerate(path, 1):
        if isinstance(node, Map) and isinstance(step, str) and step in node:
            build_place = partial(node.place_of, step, of_key=of_key and depth == len(path))
            node = node[step]
        elif isinstance(node, Seq) and isinstance(step, int) and 0 <= step < len(node.marks):
            build_place = partial(node.place_of, step)
            node = node[step]
        else:
            break
    return build_place()


def get_texts(node: Map, key: str) -> Sequence[tuple[str, Place]]:
    """Return the strings of a list with their places; empty if the key is absent."""
    values = node.get(key)
    if not isinstance(values, Seq):
        return [] if values is None else [(str(values), node.place_of(key))]
    return [(str(value), values.place_of(index)) for index, value in enumerate(values)]


def find_repeated_texts(node: Map, key: str) -> frozenset[str]:
    """Return the texts that a list repeats; the schema has already reported them."""
    values = node.get(key)
    texts = list(map(str, values)) if isinstance(values, Seq) else []
    if len(set(texts)) == len(texts):
        return frozenset()
    return frozenset(text for text, count in Counter(texts).items() if count > 1)


def get_text(node: Map, key: str) -> str | None:
    """Return the string under a key; None if it is absent or no string, which the schema has reported."""
    value = node.get(key)
    return value if isinstance(value, str) else None
