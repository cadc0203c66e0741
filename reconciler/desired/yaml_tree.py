"""Compose the nodes of a YAML file from the parser's events.

PyYAML's own nodes take three times the memory, and it makes all of them before anybody can count them. Here a file with
too many values is refused while it is read, so that a hostile file cannot fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent

from reconciler.model.node import Mark, pack_mark

MAX_VALUES = 1_250_000
"""The most scalars, collections and aliases of one file. 20,000 entities have 700,000.

The worst values, empty mappings, take 720 bytes each: 0.9 GiB.
"""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False)
class ScalarNode:
    """A text as written. is_plain: it has no quotes, so it may mean a number. tag: "" if none is written."""

    value: str
    mark: Mark
    is_plain: bool
    tag: str


@dataclass(slots=True, eq=False)
class SequenceNode:
    """A list of values. tag: "" if none is written. is_shared: an alias stands for it."""

    children: list[Node]
    mark: Mark
    tag: str
    is_shared: bool = False


@dataclass(slots=True, eq=False)
class MappingNode:
    """A mapping. children: each key, followed by its value. tag: "" if none is written. is_shared: as in a list."""

    children: list[Node]
    mark: Mark
    tag: str
    is_shared: bool = False

    @property
    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Yield each key with its value."""
        children = iter(self.children)
        return zip(children, children, strict=True)


Node = ScalarNode | SequenceNode | MappingNode


class TooManyValuesError(Exception):
    """The error that a file has more than MAX_VALUES values. mark: of the first one too many."""

    def __init__(self, mark: Mark) -> None:
        super().__init__("too many values")
        self.mark = mark


def compose_nodes(data: bytes) -> Node | None:
    """Return the root of a file; None if the file is empty. Raises yaml.YAMLError and TooManyValuesError."""
    loader = LOADER(data)
    try:
        return _Composer(loader.get_event).compose()
    finally:
        loader.dispose()


class _Composer:
    """The nodes of one stream of events. anchors: name → node, from the event that opens it on."""

    def __init__(self, get_event: Callable[[], Any]) -> None:
        self._get_event = get_event
        self._anchors: dict[str, Node] = {}

    def compose(self) -> Node | None:
        self._get_event()  # the start of the stream
        start = self._get_event()
        if isinstance(start, StreamEndEvent):
            return None
        root = self._compose_root()
        self._get_event()  # the end of the document
        after = self._get_event()
        if not isinstance(after, StreamEndEvent):
            context, problem = "expected a single document in the stream", "but found another document"
            raise yaml.composer.ComposerError(context, start.start_mark, problem, after.start_mark)
        return root

    def _compose_root(self) -> Node:
        """Return the node that the next events make up, with all below it. Needs no recursion, however deep it is."""
        siblings: list[Node] = []
        outer: list[list[Node]] = []
        get_event, count, texts = self._get_event, 0, dict[str, str]()
        while True:
            event = get_event()
            kind, start = type(event), event.start_mark
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                siblings = outer.pop()
            else:
                mark = pack_mark(start.line + 1, start.column + 1)
                count += 1
                if count > MAX_VALUES:
                    raise TooManyValuesError(mark)
                if kind is AliasEvent:
                    siblings.append(self._find_anchor(event))
                elif kind is ScalarEvent:
                    text = texts.setdefault(event.value, event.value)
                    scalar = ScalarNode(text, mark, not event.style, _tag_of(event) if event.tag else "")
                    if event.anchor is not None:
                        self._set_anchor(event, scalar)
                    siblings.append(scalar)
                else:
                    collection = (MappingNode if kind is MappingStartEvent else SequenceNode)([], mark, _tag_of(event))
                    if event.anchor is not None:
                        self._set_anchor(event, collection)
                    siblings.append(collection)
                    outer.append(siblings)
                    siblings = collection.children
            if not outer:
                return siblings[0]

    def _find_anchor(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise yaml.composer.ComposerError(None, None, "found undefined alias", event.start_mark)
        node = self._anchors[event.anchor]
        if not isinstance(node, ScalarNode):
            node.is_shared = True
        return node

    def _set_anchor(self, event: Any, node: Node) -> None:
        if event.anchor in self._anchors:
            context = "found duplicate anchor"
            raise yaml.composer.ComposerError(context, event.start_mark, "second occurrence", event.start_mark)
        self._anchors[event.anchor] = node


def _tag_of(event: Any) -> str:
    """Return the tag of a value; "" if there is none, or only `!`, which says that there is none."""
    return "" if event.tag in (None, "!") else str(event.tag)
