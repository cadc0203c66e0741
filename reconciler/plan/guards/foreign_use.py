"""Refuse to delete an entity that entities outside the file use, without --allow-foreign-detach.

A policy that is the permissions boundary of such an entity is never deleted: the entity would gain rights.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.plan import Action
from reconciler.model.problem import Problem
from reconciler.model.sentence import format_list
from reconciler.plan.guards.draft import Draft

_MAX_NAMED = 5


def check_foreign_use(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each deletion of an entity that entities outside the file use."""
    planning = draft.planning
    for difference in draft.differences_of(Action.DELETE):
        address = difference.address
        bounded = _filter_unmanaged(planning, planning.boundary_holders.get(planning.arn_of(address), ()))
        if bounded:
            holders = format_list(map(str, bounded), _MAX_NAMED)
            yield draft.build_refusal(
                "foreign-boundary",
                address,
                f"{address} is the permissions boundary of {holders}, which the file does not manage.",
                "Keep it in the file, or give them another boundary first: without one they would gain rights.",
            )
        new = next((new for new, old in draft.replaced.items() if old == address), None)
        dependents = KINDS_BY_NAME[address.kind].dependents_of(address, planning)
        users = _filter_unmanaged(planning, (*dependents, *planning.trusting_roles.get(address, ())))
        if users and not draft.options.allow_foreign_detach:
            named = format_list(map(str, users), _MAX_NAMED)
            yield draft.build_refusal(
                "foreign-use",
                address,
                f"{address} would be deleted, but is in use outside the file, by {named}.",
                f"{f'Let them use {new}' if new else 'Keep it in the file'}, "
                "or pass --allow-foreign-detach to detach it from them.",
                "--allow-foreign-detach",
            )


def _filter_unmanaged(planning: PlanContext, holders: tuple[Address, ...]) -> list[Address]:
    return [holder for holder in holders if not planning.is_planned(holder)]
