"""Whom trusts let in beside the account's own users and roles: services, federated providers, other accounts, everyone.

Such a one counts as soon as a trust lets it in by name, and no Deny there means it. What its own side allows is not
known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reconciler.access.conditions import compiled_condition
from reconciler.access.context import WITHOUT_MFA
from reconciler.access.matching import speaks_of
from reconciler.model.address import Address
from reconciler.model.document import Condition, Statement
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.model.plan import Access
from reconciler.policy.canonical import CURRENT_VERSION
from reconciler.policy.global_keys import MFA_KEYS
from reconciler.policy.trust import entity_of, trusted_providers

_PROVIDERS = ("oidc-provider", "saml-provider")
_ASSUMING = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_EVERYONE, _EVERY_AWS = ("*", "*"), ("AWS", "*")
_ACCOUNT = re.compile(r"(arn:[^:]+):(?:iam|sts)::(\d{12}):.+")

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
    said = role.trust_policy.statements if isinstance(role, Role) else frozenset()
    denies = [one for one in said if one.effect == "Deny"]
    for statement in said:
        for kind, value in statement.principals or ():
            ours = f":{state.account}:" in value and (entity_of(value, state.account) or value.endswith(":root"))
            if ours or entity_of(value, state.account, kind) in missing:
                continue
            for action in _actions(kind, value) if statement.effect == "Allow" and not statement.not_principal else ():
                held = [one for one in denies if speaks_of(one, action) and _means(one, kind, value)]
                if speaks_of(statement, action) and all(one.conditions for one in held):
                    yield _access(kind, value, address, statement, held)


def _access(kind: str, value: str, role: Address, allow: Statement, denies: Iterable[Statement]) -> Access:
    """By one Allow, as far as no Deny that has conditions holds."""
    denies = list(denies)
    unless = [condition for deny in denies for condition in deny.conditions]
    keys = {condition.key for condition in (*allow.conditions, *unless)}
    terms = frozenset([*map(term, allow.conditions), *(f"unless {term(condition)}" for condition in unless)])
    named = value if kind in ("AWS", "*") else f"{kind.lower()}:{value}"
    return Access(named, str(role), _demands_mfa(allow, denies), tuple(sorted(keys - MFA_KEYS)), terms)


def _demands_mfa(allow: Statement, denies: Iterable[Statement]) -> bool:
    """True if a call without MFA fails by the conditions on MFA alone, as far as this trust says."""
    lacking = any(_holds_without_mfa(condition) is False for condition in allow.conditions)
    return lacking or any(all(_holds_without_mfa(one) for one in deny.conditions) for deny in denies)


def _holds_without_mfa(condition: Condition) -> bool | None:
    """Return whether a condition on MFA holds for long-term keys; None for any other, or one that nobody can tell."""
    if condition.key not in MFA_KEYS:
        return None
    return compiled_condition(condition, CURRENT_VERSION).holds(WITHOUT_MFA).value


def _actions(kind: str, value: str) -> tuple[str, ...]:
    """By which actions such a principal can assume a role."""
    if kind == "Federated":
        return ("sts:assumerolewithsaml" if ":saml-provider/" in value else "sts:assumerolewithwebidentity",)
    return _ASSUMING if "*" in (kind, value) else _ASSUMING[:1]


def _means(deny: Statement, kind: str, value: str) -> bool:
    """Whether a Deny means all that an Allow lets in by this name: by the same one, its account, or everyone."""
    meant = {(kind, value), _EVERYONE}
    if kind in ("AWS", "*"):
        meant.add(_EVERY_AWS)
        meant.add(("AWS", _ACCOUNT.sub(r"\1:iam::\2:root", value)))
    named = deny.principals or frozenset()
    return meant.isdisjoint(named) and "*" not in (kind, value) if deny.not_principal else not meant.isdisjoint(named)
