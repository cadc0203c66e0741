"""Read the access section of a plan file strictly, as it was shown for approval: single pairs, or groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.permissions import NO_PERMISSIONS
from reconciler.model.plan import AccessDelta, PrincipalPower
from reconciler.model.role_access import (
    AccessGroup,
    AccessTerms,
    RoleAccess,
    gather_groups,
    group_changed_pairs,
    group_pairs,
)
from reconciler.plan.saved.reviewed_sections import read_permissions
from reconciler.plan.saved.strict_json import MalformedPlan, take_flag, take_list, take_object, take_text, take_texts

ACCESS_KEYS = ("gained", "lost", "changed", "powers_gained", "powers_lost")
OPTIONAL_ACCESS_KEYS = ("widens", "pairs_gathered", "groups")
ROW_KEYS = ("principal", "role", "mfa")
GROUP_KEYS = ("change", "principals", "roles", "mfa")
TERM_KEYS = ("conditions", "terms", "stopped_by")
POWER_KEYS = ("principal", "power", "grade")
OPTIONAL_POWER_KEYS = ("path", "actions", "targets", "reason", "stopped_by")
_CHANGES = ("gained", "lost", "changed")


def read_access(document: Mapping[str, Any]) -> AccessDelta:
    """Return the access that the plan gives and takes. Raises MalformedPlan."""
    access = take_object(document["access"], "access", ACCESS_KEYS, OPTIONAL_ACCESS_KEYS)
    permissions = read_permissions(document["permissions"]) if "permissions" in document else NO_PERMISSIONS
    rows = {key: list(enumerate(take_list(access[key], f"access.{key}"))) for key in ACCESS_KEYS}
    pairs = [
        (path := f"access.changed[{index}]", take_object(item, path, ("before", "after")))
        for index, item in rows["changed"]
    ]
    gained, lost, changed = (
        group_pairs(_read_pair(item, f"access.gained[{index}]") for index, item in rows["gained"]),
        group_pairs(_read_pair(item, f"access.lost[{index}]") for index, item in rows["lost"]),
        group_changed_pairs(
            (_read_pair(pair["before"], path), _read_pair(pair["after"], path)) for path, pair in pairs
        ),
    )
    if take_flag(access.get("pairs_gathered", False), "access.pairs_gathered"):
        gained, lost, changed = _read_groups(access)
    return AccessDelta(
        gained,
        lost,
        changed,
        tuple(_read_power(item, f"access.powers_gained[{index}]") for index, item in rows["powers_gained"]),
        tuple(_read_power(item, f"access.powers_lost[{index}]") for index, item in rows["powers_lost"]),
        permissions,
    )


def _read_groups(access: Mapping[str, Any]) -> list[tuple[AccessGroup, ...]]:
    """Return the groups that are gained, lost and changed."""
    groups: dict[str, list[AccessGroup]] = {change: [] for change in _CHANGES}
    for index, item in enumerate(take_list(access.get("groups", []), "access.groups")):
        path = f"access.groups[{index}]"
        row = take_object(item, path, GROUP_KEYS, (*TERM_KEYS, "before"))
        change = take_text(row["change"], f"{path}.change")
        if change not in _CHANGES or (change == "changed") is not ("before" in row):
            raise MalformedPlan(f"{path}.change is not one of {', '.join(_CHANGES)}, or does not fit its terms.")
        before = take_object(row["before"], f"{path}.before", ("mfa",), TERM_KEYS) if "before" in row else None
        principals, roles = (take_texts(row[key], f"{path}.{key}") for key in ("principals", "roles"))
        terms = _read_terms(row, path)
        groups[change].append(AccessGroup(principals, roles, terms, _read_terms(before, path) if before else None))
    return [gather_groups(groups[change]) for change in _CHANGES]


def _read_pair(value: object, path: str) -> RoleAccess:
    row = take_object(value, path, ROW_KEYS, TERM_KEYS)
    terms = _read_terms(row, path)
    principal, role = take_text(row["principal"], f"{path}.principal"), take_text(row["role"], f"{path}.role")
    return RoleAccess(principal, role, terms.mfa, terms.conditions, terms.terms, terms.stopped_by)


def _read_terms(row: Mapping[str, Any], path: str) -> AccessTerms:
    return AccessTerms(
        take_flag(row["mfa"], f"{path}.mfa"),
        take_texts(row.get("conditions", []), f"{path}.conditions"),
        frozenset(take_texts(row.get("terms", []), f"{path}.terms")),
        take_texts(row.get("stopped_by", []), f"{path}.stopped_by"),
    )


def _read_power(value: object, path: str) -> PrincipalPower:
    row = take_object(value, path, POWER_KEYS, OPTIONAL_POWER_KEYS)
    principal, power, grade = (take_text(row[key], f"{path}.{key}") for key in POWER_KEYS)
    return PrincipalPower(
        principal,
        power,
        grade,
        take_text(row.get("path", ""), f"{path}.path"),
        take_texts(row.get("actions", []), f"{path}.actions"),
        take_texts(row.get("targets", []), f"{path}.targets"),
        take_text(row.get("reason", ""), f"{path}.reason"),
        take_texts(row.get("stopped_by", []), f"{path}.stopped_by"),
    )
