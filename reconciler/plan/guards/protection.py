"""Keep entities with the tag of `protect: true`: no plan deletes them, even if the file no longer has them."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.entity import Entity, InstanceProfile
from reconciler.model.live import State
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.plan.compare.diff import Difference
from reconciler.plan.compare.ownership import is_protected


def drop_protected_deletions(
    differences: Sequence[Difference], baseline: State
) -> tuple[list[Difference], list[Problem]]:
    """Return the differences without deletions of protected entities, and a finding for each of these.

    The instance profile of a protected role stays too, because machines use the role through it.
    """
    remaining: list[Difference] = []
    findings: list[Problem] = []
    for difference in differences:
        if difference.action is Action.DELETE and difference.before and _is_kept(difference.before, baseline):
            findings.append(
                Problem(
                    Level.WARNING,
                    "protected",
                    f"{difference.address} is {difference.reason}, but protected: it stays.",
                    hint="To delete it, first declare it with `protect: false` and apply that.",
                    address=difference.address,
                )
            )
        else:
            remaining.append(difference)
    return remaining, findings


def _is_kept(entity: Entity, baseline: State) -> bool:
    holder = baseline.entities.get(entity.role) if isinstance(entity, InstanceProfile) and entity.role else None
    return is_protected(entity) or (holder is not None and is_protected(holder))
