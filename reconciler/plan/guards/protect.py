"""What carries the protection tag is never deleted, whatever the file no longer says."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.plan.diff import Difference
from reconciler.plan.ownership import is_protected


def without_protected(differences: Sequence[Difference]) -> tuple[list[Difference], list[Problem]]:
    """The differences less the deletions of protected entities, and a finding for each of those."""
    kept: list[Difference] = []
    findings: list[Problem] = []
    for difference in differences:
        if difference.action is Action.DELETE and difference.before and is_protected(difference.before):
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
