"""Whom trusts let in beside the account's own users and roles: services, federated providers, other accounts, everyone.

Such a one counts as soon as a trust names it; what its own side allows is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.address import Address
from reconciler.model.document import Condition
from reconciler.model.entity import Role
from reconciler.model.plan import Access
from reconciler.model.state import State
from reconciler.policy.global_keys import MFA_KEYS
from reconciler.policy.trust import entity_of, trusted_providers

_PROVIDERS = ("oidc-provider", "saml-provider")

Pairs = dict[tuple[str, str], Access]
"""(principal, role) → access."""


def outsiders(state: State, roles: Iterable[Address], missing: frozenset[Address]) -> Pairs:
    """Those of some roles. missing: what exists only on the other side of the plan; nobody comes in through it."""
    found: Pairs = {}
    for address in roles:
        for access in _named(state, address, missing):
            other = found.get((access.principal, access.role))
            found[access.principal, access.role] = _either(other, access) if other else access
    return found


def trusting(state: State, named: frozenset[Address]) -> set[Address]:
    """The roles whose trust lets somebody in through one of these providers."""
    providers = {address for address in named if address.kind in _PROVIDERS}
    if not providers:
        return set()
    return {
        address
        for address, role in state.entities.items()
        if isinstance(role, Role) and not providers.isdisjoint(trusted_providers(role.trust_policy, state.account))
    }


def term(condition: Condition) -> str:
    return f"{condition.operator} {condition.key} {', '.join(sorted(condition.values))}"


def _either(one: Access, other: Access) -> Access:
    """Two statements that let the same outsider in: what both demand is demanded."""
    conditions = tuple(sorted({*one.conditions} & {*other.conditions}))
    return Access(one.principal, one.role, one.mfa and other.mfa, conditions, one.terms | other.terms)


def _named(state: State, address: Address, missing: frozenset[Address]) -> Iterator[Access]:
    role = state.entities.get(address)
    for statement in role.trust_policy.statements if isinstance(role, Role) else ():
        keys = {condition.key for condition in statement.conditions}
        for kind, value in statement.principals or ():
            ours = f":{state.account}:" in value and (entity_of(value, state.account) or value.endswith(":root"))
            if entity_of(value, state.account, kind) in missing:
                continue
            if statement.effect == "Allow" and not statement.not_principal and not ours:
                named = value if kind in ("AWS", "*") else f"{kind.lower()}:{value}"
                conditions = tuple(sorted(keys - MFA_KEYS))
                terms = frozenset(map(term, statement.conditions))
                yield Access(named, str(address), bool(keys & MFA_KEYS), conditions, terms)
