"""Compare two statements of a principal: may one meet the requests of the other, does it surely cover all of them?

Conditions count on the safe side: a statement with conditions meets, but never covers.
"""

from __future__ import annotations

from reconciler.access.policy_statements import PolicyStatement
from reconciler.access.templates import to_plain_text
from reconciler.policy.overlap import covers_patterns, pattern_sets_overlap


def may_meet(one: PolicyStatement, other: PolicyStatement) -> bool:
    """Return whether some request may be one that both statements speak of; may be a wrong yes, never a wrong no."""
    if not _may_share(one.actions, one.not_action, other.actions, other.not_action):
        return False
    if one.resources is None or other.resources is None:
        return True
    return _may_share(resource_texts_of(one), one.not_resource, resource_texts_of(other), other.not_resource)


def surely_covers(one: PolicyStatement, other: PolicyStatement) -> bool:
    """Return whether a statement applies to every request that the other one speaks of; never a wrong yes."""
    if one.unknown or one.conditions:
        return False
    if not covers_patterns(one.actions, one.not_action, other.actions, other.not_action):
        return False
    if one.resources is None:
        return True
    if other.resources is None:
        return not one.not_resource and "*" in resource_texts_of(one)
    return covers_patterns(resource_texts_of(one), one.not_resource, resource_texts_of(other), other.not_resource)


def resource_texts_of(statement: PolicyStatement) -> frozenset[str]:
    """Return the patterns of the resources of a statement; `*` if it has none."""
    return frozenset(map(to_plain_text, statement.resources or ("*",)))


def _may_share(ours: frozenset[str], not_ours: bool, theirs: frozenset[str], not_theirs: bool) -> bool:
    if not pattern_sets_overlap(ours, not_ours, theirs, not_theirs):
        return False
    if not_ours and not not_theirs:
        return not covers_patterns(ours, False, theirs, False)
    if not_theirs and not not_ours:
        return not covers_patterns(theirs, False, ours, False)
    return True
