"""Plain values that remember where in which file they were written.

`Map` is a dict and `Seq` a list, so that every library takes them; `place_of` walks from a root.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.problem import Place

Mark = tuple[int, int]
"""Line and column, both from 1."""


class Map(dict[str, object]):
    """A mapping of a file. `marks` gives for each key the marks of the key and of its value."""

    __slots__ = ("file", "marks", "sources", "start")

    def __init__(self, file: str, start: Mark) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.marks: dict[str, tuple[Mark, Mark]] = {}
        self.sources: dict[str, str] = {}

    def put(self, key: str, value: object, key_mark: Mark, value_mark: Mark, file: str = "") -> None:
        """Set one entry with its marks; `file` where the entry comes from another file than the map."""
        self[key] = value
        self.marks[key] = (key_mark, value_mark)
        if file and file != self.file:
            self.sources[key] = file

    def take(self, other: Map, key: str) -> None:
        """Copy one entry of another map, place included."""
        key_mark, value_mark = other.marks[key]
        self.put(key, other[key], key_mark, value_mark, other.file_of(key))

    def child(self, key: str) -> Map:
        """The mapping under `key`, or an empty one where there is none."""
        value = self.get(key)
        return value if isinstance(value, Map) else Map(self.file, self.start)

    def file_of(self, key: str) -> str:
        return self.sources.get(key, self.file)

    def place(self, key: str | None = None, *, of_key: bool = False) -> Place:
        """Where the value of `key` (or the key itself, or the map) is written."""
        if key is None or key not in self.marks:
            return Place(self.file, *self.start)
        return Place(self.file_of(key), *self.marks[key][0 if of_key else 1])


class Seq(list[object]):
    """A sequence of a file, with the mark of each item."""

    __slots__ = ("file", "marks", "start")

    def __init__(self, file: str, start: Mark) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.marks: list[Mark] = []

    def put(self, value: object, mark: Mark) -> None:
        self.append(value)
        self.marks.append(mark)

    def place(self, index: int | None = None) -> Place:
        if index is None or not -len(self.marks) <= index < len(self.marks):
            return Place(self.file, *self.start)
        return Place(self.file, *self.marks[index])


def place_of(root: Map, path: Sequence[str | int], *, of_key: bool = False) -> Place:
    """The place of the value at `path` below `root`, or of the nearest node above it that has one.

    of_key: of the last key instead of its value.
    """
    node: object = root
    place = root.place()
    for depth, step in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(node, Map) and isinstance(step, str) and step in node.marks:
            place = node.place(step, of_key=of_key and last)
            node = node[step]
        elif isinstance(node, Seq) and isinstance(step, int) and 0 <= step < len(node.marks):
            place = node.place(step)
            node = node[step]
        else:
            break
    return place
