"""Find the ways to administrator power of principals outside the account that a trust names.

They are the principals of other accounts and of identity providers, and everyone. Services are left out: they act for
whoever may pass them the role, and that one has a way of its own. The policies on the other side are not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reconciler.access import ASSUME_PATH, Decision, NamedPower, StatementSource, Verdict, paths_by_id
from reconciler.access.trust_entrances import list_entrances
from reconciler.model.access_answers import DecidingStatement
from reconciler.model.address import Address
from reconciler.model.admin_ways import AdminWay, PrincipalWays, WayHop
from reconciler.model.arns import address_of
from reconciler.model.entity import Role
from reconciler.model.role_access import RoleAccess, terms_of_pair
from reconciler.plan.access.external_principals import find_external_access, name_entrance
from reconciler.plan.access.statement_sources import describe_statement_source
from reconciler.plan.access.way_gathering import FirstStep, gather_ways
from reconciler.plan.access.way_hops import WayHops

_SERVICE = "service:"


def find_external_ways(hops: WayHops) -> Iterator[PrincipalWays]:
    """Yield the external principals with a way, those with the same ways together."""
    leads, account = hops.graph.leads, hops.state.account
    leading = {address_of(arn, account): arn for arn in hops.graph.account.targets if arn in leads}
    roles = [address for address in leading if address is not None]
    steps: defaultdict[str, list[FirstStep]] = defaultdict(list)
    for access in find_external_access(hops.state, roles, frozenset()).values():
        if not access.principal.startswith(_SERVICE):
            role = Address.parse(access.role)
            power = NamedPower(paths_by_id()[ASSUME_PATH], leading[role], Verdict(Decision.ALLOW))
            steps[access.principal].append((power, _build_hop(hops, role, access)))
    groups: defaultdict[tuple[tuple[object, ...], ...], list[str]] = defaultdict(list)
    for name, listed in steps.items():
        key = tuple((power.target, hop.terms, hop.statements) for power, hop in listed)
        groups[key].append(name)
    for names in groups.values():
        subject = names[0] if len(names) == 1 else "each"
        ways: tuple[AdminWay, ...] = tuple(gather_ways(hops, subject, steps[names[0]]))
        yield PrincipalWays(tuple(sorted(names)), ways)


def _build_hop(hops: WayHops, role: Address, access: RoleAccess) -> WayHop:
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
