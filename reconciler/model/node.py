"""Plain values that remember where in which file they were written.

`Map` is a dict and `Seq` a list, so that every library takes them; `find_place` walks from a root.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence

from reconciler.model.problem import Place

Mark = int
"""Line and column, both from 1, in one number: a big file has half a million of them."""

_BITS = 32
_LOW = (1 << _BITS) - 1
_START = 2 * _BITS
_MARK = (1 << _START) - 1


def pack_mark(line: int, column: int) -> Mark:
    return line << _BITS | column


def unpack_mark(packed: Mark) -> tuple[int, int]:
    """Line and column of a mark."""
    return packed >> _BITS, packed & _LOW


class Map(dict[str, object]):
    """A mapping of a file, which knows where each key and each value is written.

    unread: keys that the file has and that were taken out, since nothing could be made of their values.
    """

    __slots__ = ("_marks", "_sources", "file", "start", "unread")

    def __init__(self, file: str, start: Mark) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self._marks: dict[str, int] = {}
        self._sources: dict[str, str] | None = None
        self.unread: frozenset[str] = frozenset()

    def has(self, key: str) -> bool:
        """Return whether the file has a key, be it readable or not."""
        return key in self or key in self.unread

    @property
    def is_complete(self) -> bool:
        """Return whether nothing was taken out of the mapping, nor of the values under its keys."""
        parts = self.values()
        return not self.unread and not any(
            part.unread if isinstance(part, Map) else isinstance(part, Seq) and part.is_partial for part in parts
        )

    def put(self, key: str, value: object, key_mark: Mark, value_mark: Mark, file: str = "") -> None:
        """Set one entry with its marks; `file` where the entry comes from another file than the map."""
        self[key] = value
        self._marks[key] = key_mark << _START | value_mark
        if file or self._sources:
            self._set_source(file or self.file, key)

    def copy_entry(self, other: Map, key: str) -> None:
        """Copy one entry of another map, place included."""
        self[key] = other[key]
        self._marks[key] = other._marks[key]
        if other._sources or self._sources or other.file != self.file:
            self._set_source(other.file_of(key), key)

    def _set_source(self, file: str, key: str) -> None:
        if self._sources is None:
            self._sources = {}
        self._sources[key] = file

    def get_map(self, key: str) -> Map:
        """The mapping under `key`, or an empty one where there is none."""
        value = self.get(key)
        return value if isinstance(value, Map) else Map(self.file, self.start)

    def file_of(self, key: str) -> str:
        """Where the entry is from: another file than the map where files were merged."""
        return self._sources.get(key, self.file) if self._sources else self.file

    def place_of(self, key: str | None = None, *, of_key: bool = False) -> Place:
        """Where the value of `key` (or the key itself, or the map) is written."""
        if key is None or key not in self._marks:
            return Place(self.file, *unpack_mark(self.start))
        return Place(self.file_of(key), *unpack_mark(self.mark_of(key, of_key=of_key)))

    def mark_of(self, key: str, *, of_key: bool = False) -> Mark:
        """The mark of the value of `key`, or of the key itself. Raises KeyError."""
        both = self._marks[key]
        return both >> _START if of_key else both & _MARK


class Seq(list[object]):
    """A sequence of a file, with the mark of each item. is_partial: items that could not be read were taken out."""

    __slots__ = ("file", "is_partial", "marks", "start")

    def __init__(self, file: str, start: Mark) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.marks = array("Q")
        self.is_partial = False

    def put(self, value: object, mark: Mark) -> None:
        self.append(value)
        self.marks.append(mark)

    def place_of(self, index: int | None = None) -> Place:
        if index is None or not -len(self.marks) <= index < len(self.marks):
            return Place(self.file, *unpack_mark(self.start))
        return Place(self.file, *unpack_mark(self.marks[index]))


def find_place(root: Map, path: Sequence[str | int], *, of_key: bool = False) -> Place:
    """The place of the value at `path` below `root`, or of the nearest node above it that has one.

    of_key: of the last key instead of its value.
    """
    node: object = root
    place = root.place_of()
    for depth, step in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(node, Map) and isinstance(step, str) and step in node:
            place = node.place_of(step, of_key=of_key and last)
            node = node[step]
        elif isinstance(node, Seq) and isinstance(step, int) and 0 <= step < len(node.marks):
            place = node.place_of(step)
            node = node[step]
        else:
            break
    return place


def get_texts(node: Map, key: str) -> Sequence[tuple[str, Place]]:
    """Return the strings of a list with their places; empty if the key is absent."""
    values = node.get(key)
    if not isinstance(values, Seq):
        return [] if values is None else [(str(values), node.place_of(key))]
    return [(str(value), values.place_of(index)) for index, value in enumerate(values)]


def find_repeated_texts(node: Map, key: str) -> frozenset[str]:
    """Return the texts that stand more than once in a list, which the schema has reported already."""
    values = node.get(key)
    counts = Counter(map(str, values)) if isinstance(values, Seq) else {}
    return frozenset(value for value, count in counts.items() if count > 1)


def get_text(node: Map, key: str) -> str | None:
    """Return a string of a mapping; None if there is none, or something else, which the schema has reported."""
    value = node.get(key)
    return value if isinstance(value, str) else None
