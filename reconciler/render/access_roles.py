"""Render who may assume which role, as text or JSON. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model.access_answers import AccessSource, RoleEntrants
from reconciler.model.escape import escape_line
from reconciler.model.wrap import wrap_line
from reconciler.plan.access.assume_words import describe_dependency, describe_terms
from reconciler.render.access_parts import format_names, render_sides, render_sides_json
from reconciler.render.paint import BOLD, paint_line

_Entries = tuple[RoleEntrants, ...]


def render_roles_text(
    source: AccessSource, answers: Iterable[_Entries], *, color: bool = False, width: int | None = None
) -> str:
    """Return each role, or the roles with the same principals, with a line for each of the terms below it."""

    def render_entries(entries: _Entries) -> Iterator[str]:
        if not entries:
            yield "No roles."
        for entry in entries:
            for line in wrap_line(escape_line(format_names(entry.roles)), width):
                yield paint_line(line, BOLD, color)
            for one in entry.entrants:
                conditions = map(describe_dependency, one.conditions)
                text = f"  {format_names(one.principals)}{describe_terms(one.mfa, conditions, one.terms)}"
                yield from wrap_line(escape_line(text), width)
            if not entry.entrants:
                yield "  nobody"

    return render_sides(source, answers, render_entries, color)


def render_roles_json(source: AccessSource, answers: Iterable[_Entries]) -> str:
    """Return the same as JSON, with every name."""
    return render_sides_json(source, answers, lambda entries: {"access": [_to_dict(entry) for entry in entries]})


def _to_dict(entry: RoleEntrants) -> dict[str, Any]:
    return {
        "roles": list(entry.roles),
        "assumable_by": [
            {
                "principals": list(one.principals),
                "mfa": one.mfa,
                "conditions": list(one.conditions),
                "terms": sorted(one.terms),
            }
            for one in entry.entrants
        ],
    }
