"""Compute the access delta without shortcuts: evaluate every principal with every role and power, in both states."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.access import (
    WITHOUT_MFA,
    Principal,
    Target,
    can_assume,
    make_mfa_context,
    principals_of,
    targets_of,
)
from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta
from reconciler.model.role_access import RoleAccess
from reconciler.plan.access.delta import terms_of
from reconciler.plan.access.external_principals import find_external_access, list_trusted_names
from reconciler.policy.global_keys import MFA_KEYS
from tests.support.plain_powers import Way, find_plain_ways, list_new_ways

Accesses = dict[tuple[str, str], RoleAccess]


def compute_plain_delta(live: State, planned: State, renames: Mapping[Address, Address]) -> tuple[AccessDelta, object]:
    """Return the delta without powers, and the conditions in it, which do not count for equality."""
    names = {str(old): str(new) for new, old in renames.items()}
    before, after = _find_accesses(live, planned, names), _find_accesses(planned, live, {})
    made = AccessDelta.of_pairs(
        gained=tuple(after[pair] for pair in sorted(after.keys() - before.keys())),
        lost=tuple(before[pair] for pair in sorted(before.keys() - after.keys())),
        changed=tuple(
            (before[pair], after[pair])
            for pair in sorted(after.keys() & before.keys())
            if before[pair] != after[pair] or before[pair].terms != after[pair].terms
        ),
    )
    return made, terms_of_delta(made)


def terms_of_delta(delta: AccessDelta) -> object:
    return (
        [access.terms for access in (*delta.gained, *delta.lost)],
        [(old.terms, new.terms) for old, new in delta.changed],
    )


def _find_accesses(state: State, other: State, names: Mapping[str, str]) -> Accesses:
    missing = frozenset(address for address in other.entities if address not in state.entities)
    roles = [a for a, entity in state.entities.items() if isinstance(entity, Role)]
    ours, theirs = list_trusted_names(state, roles), list_trusted_names(other, roles)
    asked = {role: ours[role] | theirs.get(role, frozenset()) for role in roles}
    found = find_external_access(state, roles, missing, asked=asked)
    for address, principal in principals_of(state).items():
        for role, target in targets_of(state).items():
            how = _evaluate_access(principal, target)
            if how is not None:
                pair = names.get(str(address), str(address)), str(role)
                found[pair] = RoleAccess(*pair, *how)
    return found


def _evaluate_access(principal: Principal, target: Target) -> tuple[bool, tuple[str, ...], frozenset[str]] | None:
    contexts = [(False, WITHOUT_MFA), (True, make_mfa_context())] if principal.kind == "user" else [(False, None)]
    for mfa, context in contexts:
        found = can_assume(principal, target, context) if context else can_assume(principal, target)
        if not found.denied:
            return mfa, tuple(sorted(found.keys - MFA_KEYS)), terms_of(found)
    return None


def compute_plain_ways(live: State, planned: State, renames: Mapping[Address, Address]) -> tuple[set[Way], set[Way]]:
    """Return the ways to administrator power that a plan gives and takes."""
    held = find_plain_ways(live, {str(old): str(new) for new, old in renames.items()})
    holds = find_plain_ways(planned, {})
    return list_new_ways(holds, held), list_new_ways(held, holds)
