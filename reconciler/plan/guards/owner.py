"""Refuse to change entities of another owner, by the owner tag or the path of a group, without --take-over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.entity import Group
from reconciler.model.plan import Action
from reconciler.model.problem import Problem
from reconciler.plan.compare.diff import Difference
from reconciler.plan.compare.ownership import claimant_of, find_joined_groups, find_tagged_owners, owner_of
from reconciler.plan.guards.draft import Draft

_FLAG = "--take-over"


def check_owner(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each change of an entity of another owner."""
    if draft.options.take_over:
        return
    for difference in draft.differences:
        owner = owner_of(difference.before) if difference.before else None
        heir = owner_of(difference.after) if difference.after else None
        if owner and owner not in {*draft.desired.owners, heir}:
            yield _refuse_change(draft, difference, owner)
    yield from _check_group_owner(draft)


def _refuse_change(draft: Draft, difference: Difference, owner: str) -> Problem:
    """Refuse to change an entity with another owner's tag. A plan of files adopts it; an undo finds it taken over."""
    summary = f"{difference.address} belongs to owner {owner!r} (tag reconcile:owner)."
    hint = f"Remove it from this file. Or, if {owner!r} no longer manages it, pass --take-over once."
    if difference.action is not Action.ADOPT:
        summary = f"{difference.address} now belongs to owner {owner!r} (tag reconcile:owner)."
        hint = "To restore it all the same, pass --take-over."
    return draft.build_refusal("other-owner", difference.address, summary, hint, _FLAG)


def _check_group_owner(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each change of a group below another owner's path, and for each user who joins one.

    A user who leaves the group does not change it.
    """
    claims = [(item, claimants) for item in draft.differences if (claimants := _find_claimants(item, draft))]
    carriers = find_tagged_owners(draft.baseline) if claims else {}
    for item, claimants in claims:
        for owner, summary in claimants.items():
            if owner in carriers:
                hint = f"Leave the group to {owner!r}. Or, if {owner!r} no longer manages it, pass --take-over once."
                text = f"{summary}, which belongs to owner {owner!r} ({carriers[owner]} has its tag)."
                yield draft.build_refusal("other-owner", item.address, text, hint, _FLAG)


def _find_claimants(item: Difference, draft: Draft) -> Mapping[str, str]:
    """Return the other owners whose path a changed or joined group has, each with the beginning of a message."""
    claimants: dict[str, str] = {}
    groups = [(item.before, f"{item.address} is"), (item.after, f"{item.address} would be")]
    groups += [
        (draft.baseline.entities.get(name), f"{item.address} would join {name}")
        for name in find_joined_groups(item.before, item.after)
    ]
    for group, beginning in groups:
        owner = claimant_of(group) if isinstance(group, Group) else None
        if owner and owner not in draft.desired.owners:
            claimants.setdefault(owner, f"{beginning} below the path /{owner}/")
    return claimants
