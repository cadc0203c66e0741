"""Walk through a document as its author wrote it, and yield its parts, each with its path.

The walk accepts any JSON value. It skips values of the wrong type, which `grammar` reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from reconciler.policy.flaw import Flaw, Path

JsonObject = dict[Any, object]

PlacedText = tuple[Path, str, bool]
"""A string of a document: its path, its text, and True if it is a key."""


class DocumentPart(NamedTuple):
    """A value of a document, and the path to it."""

    path: Path
    value: object


class ConditionLine(NamedTuple):
    """One line of a Condition: `{operator: {key: value}}`. The path ends at the key."""

    path: Path
    operator: str
    key: str
    value: object

    @property
    def part(self) -> DocumentPart:
        return DocumentPart(self.path, self.value)

    @property
    def values(self) -> list[DocumentPart]:
        return items_of(self.part)


def items_of(part: DocumentPart) -> list[DocumentPart]:
    """Return the elements of a list; return any other value as the only element."""
    if not isinstance(part.value, list):
        return [part]
    return [DocumentPart((*part.path, index), value) for index, value in enumerate(part.value)]


def texts_of(part: DocumentPart | None) -> list[tuple[Path, str]]:
    """Return the strings among the items, each with its path; return an empty list if the part is absent."""
    if part is None:
        return []
    return [(path, value) for path, value in items_of(part) if isinstance(value, str)]


def check_texts(part: DocumentPart | None, flaw_of: Callable[[str], Flaw | None]) -> Iterator[Flaw]:
    """Yield the flaw of each string among the items, with its path.

    A first pass builds no paths, because nearly all strings of a large account are right.

    flaw_of: returns the flaw of a string, without its path; None if the string is right.
    """
    if part is None:
        return
    listed = part.value if isinstance(part.value, list) else [part.value]
    if any(isinstance(value, str) and flaw_of(value) for value in listed):
        for path, text in texts_of(part):
            flaw = flaw_of(text)
            if flaw:
                yield replace(flaw, path=path)


def element_of(statement: JsonObject, path: Path, name: str) -> DocumentPart | None:
    """Return an element of a statement by its name, such as "Action"; None if the statement lacks it."""
    return DocumentPart((*path, name), statement[name]) if name in statement else None


def iter_statements(document: object) -> Iterator[tuple[Path, JsonObject]]:
    """Yield every statement that is an object, with its path. `Statement` may be one object or a list."""
    if isinstance(document, dict) and "Statement" in document:
        for path, value in items_of(DocumentPart(("Statement",), document["Statement"])):
            if isinstance(value, dict):
                yield path, value


def iter_conditions(condition: DocumentPart | None) -> Iterator[ConditionLine]:
    """Yield every line of a Condition that has the right form."""
    if condition is None or not isinstance(condition.value, dict):
        return
    for operator, block in condition.value.items():
        if isinstance(block, dict):
            for key, value in block.items():
                yield ConditionLine((*condition.path, str(operator), str(key)), str(operator), str(key), value)


def iter_principals(principal: DocumentPart | None) -> Iterator[tuple[Path, str, str]]:
    """Yield path, kind and text of every principal. A bare `"*"` gets the kind AWS: AWS says that it means the same."""
    if principal is None:
        return
    if isinstance(principal.value, str):
        yield principal.path, "AWS", principal.value
    elif isinstance(principal.value, dict):
        for kind, value in principal.value.items():
            for path, text in texts_of(DocumentPart((*principal.path, str(kind)), value)):
                yield path, str(kind), text


def iter_strings(document: object) -> Iterator[PlacedText]:
    """Yield every string, in reading order.

    Uses its own stack, because a hostile document may nest deeper than Python can recurse.
    """
    stack: list[DocumentPart] = [DocumentPart((), document)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield path, value, False
        elif isinstance(value, list):
            stack.extend(reversed(items_of(DocumentPart(path, value))))
        elif isinstance(value, dict):
            for key in value:
                yield (*path, str(key)), str(key), True
            stack.extend(DocumentPart((*path, str(key)), value[key]) for key in reversed(list(value)))


def is_printable_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()


def all_strings_pass(document: object, test: Callable[[str], bool]) -> bool:
    """Return whether every string of the document, keys included, passes a test. Faster than `iter_strings`."""
    stack = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if not test(value):
                return False
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            stack.extend(value)
            stack.extend(value.values())
    return True
