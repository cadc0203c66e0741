"""Decide how much of a plan is shown."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from reconciler.model.plan import Plan

COMPACT_FROM = 41
"""The number of changes from which a plan is shown in the short form."""

MAX_LINES = 20
"""The lines of one list, such as the reasons of the risk, that are shown unless all are asked for."""

T = TypeVar("T")


class Detail(StrEnum):
    """AUTO: by the number of changes. FULL: everything. COMPACT: a line for each entity."""

    AUTO = "auto"
    FULL = "full"
    COMPACT = "compact"


def is_compact(plan: Plan, detail: Detail) -> bool:
    """Return whether a plan is shown with a line for each entity."""
    return detail is Detail.COMPACT or (detail is Detail.AUTO and len(plan.changes) >= COMPACT_FROM)


def cut_list(items: Sequence[T], detail: Detail, most: int = MAX_LINES) -> tuple[Sequence[T], int]:
    """Return the first items, and how many are left out. One more is shown rather than replaced by a line."""
    if detail is Detail.FULL or len(items) <= most + 1:
        return items, 0
    return items[:most], len(items) - most
