"""What carries the protection tag is never deleted, whatever the file no longer says."""

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
    """The differences less the deletions of protected entities, and a finding for each of those.

    The instance profile of a protected role stays with it: without it, what runs as the role would lose it.
    """
    kept: list[Difference] = []
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
            kept.append(difference)
    return kept, findings


def _is_kept(entity: Entity, baseline: State) -> bool:
    holder = baseline.entities.get(entity.role) if isinstance(entity, InstanceProfile) and entity.role else None
    return is_protected(entity) or (holder is not None and is_protected(holder))
