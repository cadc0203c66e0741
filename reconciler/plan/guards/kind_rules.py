"""Check changes, and entities that are declared and live, by the rules of their kinds (`kinds/base.py:Kind`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.problem import Problem
from reconciler.plan.guards.draft import Draft


def check_changes(draft: Draft) -> Iterator[Problem]:
    """Yield the problems that the kind of each difference reports: errors that forbid it, and notes for a person.

    Kinds that may not be read are left out: their live entities are unknown (`references.py:check_unread_kinds`).
    """
    known_differences = [item for item in draft.differences if item.address.kind not in draft.baseline.details.unread]
    for item in known_differences:
        for problem in KINDS_BY_NAME[item.address.kind].check_change(item.before, item.after, draft.planning):
            yield _add_place(problem, draft)


def check_live_entities(draft: Draft) -> Iterator[Problem]:
    """Yield what the kind of each entity that is declared and live reports of it."""
    for address, entity in draft.entities.items():
        if address in draft.baseline.entities:
            for problem in KINDS_BY_NAME[address.kind].check_live(entity, draft.planning, draft.desired.now):
                yield _add_place(problem, draft)


def _add_place(problem: Problem, draft: Draft) -> Problem:
    """Add the place where the file declares the entity."""
    return replace(problem, place=problem.place or draft.desired.place_of(problem.address))
