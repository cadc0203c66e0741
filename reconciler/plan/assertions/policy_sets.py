"""Group principals by their policies: those of one set get the same answer to every request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.access import Principal
from reconciler.access.policy_statements import PolicyStatement, list_policy_statements
from reconciler.model.address import Address


@dataclass(frozen=True)
class PolicySet:
    """Principals with the same statements, and the same values for the keys that these test. first: one of them."""

    first: Principal
    statements: frozenset[PolicyStatement]
    members: list[Address] = field(default_factory=list)


def group_by_policies(principals: Mapping[Address, Principal]) -> list[PolicySet]:
    """Return all principals in sets."""
    sets: dict[object, PolicySet] = {}
    for address, principal in principals.items():
        statements = list_policy_statements(principal)
        key = statements, len(principal.service_controls), _find_known_values(statements, principal)
        if key not in sets:
            sets[key] = PolicySet(principal, statements)
        sets[key].members.append(address)
    return list(sets.values())


def narrow_sets(
    sets: Iterable[PolicySet], selected: frozenset[Address], is_relevant: Callable[[PolicyStatement], bool]
) -> list[PolicySet]:
    """Return the selected principals in sets that differ in relevant statements only."""
    narrowed: dict[object, PolicySet] = {}
    for one in sets:
        members = [address for address in one.members if address in selected]
        if members:
            statements = frozenset(filter(is_relevant, one.statements))
            key = statements, len(one.first.service_controls), _find_known_values(statements, one.first)
            narrowed.setdefault(key, PolicySet(one.first, statements)).members.extend(members)
    return list(narrowed.values())


def _find_known_values(statements: Iterable[PolicyStatement], principal: Principal) -> frozenset[object]:
    """Return what the principal's own keys say about the conditions that they do not decide alone."""
    conditions = [condition for one in statements for condition in one.conditions]
    keys = {key for condition in conditions for key in (condition.key, *condition.variables)}
    return frozenset((key, principal.request_context.find(key)) for key in keys)
