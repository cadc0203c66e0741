"""The parts of a document as its author wrote it, each with its path. Nothing is assumed of any value's type.

What has the wrong type is passed over: the grammar reports it, and whoever walks need not trip over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from reconciler.policy.flaw import Path

JsonObject = dict[Any, object]


class DocumentPart(NamedTuple):
    """One value and where it stands."""

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
    """The elements of a list; of anything else, itself."""
    if not isinstance(part.value, list):
        return [part]
    return [DocumentPart((*part.path, index), value) for index, value in enumerate(part.value)]


def texts_of(part: DocumentPart | None) -> list[tuple[Path, str]]:
    """The strings among the items; nothing where the part is absent."""
    if part is None:
        return []
    return [(path, value) for path, value in items_of(part) if isinstance(value, str)]


def element_of(statement: JsonObject, path: Path, name: str) -> DocumentPart | None:
    return DocumentPart((*path, name), statement[name]) if name in statement else None


def iter_statements(document: object) -> Iterator[tuple[Path, JsonObject]]:
    """Every statement that is an object, whether `Statement` is one object or a list."""
    if isinstance(document, dict) and "Statement" in document:
        for path, value in items_of(DocumentPart(("Statement",), document["Statement"])):
            if isinstance(value, dict):
                yield path, value


def iter_conditions(condition: DocumentPart | None) -> Iterator[ConditionLine]:
    """Every line of a Condition that has the right shape."""
    if condition is None or not isinstance(condition.value, dict):
        return
    for operator, block in condition.value.items():
        if isinstance(block, dict):
            for key, value in block.items():
                yield ConditionLine((*condition.path, str(operator), str(key)), str(operator), str(key), value)


def iter_principals(principal: DocumentPart | None) -> Iterator[tuple[Path, str, str]]:
    """Path, kind and text of every principal; a bare `"*"` has the kind AWS, which AWS says it equals."""
    if principal is None:
        return
    if isinstance(principal.value, str):
        yield principal.path, "AWS", principal.value
    elif isinstance(principal.value, dict):
        for kind, value in principal.value.items():
            for path, text in texts_of(DocumentPart((*principal.path, str(kind)), value)):
                yield path, str(kind), text


def iter_strings(document: object) -> Iterator[tuple[Path, str, bool]]:
    """Every string anywhere, in reading order, and whether it is a key.

    A stack of its own, since a hostile document may nest deeper than Python recurses.
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
    """Say whether every string anywhere, keys included, passes a test: a walk like `iter_strings`, with no paths to
    make."""
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
