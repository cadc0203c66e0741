"""Refuse to change what belongs to another owner, by its tag or by the path of a group, until --take-over."""

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
    if draft.options.take_over:
        return
    for difference in draft.differences_of(Action.ADOPT):
        owner = owner_of(difference.before) if difference.before else None
        if owner:
            yield draft.build_refusal(
                "other-owner",
                difference.address,
                f"{difference.address} belongs to owner {owner!r} (tag reconcile:owner).",
                f"Remove it from this file, or pass --take-over once {owner!r} has let it go.",
                _FLAG,
            )
    yield from _check_group_owner(draft)


def _check_group_owner(draft: Draft) -> Iterator[Problem]:
    """Refuse every change of a group that is, or would be, below the path of another owner, and new members of it.

    Who leaves it is no change of the group.
    """
    claims = [(item, found) for item in draft.differences if (found := _find_claimants(item, draft))]
    carriers = find_tagged_owners(draft.baseline) if claims else {}
    for item, claimants in claims:
        for owner, summary in claimants.items():
            if owner in carriers:
                hint = f"Leave the group to {owner!r}, or pass --take-over once {owner!r} has let it go."
                said = f"{summary}, which is that of owner {owner!r} ({carriers[owner]} carries its tag)."
                yield draft.build_refusal("other-owner", item.address, said, hint, _FLAG)


def _find_claimants(item: Difference, draft: Draft) -> Mapping[str, str]:
    """Map the names that would own a group that a difference changes or joins to the sentence that says so."""
    found: dict[str, str] = {}
    groups = [(item.before, f"{item.address} lies"), (item.after, f"{item.address} would lie")]
    groups += [
        (draft.baseline.entities.get(name), f"{item.address} would join {name}")
        for name in find_joined_groups(item.before, item.after)
    ]
    for group, said in groups:
        owner = claimant_of(group) if isinstance(group, Group) else None
        if owner and owner != draft.desired.owner:
            found.setdefault(owner, f"{said} below the path /{owner}/")
    return found
