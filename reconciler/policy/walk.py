"""The parts of a document as its author wrote it, each with its path. Nothing is assumed of any value's type.

What has the wrong type is passed over: the grammar reports it, and whoever walks need not trip over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from reconciler.policy.flaw import Path

Object = dict[Any, object]


class Part(NamedTuple):
    """One value and where it stands."""

    path: Path
    value: object


class Clause(NamedTuple):
    """One line of a Condition: `{operator: {key: value}}`. The path ends at the key."""

    path: Path
    operator: str
    key: str
    value: object

    @property
    def part(self) -> Part:
        return Part(self.path, self.value)

    @property
    def values(self) -> list[Part]:
        return items(self.part)


def items(part: Part) -> list[Part]:
    """The elements of a list; of anything else, itself."""
    if not isinstance(part.value, list):
        return [part]
    return [Part((*part.path, index), value) for index, value in enumerate(part.value)]


def texts(part: Part | None) -> list[tuple[Path, str]]:
    """The strings among the items; nothing where the part is absent."""
    if part is None:
        return []
    return [(path, value) for path, value in items(part) if isinstance(value, str)]


def element(statement: Object, path: Path, name: str) -> Part | None:
    return Part((*path, name), statement[name]) if name in statement else None


def statements(document: object) -> Iterator[tuple[Path, Object]]:
    """Every statement that is an object, whether `Statement` is one object or a list."""
    if isinstance(document, dict) and "Statement" in document:
        for path, value in items(Part(("Statement",), document["Statement"])):
            if isinstance(value, dict):
                yield path, value


def clauses(condition: Part | None) -> Iterator[Clause]:
    """Every line of a Condition that has the right shape."""
    if condition is None or not isinstance(condition.value, dict):
        return
    for operator, block in condition.value.items():
        if isinstance(block, dict):
            for key, value in block.items():
                yield Clause((*condition.path, str(operator), str(key)), str(operator), str(key), value)


def principals(principal: Part | None) -> Iterator[tuple[Path, str, str]]:
    """Path, kind and text of every principal; a bare `"*"` has the kind AWS, which AWS says it equals."""
    if principal is None:
        return
    if isinstance(principal.value, str):
        yield principal.path, "AWS", principal.value
    elif isinstance(principal.value, dict):
        for kind, value in principal.value.items():
            for path, text in texts(Part((*principal.path, str(kind)), value)):
                yield path, str(kind), text


def strings(document: object) -> Iterator[tuple[Path, str, bool]]:
    """Every string anywhere, in reading order, and whether it is a key.

    A stack of its own, since a hostile document may nest deeper than Python recurses.
    """
    stack: list[Part] = [Part((), document)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield path, value, False
        elif isinstance(value, list):
            stack.extend(reversed(items(Part(path, value))))
        elif isinstance(value, dict):
            for key in value:
                yield (*path, str(key)), str(key), True
            stack.extend(Part((*path, str(key)), value[key]) for key in reversed(list(value)))


def is_printable_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()


def all_strings(document: object, test: Callable[[str], bool]) -> bool:
    """Say whether every string anywhere, keys included, passes a test: a walk like `strings`, with no paths to make."""
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
