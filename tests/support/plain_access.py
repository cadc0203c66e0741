"""The access delta the long way: every principal asked about every role and every power, in both states."""

from __future__ import annotations

from collections.abc import Mapping
from unittest.mock import patch

from reconciler.access import (
    UNSEEN,
    WITHOUT_MFA,
    Grade,
    Principal,
    Target,
    can_assume,
    powers,
    principals_of,
    targets_of,
    with_mfa,
)
from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.model.plan import Access, AccessDelta, Empowered
from reconciler.plan.access import terms_of
from reconciler.plan.outsiders import outsiders
from reconciler.policy.global_keys import MFA_KEYS

Accesses = dict[tuple[str, str], Access]


def plain_delta(live: State, planned: State, renames: Mapping[Address, Address]) -> tuple[AccessDelta, object]:
    """The delta, and the terms of what it holds, which take no part in equality."""
    names = {str(old): str(new) for new, old in renames.items()}
    before, after = _accesses(live, planned, names), _accesses(planned, live, {})
    held, holds = _powers(live, names), _powers(planned, {})
    made = AccessDelta(
        gained=tuple(after[pair] for pair in sorted(after.keys() - before.keys())),
        lost=tuple(before[pair] for pair in sorted(before.keys() - after.keys())),
        changed=tuple(
            (before[pair], after[pair])
            for pair in sorted(after.keys() & before.keys())
            if before[pair] != after[pair] or before[pair].terms != after[pair].terms
        ),
        empowered=_worth_naming(holds, held),
        disempowered=_worth_naming(held, holds),
    )
    return made, terms(made)


def terms(delta: AccessDelta) -> object:
    return (
        [access.terms for access in (*delta.gained, *delta.lost)],
        [(old.terms, new.terms) for old, new in delta.changed],
    )


def _accesses(state: State, other: State, names: Mapping[str, str]) -> Accesses:
    missing = frozenset(address for address in other.entities if address not in state.entities)
    found = outsiders(state, [a for a, entity in state.entities.items() if isinstance(entity, Role)], missing)
    for address, principal in principals_of(state).items():
        for role, target in targets_of(state).items():
            how = _asked(principal, target)
            if how is not None:
                pair = names.get(str(address), str(address)), str(role)
                found[pair] = Access(*pair, *how)
    return found


def _asked(principal: Principal, target: Target) -> tuple[bool, tuple[str, ...], frozenset[str]] | None:
    contexts = [(False, WITHOUT_MFA), (True, with_mfa())] if principal.kind == "user" else [(False, None)]
    for mfa, context in contexts:
        found = can_assume(principal, target, context) if context else can_assume(principal, target)
        if not found.denied:
            return mfa, tuple(sorted(found.keys - MFA_KEYS)), terms_of(found)
    return None


def _powers(state: State, names: Mapping[str, str]) -> set[Empowered]:
    with patch("reconciler.access.covers._spoken_of", return_value=True):
        return {
            Empowered(names.get(str(address), str(address)), power.name, str(power.grade))
            for address, principal in principals_of(state).items()
            for power in powers(principal)
            if power.name != UNSEEN and not power.verdict.denied
        }


def _worth_naming(found: set[Empowered], other: set[Empowered]) -> tuple[Empowered, ...]:
    def administrators(powers: set[Empowered]) -> set[str]:
        return {one.principal for one in powers if one.grade == Grade.ADMINISTRATOR}

    kept = [
        one
        for one in found - other
        if one.principal not in administrators(other)
        and (one.grade == Grade.ADMINISTRATOR or one.principal not in administrators(found - other))
    ]
    return tuple(sorted(kept, key=lambda one: (one.principal, one.power)))
