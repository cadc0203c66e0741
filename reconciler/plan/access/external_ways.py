"""Find the ways to administrator power of principals outside the account that a trust names.

They are the principals of other accounts and of identity providers, and everyone. Services are left out: a principal
that may pass them the role has a way of its own. The policies on the other side are not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial

from reconciler.access import ASSUME_PATH, StatementSource, paths_by_id
from reconciler.access.trust_entrances import list_entrances
from reconciler.model.access_answers import DecidingStatement
from reconciler.model.address import Address
from reconciler.model.admin_ways import PrincipalWays, WayHop
from reconciler.model.arns import address_of
from reconciler.model.entity import Role
from reconciler.model.role_access import AccessTerms, RoleAccess, terms_of_pair
from reconciler.model.sentence import name_principal
from reconciler.plan.access.external_principals import find_external_access, name_entrance
from reconciler.plan.access.statement_sources import describe_statement_source
from reconciler.plan.access.way_gathering import LeadingRoles, RolesByTerms, gather_assumptions
from reconciler.plan.access.way_hops import WayHops

_SERVICE = "service:"


def find_external_ways(roles: LeadingRoles) -> Iterator[PrincipalWays]:
    """Yield the external principals with a way, those with the same ways together."""
    state = roles.hops.state
    addresses = {arn: address for arn in roles.arns if (address := address_of(arn, state.account))}
    arns = {str(address): arn for arn, address in addresses.items()}
    found: defaultdict[str, dict[str, RoleAccess]] = defaultdict(dict)
    for access in find_external_access(state, addresses.values(), frozenset()).values():
        if not access.principal.startswith(_SERVICE):
            found[access.principal][arns[access.role]] = access
    groups: defaultdict[frozenset[tuple[AccessTerms, int]], list[str]] = defaultdict(list)
    for name, by_arn in found.items():
        groups[frozenset(_gather_bits(roles, by_arn).items())].append(name)
    for assumable, names in groups.items():
        subject, first = name_principal(names[0]) if len(names) == 1 else "each", found[names[0]]
        describe = partial(_build_hop, roles.hops, first)
        yield PrincipalWays(tuple(sorted(names)), tuple(gather_assumptions(roles, subject, dict(assumable), describe)))


def _gather_bits(roles: LeadingRoles, by_arn: Mapping[str, RoleAccess]) -> RolesByTerms:
    bits: defaultdict[AccessTerms, int] = defaultdict(int)
    for arn, access in by_arn.items():
        bits[terms_of_pair(access)] |= roles.bit_of[arn]
    return bits


def _build_hop(hops: WayHops, by_arn: Mapping[str, RoleAccess], arn: str) -> WayHop:
    access = by_arn[arn]
    role = Address.parse(access.role)
    reason = paths_by_id()[ASSUME_PATH].reason.replace("{target}", str(role))
    statements = tuple(_list_statements(hops, role, access.principal))
    return WayHop(access.principal, str(role), ASSUME_PATH, reason, terms_of_pair(access), statements)


def _list_statements(hops: WayHops, role: Address, principal: str) -> Iterator[DecidingStatement]:
    """Yield the statements of a trust that let a principal in by its name."""
    entity = hops.state.entities.get(role)
    for entrance in list_entrances(entity.trust_policy) if isinstance(entity, Role) else ():
        if name_entrance(entrance.kind, entrance.value) == principal:
            source = StatementSource(f"trust of {role}", entrance.statement)
            yield describe_statement_source(source, role, hops.state)
