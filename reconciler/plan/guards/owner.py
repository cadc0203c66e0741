"""An entity that carries another owner's tag is refused until --take-over."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Action
from reconciler.model.problem import Problem
from reconciler.plan.guards.draft import Draft
from reconciler.plan.ownership import owner_of


def foreign_owner(draft: Draft) -> Iterator[Problem]:
    if draft.allowed.take_over:
        return
    for difference in draft.of(Action.ADOPT):
        owner = owner_of(difference.before) if difference.before else None
        if owner:
            yield draft.refusal(
                "other-owner",
                difference.address,
                f"{difference.address} belongs to owner {owner!r} (tag reconcile:owner).",
                f"Remove it from this file, or pass --take-over once {owner!r} has let it go.",
                "--take-over",
            )
