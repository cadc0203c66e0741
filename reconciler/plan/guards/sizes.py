"""Quotas that the planned state would pass: known before AWS refuses, in the middle of an apply."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.facets.inline import SIZE_QUOTA, total_size
from reconciler.kinds.facets.links import DEFAULT_QUOTA
from reconciler.model.entity import Group, Role, User
from reconciler.model.problem import Problem
from reconciler.plan.guards.draft import Draft


def inline_sums(draft: Draft) -> Iterator[Problem]:
    for difference in draft.differences:
        entity = difference.after
        if not isinstance(entity, User | Group | Role):
            continue
        size, limit = total_size(entity.inline_policies), SIZE_QUOTA[type(entity).__name__]
        if size > limit and any(field.path.startswith("inline_policies.") for field in difference.fields):
            summary = f"The inline policies of {difference.address} would have {size} characters; IAM allows {limit}."
            hint = "Those that `ignore_changes` leaves count too: remove one, or attach a managed policy."
            yield draft.refusal("document-too-large", difference.address, summary, hint)


def quotas(draft: Draft) -> Iterator[Problem]:
    """More links than the account's own quota allows; said only where the quota was read."""
    if draft.live.facts.quotas is None:
        return
    for difference in draft.differences:
        entity, kind = difference.after, difference.address.kind.capitalize()
        links = [(f"AttachedPoliciesPer{kind}Quota", "attached policies", getattr(entity, "policies", ()))]
        links += [("GroupsPerUserQuota", "groups", getattr(entity, "groups", ()))]
        for name, noun, wanted in links:
            limit = draft.planning.quota(name, DEFAULT_QUOTA)
            if len(wanted) > limit:
                summary = f"{difference.address} would have {len(wanted)} {noun}; the account's quota is {limit}."
                hint = "Ask AWS to raise the quota, or merge policies."
                yield draft.refusal("past-quota", difference.address, summary, hint)
