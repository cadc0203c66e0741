"""Deleting what entities outside the file use is refused until --allow-foreign-detach.

A policy that is the permissions boundary of such an entity is never deleted: that would raise its rights.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.planning import Planning
from reconciler.model.address import Address
from reconciler.model.plan import Action
from reconciler.model.problem import Problem
from reconciler.model.sentence import listed
from reconciler.plan.guards.draft import Draft

_SHOWN = 5


def foreign_use(draft: Draft) -> Iterator[Problem]:
    planning = draft.planning
    for difference in draft.of(Action.DELETE):
        address = difference.address
        bounded = _outside(planning, planning.bounded.get(planning.arn(address), ()))
        if bounded:
            whose = listed(map(str, bounded), _SHOWN)
            yield draft.refusal(
                "foreign-boundary",
                address,
                f"{address} is the permissions boundary of {whose}, which the file does not manage.",
                "Keep it in the file, or give them another boundary first: without one they would gain rights.",
            )
        new = next((new for new, old in draft.replaced.items() if old == address), None)
        users = _outside(planning, (*planning.users_of(address), *planning.trusting.get(address, ())))
        if users and not draft.allowed.foreign_detach:
            yield draft.refusal(
                "foreign-use",
                address,
                f"{address} would be deleted, but {listed(map(str, users), _SHOWN)} outside the file use it.",
                f"{f'Let them use {new}' if new else 'Keep it in the file'}, "
                "or pass --allow-foreign-detach to take it from them.",
                "--allow-foreign-detach",
            )


def _outside(planning: Planning, holders: tuple[Address, ...]) -> list[Address]:
    return [holder for holder in holders if not planning.settled(holder)]
