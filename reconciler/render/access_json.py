"""Render the access of a plan as JSON: single pairs, or groups if the pairs are too many."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reconciler.model.plan import AccessDelta, PrincipalPower
from reconciler.model.role_access import AccessGroup, AccessTerms, RoleAccess, terms_of_pair

MAX_PAIRS = 10_000
"""The number of pairs up to which each is written."""


def access_to_dict(delta: AccessDelta, widens: bool) -> dict[str, Any]:
    """Return who gains and loses which role, and administrator power. widens: whether the plan widens any access."""
    are_gathered = delta.pair_count > MAX_PAIRS
    gained, lost, changed = ((), (), ()) if are_gathered else (delta.gained, delta.lost, delta.changed)
    groups = _list_groups(delta) if are_gathered else []
    return {
        "widens": widens,
        "gained": [_pair_to_dict(pair) for pair in gained],
        "lost": [_pair_to_dict(pair) for pair in lost],
        "changed": [{"before": _pair_to_dict(before), "after": _pair_to_dict(after)} for before, after in changed],
        "pairs_gathered": are_gathered,
        "groups": groups,
        "powers_gained": [_power_to_dict(power) for power in delta.powers_gained],
        "powers_lost": [_power_to_dict(power) for power in delta.powers_lost],
    }


def _power_to_dict(power: PrincipalPower) -> dict[str, Any]:
    values = asdict(power) | {"actions": list(power.actions), "targets": list(power.targets)}
    return values | {"stopped_by": list(power.stopped_by)}


def _pair_to_dict(pair: RoleAccess) -> dict[str, Any]:
    return {"principal": pair.principal, "role": pair.role, **_terms_to_dict(terms_of_pair(pair))}


def _terms_to_dict(terms: AccessTerms) -> dict[str, Any]:
    values: dict[str, Any] = {"mfa": terms.mfa}
    if terms.conditions:
        values["conditions"] = list(terms.conditions)
    if terms.stopped_by:
        values["stopped_by"] = list(terms.stopped_by)
    return values | ({"terms": sorted(terms.terms)} if terms.terms else {})


def _list_groups(delta: AccessDelta) -> list[dict[str, Any]]:
    listed = (("gained", delta.gained_groups), ("lost", delta.lost_groups), ("changed", delta.changed_groups))
    return [_group_to_dict(change, group) for change, groups in listed for group in groups]


def _group_to_dict(change: str, group: AccessGroup) -> dict[str, Any]:
    values = {
        "change": change,
        "principals": list(group.principals),
        "roles": list(group.roles),
        **_terms_to_dict(group.terms),
    }
    return values | ({"before": _terms_to_dict(group.before)} if group.before else {})
