"""Inline policies that do not fit together with what `ignore_changes` leaves: known before AWS refuses them."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.facets.inline import SIZE_QUOTA, total_size
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
