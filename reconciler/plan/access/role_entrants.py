"""List who may assume each role of an account, with one entry for all roles that the same principals may assume.

The list grows with the number of different trusts, not with the product of users and roles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from reconciler.access import group_equivalent_pairs, targets_of
from reconciler.model.access_answers import AccessSide, Entrants, RoleEntrants
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.role_access import AccessTerms, terms_of_pair
from reconciler.plan.access.delta import evaluate_access
from reconciler.plan.access.external_principals import find_external_access
from reconciler.plan.access.side_principals import principals_of_side

_Groups = tuple[tuple[AccessTerms, tuple[str, ...]], ...]
"""The principals that may assume a role, in parts with the same terms."""


def find_role_entrants(side: AccessSide) -> tuple[RoleEntrants, ...]:
    """Return who may assume each role: users and roles of the account, and other principals that a trust names."""
    groups = _group_own_access(side)
    for address, entries in _group_external_access(side.state, groups).items():
        groups[address] = entries
    by_entrants: defaultdict[tuple[Entrants, ...], list[Address]] = defaultdict(list)
    merged: dict[_Groups, tuple[Entrants, ...]] = {}
    for address, parts in sorted(groups.items()):
        if parts not in merged:
            merged[parts] = tuple(_merge_parts(parts))
        by_entrants[merged[parts]].append(address)
    return tuple(RoleEntrants(tuple(map(str, roles)), entrants) for entrants, roles in by_entrants.items())


def _group_own_access(side: AccessSide) -> dict[Address, _Groups]:
    """Return the users and roles of the account that may assume each role; every role has an entry."""
    principals, targets = principals_of_side(side), targets_of(side.state)
    principal_names = {principal.arn: str(address) for address, principal in principals.items()}
    addresses = {target.arn: address for address, target in targets.items()}
    groups: dict[Address, _Groups] = dict.fromkeys(targets, ())
    for group in group_equivalent_pairs(principals.values(), targets.values()):
        terms = evaluate_access(group.principals[0], group.roles[0])
        if terms is not None:
            part = (terms, tuple(principal_names[principal.arn] for principal in group.principals))
            for role in group.roles:
                address = addresses[role.arn]
                groups[address] = (*groups[address], part)
    return groups


def _group_external_access(state: State, groups: dict[Address, _Groups]) -> dict[Address, _Groups]:
    """Return the entries of roles that principals outside the account may assume, with those added."""
    extended: dict[Address, _Groups] = {}
    for access in find_external_access(state, groups, frozenset()).values():
        role = Address.parse(access.role)
        part = (terms_of_pair(access), (access.principal,))
        extended[role] = (*extended.get(role, groups[role]), part)
    return extended


def _merge_parts(parts: _Groups) -> Iterable[Entrants]:
    by_terms: defaultdict[AccessTerms, set[str]] = defaultdict(set)
    for terms, names in parts:
        by_terms[terms].update(names)
    entrants = (
        Entrants(tuple(sorted(names)), terms.mfa, terms.conditions, terms.terms) for terms, names in by_terms.items()
    )
    return sorted(entrants, key=lambda one: (one.principals, one.mfa, one.conditions))
