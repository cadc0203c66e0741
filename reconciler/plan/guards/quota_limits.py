"""Quotas that the planned state would pass: known before AWS refuses, in the middle of an apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reconciler.kinds.facets.inline_policies import total_size_of
from reconciler.kinds.registry import PER_ACCOUNT
from reconciler.model.entity import Group, Role, User
from reconciler.model.live import State
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.model.quotas import ATTACHED_POLICIES, GROUPS_PER_USER, INLINE_SIZE, TRUST_SIZE, Quota
from reconciler.plan.compare.diff import Difference
from reconciler.plan.guards.draft import Draft


def check_inline_size(draft: Draft) -> Iterator[Problem]:
    for difference in draft.differences:
        entity = difference.after
        if not isinstance(entity, User | Group | Role):
            continue
        size, limit = total_size_of(entity.inline_policies), INLINE_SIZE[type(entity).__name__].default
        if size > limit and any(field.path.startswith("inline_policies.") for field in difference.fields):
            summary = f"The inline policies of {difference.address} would have {size} characters; IAM allows {limit}."
            hint = "Those that `ignore_changes` leaves count too: remove one, or attach a managed policy."
            yield draft.build_refusal("document-too-large", difference.address, summary, hint)


def check_quotas(draft: Draft) -> Iterator[Problem]:
    """Refuse more links, or a longer trust, than the account's own quota allows; only if that quota was read."""
    known = draft.baseline.details.quotas or {}
    for difference in draft.differences:
        for quota, noun, number in _measure_quotas(difference):
            limit = known.get(quota.summary_key)
            if limit is not None and number > limit:
                summary = f"{difference.address} would have {number} {noun}; the account's quota is {limit}."
                hint = "Ask AWS to raise the quota, or trust fewer principals in one role."
                if quota is not TRUST_SIZE:
                    hint = "Ask AWS to raise the quota, or merge policies."
                yield draft.build_refusal("past-quota", difference.address, summary, hint)


def _measure_quotas(difference: Difference) -> Iterator[tuple[Quota, str, int]]:
    """Yield what counts towards a quota of the entity, as it will be. A trust that stays as it is was taken by AWS."""
    entity, kind = difference.after, difference.address.kind.capitalize()
    if kind in ATTACHED_POLICIES:
        yield ATTACHED_POLICIES[kind], "attached policies", len(getattr(entity, "policies", ()))
    yield GROUPS_PER_USER, "groups", len(getattr(entity, "groups", ()))
    if isinstance(entity, Role) and writes_trust(difference):
        yield TRUST_SIZE, "characters in its trust policy", len(entity.trust_policy.text)


def writes_trust(difference: Difference) -> bool:
    return difference.before is None or any(field.path == "trust_policy" for field in difference.fields)


class Growth(NamedTuple):
    """Counts the entities of a kind: those of the account, and those that a plan makes beyond what it deletes."""

    existing: int
    added: int


def count_growth(differences: Sequence[Difference], baseline: State) -> dict[str, Growth]:
    """Return the kinds that a plan makes more of. Empty if only a part of the account was read."""
    change = Counter[str]()
    for difference in differences:
        if difference.action is Action.CREATE:
            change[difference.address.kind] += 1
        elif difference.action is Action.DELETE:
            change[difference.address.kind] -= 1
    grown = {kind: more for kind, more in change.items() if more > 0 and kind in PER_ACCOUNT}
    if not grown or baseline.known_addresses is not None:
        return {}
    had = Counter(address.kind for address in baseline.entities)
    return {kind: Growth(had[kind], more) for kind, more in grown.items()}


def check_account_quotas(draft: Draft) -> Iterator[Problem]:
    """Warn of more entities of a kind than the account may have. The count is AWS's own where it gives one.

    A warning: AWS takes what fits, and a raised quota may be on its way.
    """
    known = draft.baseline.details.quotas or {}
    for kind, growth in sorted(count_growth(draft.differences, draft.baseline).items()):
        quota = PER_ACCOUNT[kind]
        limit = known.get(quota.summary_key) if quota.summary_key else quota.default
        number = known.get(quota.usage_key, growth.existing) + growth.added
        if limit is None or number <= limit:
            continue
        whose = "the account's quota" if quota.summary_key else "AWS's default quota"
        yield Problem(
            Level.WARNING,
            "past-account-quota",
            f"The account would have {number} entities of the kind {kind}; {whose} is {limit}.",
            f"From the {limit + 1}th on AWS refuses with LimitExceeded ({quota.limit_name}), and apply stops there.",
            f"Have the quota raised first (Service Quotas, IAM; at most {quota.ceiling})."
            if quota.ceiling > limit
            else "AWS does not raise it further: delete some first.",
        )
