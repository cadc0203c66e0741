"""What belongs to another owner, by its tag or by the path of a group, is refused until --take-over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.entity import Group
from reconciler.model.plan import Action
from reconciler.model.problem import Problem
from reconciler.plan.diff import Difference
from reconciler.plan.guards.draft import Draft
from reconciler.plan.ownership import carriers_of, claimant_of, owner_of

_FLAG = "--take-over"


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
                _FLAG,
            )
    yield from _foreign_groups(draft)


def _foreign_groups(draft: Draft) -> Iterator[Problem]:
    """Refuse every change of a group that is, or would be, below the path of another owner.

    A user who joins or leaves it is no change of the group: members are what users say.
    """
    claimed = [item for item in draft.differences if _claimants(item, draft.desired.owner)]
    carriers = carriers_of(draft.live) if claimed else {}
    for item in claimed:
        for owner, summary in _claimants(item, draft.desired.owner).items():
            if owner in carriers:
                hint = f"Leave the group to {owner!r}, or pass --take-over once {owner!r} has let it go."
                said = f"{summary}, which is that of owner {owner!r} ({carriers[owner]} carries its tag)."
                yield draft.refusal("other-owner", item.address, said, hint, _FLAG)


def _claimants(item: Difference, own: str | None) -> Mapping[str, str]:
    """Map the names that would own a changed group, before or after the plan, to the sentence that says so."""
    found: dict[str, str] = {}
    for group, verb in ((item.before, "lies"), (item.after, "would lie")):
        owner = claimant_of(group) if isinstance(group, Group) else None
        if owner and owner != own:
            found.setdefault(owner, f"{item.address} {verb} below the path /{owner}/")
    return found
