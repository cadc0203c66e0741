"""Refuse plans that exceed a quota of IAM, before AWS refuses a call in the middle of an apply."""

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
    """Yield a refusal for each entity whose inline policies would be too long in total."""
    for difference in draft.differences:
        entity = difference.after
        if not isinstance(entity, User | Group | Role):
            continue
        size, limit = total_size_of(entity.inline_policies), INLINE_SIZE[type(entity).__name__].default
        if size > limit and any(field.path.startswith("inline_policies.") for field in difference.fields):
            summary = f"The inline policies of {difference.address} would have {size} characters; IAM allows {limit}."
            hint = "Remove one, or attach a managed policy instead. Policies that `ignore_changes` keeps count too."
            yield draft.build_refusal("document-too-large", difference.address, summary, hint)


def check_quotas(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for more links, or a longer trust, than the account's own quota allows, if it was read."""
    quotas = draft.baseline.details.quotas or {}
    for difference in draft.differences:
        for quota, noun, number in _measure_quotas(difference):
            limit = quotas.get(quota.summary_key)
            if limit is not None and number > limit:
                summary = f"{difference.address} would have {number} {noun}; the account's quota is {limit}."
                hint = "Ask AWS to raise the quota, or trust fewer principals in one role."
                if quota is not TRUST_SIZE:
                    hint = "Ask AWS to raise the quota, or merge policies."
                yield draft.build_refusal("past-quota", difference.address, summary, hint)


def _measure_quotas(difference: Difference) -> Iterator[tuple[Quota, str, int]]:
    """Yield the quotas of an entity, with the noun and the number after the plan; an unchanged trust is left out."""
    entity, kind = difference.after, difference.address.kind.capitalize()
    if kind in ATTACHED_POLICIES:
        yield ATTACHED_POLICIES[kind], "attached policies", len(getattr(entity, "policies", ()))
    yield GROUPS_PER_USER, "groups", len(getattr(entity, "groups", ()))
    if isinstance(entity, Role) and writes_trust(difference):
        yield TRUST_SIZE, "characters in its trust policy", len(entity.trust_policy.text)


def writes_trust(difference: Difference) -> bool:
    """Return whether the plan writes the trust of a role."""
    return difference.before is None or any(field.path == "trust_policy" for field in difference.fields)


class Growth(NamedTuple):
    """The number of entities of a kind. existing: in the account. added: created minus deleted by the plan."""

    existing: int
    added: int


def count_growth(differences: Sequence[Difference], baseline: State) -> dict[str, Growth]:
    """Return the kinds with more entities after the plan; empty if only a part of the account was read."""
    change = Counter[str]()
    for difference in differences:
        if difference.action is Action.CREATE:
            change[difference.address.kind] += 1
        elif difference.action is Action.DELETE:
            change[difference.address.kind] -= 1
    grown = {kind: more for kind, more in change.items() if more > 0 and kind in PER_ACCOUNT}
    if not grown or baseline.known_addresses is not None:
        return {}
    existing = Counter(address.kind for address in baseline.entities)
    return {kind: Growth(existing[kind], more) for kind, more in grown.items()}


def check_account_quotas(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each kind with more entities than the account's quota, counted by AWS if it tells.

    It is only a warning, because AWS accepts entities up to the quota, and the quota may be raised soon.
    """
    quotas = draft.baseline.details.quotas or {}
    for kind, growth in sorted(count_growth(draft.differences, draft.baseline).items()):
        quota = PER_ACCOUNT[kind]
        limit = quotas.get(quota.summary_key) if quota.summary_key else quota.default
        number = quotas.get(quota.usage_key, growth.existing) + growth.added
        if limit is None or number <= limit:
            continue
        quota_label = "the account's quota" if quota.summary_key else "AWS's default quota"
        yield Problem(
            Level.WARNING,
            "past-account-quota",
            f"The account would have {number} entities of the kind {kind}; {quota_label} is {limit}.",
            f"From the {limit + 1}th on AWS refuses with LimitExceeded ({quota.limit_name}), and apply stops there.",
            f"Have the quota raised first (Service Quotas, IAM; at most {quota.ceiling})."
            if quota.ceiling > limit
            else "AWS does not raise it further: delete some first.",
        )
