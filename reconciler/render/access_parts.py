"""Parts that all answers about access share: both sides of a plan, the head of the JSON, lists of principals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from reconciler.model.access_answers import AccessSource
from reconciler.model.escape import escape_lines
from reconciler.model.problem import Place
from reconciler.model.sentence import name_principal
from reconciler.render.json_text import dump_json

T = TypeVar("T")

_MAX_NAMED = 20
"""The number of principals or roles that a line of text names; the JSON names all."""
_EXAMPLES = 3

_HEADINGS = {"before": "Before the plan:", "after": "After the plan:"}


def render_sides(
    source: AccessSource, answers: Iterable[T], render_answer: Callable[[T], Iterable[str]], color: bool
) -> str:
    """Return the answers as text; for a plan, each below a heading."""
    lines: list[str] = []
    for side, answer in zip(source.sides, answers, strict=True):
        if side.name in _HEADINGS:
            lines += ([""] if lines else []) + [_HEADINGS[side.name]]
        lines += render_answer(answer)
    return escape_lines("\n".join(lines), colors=color)


def render_sides_json(
    source: AccessSource, answers: Iterable[T | None], to_dict: Callable[[T], Mapping[str, Any]]
) -> str:
    """Return the answers as JSON: the fields of the answer, or for a plan the objects `before` and `after`."""
    fields = [None if answer is None else to_dict(answer) for answer in answers]
    is_plan = len(source.sides) > 1
    document = {
        "format_version": 1,
        "source": "plan" if is_plan else source.sides[0].name,
        "account": source.account,
        "notes": list(source.notes),
        **({side.name: one for side, one in zip(source.sides, fields, strict=True)} if is_plan else fields[0] or {}),
    }
    return dump_json(document, indent=2)


def place_to_dict(place: Place | None) -> dict[str, Any]:
    """Return `file`, `line` and `column`; null if there is no place."""
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": place.file, "line": place.line, "column": place.column}


def format_names(names: Sequence[str]) -> str:
    """Return up to 20 names; of more, the counts by kind with three examples: `812 users (alice, bob, carol …)`."""
    if len(names) <= _MAX_NAMED:
        return ", ".join(map(name_principal, names))
    return format_counts(names)


def format_counts(names: Sequence[str]) -> str:
    """Return up to three names of a kind; of more, the count with three examples."""
    return ", ".join(_count_kinds(names))


def _count_kinds(names: Sequence[str]) -> Iterator[str]:
    counts = Counter(map(_kind_of, names))
    for kind, number in sorted(counts.items()):
        same = [name for name in names if _kind_of(name) == kind]
        if number <= _EXAMPLES:
            yield ", ".join(map(name_principal, same))
            continue
        short = [name_principal(name.removeprefix(f"{kind}/")) for name in same[:_EXAMPLES]]
        yield f"{number} {kind}s ({', '.join(short)} …)"


def _kind_of(name: str) -> str:
    kind, slash, _ = name.partition("/")
    return kind if slash and kind in ("user", "role") else "other principal"
