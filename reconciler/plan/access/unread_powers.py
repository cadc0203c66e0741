"""Find the principals that may have administrator power, or a way to it, by policies whose content is not known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.access import (
    PolicySource,
    Principal,
    Target,
    Verdict,
    can_assume,
    find_powers,
    group_equivalent_pairs,
)
from reconciler.model.admin_ways import UnreadPower

_POLICY = "policy:"
"""The prefix of a verdict's key that means the unknown content of a policy."""


def find_unread_powers(left: Mapping[str, Principal], leading: Sequence[Target]) -> Iterator[UnreadPower]:
    """Yield principals, gathered by the policies that nobody could read.

    left: the principals without a way that is known, by name. leading: the roles that lead to administrator power.
    """
    names = {principal.arn: name for name, principal in left.items()}
    labels: defaultdict[str, set[str]] = defaultdict(set)
    known: dict[Hashable, set[str]] = {}
    for name, principal in left.items():
        if principal.known_part is not principal:
            labels[name] |= _find_own_labels(principal, known)
    for pair in group_equivalent_pairs(left.values(), leading):
        verdict = can_assume(pair.principals[0], pair.roles[0])
        for principal in pair.principals if not verdict.denied else ():
            labels[names[principal.arn]] |= _list_labels(verdict)
    by_labels: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, found in sorted(labels.items()):
        if found:
            by_labels[tuple(sorted(found))].append(name)
    for policies, members in sorted(by_labels.items()):
        yield UnreadPower(tuple(members), policies)


def _find_own_labels(principal: Principal, known: dict[Hashable, set[str]]) -> set[str]:
    """Return the labels of policies that may give a power. Of the others only those with a Deny can matter."""
    policies = tuple(filter(_may_decide, principal.policies))
    key = (principal.kind, policies, principal.boundary)
    if key not in known:
        powers = find_powers(replace(principal, policies=policies))
        known[key] = {label for power in powers for label in _list_labels(power.verdict)}
    return known[key]


def _may_decide(policy: PolicySource) -> bool:
    document = policy.document
    return document is None or bool(document.opaque) or any(one.effect == "Deny" for one in document.statements)


def _list_labels(verdict: Verdict) -> set[str]:
    """Return the labels of the policies on whose content a verdict depends."""
    return {key.removeprefix(_POLICY) for key in verdict.keys if key.startswith(_POLICY)}
