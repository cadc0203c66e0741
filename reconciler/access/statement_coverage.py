"""Compare two statements of a principal: may one meet the requests of the other, does it surely cover all of them?

Conditions count on the safe side: a statement with conditions meets, but never covers.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.access.policy_statements import PolicyStatement
from reconciler.access.templates import MANY, to_policy_text
from reconciler.model.account_caches import cache_for_account
from reconciler.policy.overlap import covers_pattern, covers_patterns, pattern_sets_overlap

_ARN_PARTS = 6


@cache_for_account(maxsize=65536)
def may_meet(one: PolicyStatement, other: PolicyStatement) -> bool:
    """Return whether some request may be one that both statements speak of; may be a wrong yes, never a wrong no."""
    if not _may_share(one.actions, one.not_action, other.actions, other.not_action, covers_pattern):
        return False
    if one.resources is None or other.resources is None:
        return True
    ours, theirs = resource_texts_of(one), resource_texts_of(other)
    return _may_share(ours, one.not_resource, theirs, other.not_resource, _covers_arn)


def surely_covers(one: PolicyStatement, other: PolicyStatement) -> bool:
    """Return whether a statement applies to every request that the other one speaks of; never a wrong yes."""
    if one.unknown or one.conditions:
        return False
    if not covers_patterns(one.actions, one.not_action, other.actions, other.not_action):
        return False
    if one.resources is None:
        return True
    ours, theirs = resource_texts_of(one), resource_texts_of(other)
    if other.resources is None or other.not_resource:
        return "*" in ours and not one.not_resource
    if one.not_resource:
        return covers_patterns(ours, True, theirs, False)
    return _covers_all(ours, theirs, _covers_arn)


def resource_texts_of(statement: PolicyStatement) -> frozenset[str]:
    """Return the patterns of the resources of a statement; `*` if it has none."""
    return frozenset(map(to_policy_text, statement.resources or (MANY,)))


_Covers = Callable[[str, str], bool]


def _may_share(ours: frozenset[str], not_ours: bool, theirs: frozenset[str], not_theirs: bool, covers: _Covers) -> bool:
    if not pattern_sets_overlap(ours, not_ours, theirs, not_theirs):
        return False
    if not_ours and not not_theirs:
        return not _covers_all(ours, theirs, covers)
    if not_theirs and not not_ours:
        return not _covers_all(theirs, ours, covers)
    return True


def _covers_all(ours: frozenset[str], theirs: frozenset[str], covers: _Covers) -> bool:
    return all(any(covers(one, other) for one in ours) for other in theirs)


def _covers_arn(pattern: str, other: str) -> bool:
    """Return whether a pattern of ARNs matches all that the other one matches: part by part, as AWS compares ARNs."""
    if pattern in ("*", other):
        return True
    ours, theirs = pattern.split(":", 5), other.split(":", 5)
    return len(ours) == len(theirs) == _ARN_PARTS and all(map(covers_pattern, ours, theirs))
