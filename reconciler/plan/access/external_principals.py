"""Find external principals that a trust lets in: services, federated providers, other accounts, everyone.

An external principal has access if a trust allows it by name, and no Deny of the trust or of a resource control policy
means it. The policies on its own side are not known. Conditions that its name decides, such as one on
aws:PrincipalAccount, are decided; the access depends on the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.access import Target, targets_of
from reconciler.access.conditions import compile_condition
from reconciler.access.context import NO_MFA_POSSIBLE, NOTHING_KNOWN
from reconciler.access.statement_scope import covers_action
from reconciler.access.trust_entrances import (
    Entrance,
    covers_entrance,
    covers_name,
    find_trusted_providers,
    list_entrances,
)
from reconciler.model.address import Address
from reconciler.model.document import Condition, Statement
from reconciler.model.entity import Role
from reconciler.model.guardrails import name_of_guardrail
from reconciler.model.live import State
from reconciler.model.role_access import RoleAccess
from reconciler.policy.canonical import CURRENT_VERSION
from reconciler.policy.condition_text import format_condition
from reconciler.policy.global_keys import MFA_KEYS
from reconciler.policy.trust import entity_of

_PROVIDERS = ("oidc-provider", "saml-provider")

AccessPairs = dict[tuple[str, str], RoleAccess]
"""Maps a principal and a role to the access."""


def find_external_access(
    state: State,
    roles: Iterable[Address],
    missing: frozenset[Address],
    *,
    asked: Mapping[Address, frozenset[str]] | None = None,
    includes_stopped: bool = False,
) -> AccessPairs:
    """Return the access of external principals to these roles.

    missing: entities, such as providers, that exist only on the other side of the plan; they give no access.
    asked: for a role, principals of other accounts that count as named if their account or everyone is.
    includes_stopped: True to return the access as if there were no guardrails, and to name those that stop it.
    """
    pairs: AccessPairs = {}
    targets = targets_of(state) if state.guardrails and state.guardrails.rcps else {}
    for address in roles:
        controls = _RoleControls(targets.get(address), includes_stopped)
        for access in _find_named_access(state, address, missing, controls, (asked or {}).get(address, frozenset())):
            other = pairs.get((access.principal, access.role))
            pairs[access.principal, access.role] = _merge_access(other, access) if other else access
    return pairs


def list_trusted_names(state: State, roles: Iterable[Address]) -> dict[Address, frozenset[str]]:
    """Map each role to the ARNs and accounts that its trust lets in by name."""
    found = ((address, state.entities.get(address)) for address in roles)
    return {
        address: frozenset(one.value for one in list_entrances(role.trust_policy) if one.kind == "AWS")
        for address, role in found
        if isinstance(role, Role)
    }


def _list_entrances(role: Role, asked: frozenset[str]) -> Iterator[Entrance]:
    """Yield each name that a trust lets in, and each of `asked` that stands behind one of them."""
    for entrance in list_entrances(role.trust_policy):
        yield entrance
        if entrance.value.endswith(("*", ":root")):
            yield from (replace(entrance, kind="AWS", value=name) for name in asked if covers_name(entrance, name))


def find_trusting_roles(state: State, addresses: frozenset[Address]) -> set[Address]:
    """Return the roles whose trust lets callers in through one of these providers."""
    providers = {address for address in addresses if address.kind in _PROVIDERS}
    if not providers:
        return set()
    return {
        address
        for address, role in state.entities.items()
        if isinstance(role, Role) and not providers.isdisjoint(find_trusted_providers(role.trust_policy, state.account))
    }


def name_entrance(kind: str, value: str) -> str:
    """Return the name to show for a principal of a trust: an ARN, an account, `*`, `service:HOST`, `federated:ARN`."""
    return value if kind in ("AWS", "*") else f"{kind.lower()}:{value}"


def _merge_access(one: RoleAccess, other: RoleAccess) -> RoleAccess:
    """Return the access by two statements for the same principal, which needs only what both demand."""
    conditions = tuple(sorted({*one.conditions} & {*other.conditions}))
    stopped_by = one.stopped_by if other.stopped_by else ()
    return RoleAccess(one.principal, one.role, one.mfa and other.mfa, conditions, one.terms | other.terms, stopped_by)


@dataclass(frozen=True, slots=True)
class _RoleControls:
    """The resource control policies over one role. target: None if there are none."""

    target: Target | None
    includes_stopped: bool

    def list_denies(self, action: str, entrance: Entrance) -> list[tuple[str, Statement]]:
        """Return the label of each Deny that may mean this principal and this role, and what is open of the Deny."""
        if self.target is None:
            return []
        return [
            (one.source.label, deny)
            for one in self.target.compiled_controls.statements_for(action).denies
            if covers_entrance(one.statement, entrance.kind, entrance.value)
            and one.resources.matches(self.target.arn, NOTHING_KNOWN).value is not False
            and (deny := _leave_open(one.statement, entrance, one.version)) is not None
        ]


def _find_named_access(
    state: State, address: Address, missing: frozenset[Address], controls: _RoleControls, asked: frozenset[str]
) -> Iterator[RoleAccess]:
    role = state.entities.get(address)
    if not isinstance(role, Role):
        return
    denies = [one for one in role.trust_policy.statements if one.effect == "Deny"]
    version = role.trust_policy.version
    for entrance in _list_entrances(role, asked):
        kind, value = entrance.kind, entrance.value
        ours = f":{state.account}:" in value and (entity_of(value, state.account) or value.endswith(":root"))
        allow = _leave_open(entrance.statement, entrance, version)
        if ours or allow is None or entity_of(value, state.account, kind) in missing:
            continue
        for action in entrance.assume_actions:
            covering = (one for one in denies if covers_action(one, action) and covers_entrance(one, kind, value))
            open_denies = (_leave_open(one, entrance, version) for one in covering)
            matching_denies = [one for one in open_denies if one is not None]
            if not covers_action(allow, action) or not all(one.conditions for one in matching_denies):
                continue
            of_controls = controls.list_denies(action, entrance)
            stops = tuple(dict.fromkeys(name_of_guardrail(label) for label, one in of_controls if not one.conditions))
            if controls.includes_stopped:
                access = _build_access(kind, value, address, allow, matching_denies)
                yield replace(access, stopped_by=stops)
            elif not stops:
                denying = [*matching_denies, *(one for _, one in of_controls)]
                yield _build_access(kind, value, address, allow, denying)


def _leave_open(statement: Statement, entrance: Entrance, version: str) -> Statement | None:
    """Return a statement with the conditions that the name of a principal leaves open; None if it rules them out.

    Conditions on MFA stay: `_demands_mfa` tells what they mean for those whom a name stands for.
    version: that of the document.
    """
    if not statement.conditions:
        return statement
    known = entrance.request_context
    tests = {
        one: None if one.key in MFA_KEYS else compile_condition(one, version).holds(known).value
        for one in statement.conditions
    }
    if False in tests.values():
        return None
    return replace(statement, conditions=frozenset(one for one, holds in tests.items() if holds is None))


def _build_access(kind: str, value: str, role: Address, allow: Statement, denies: Iterable[Statement]) -> RoleAccess:
    """Return the access by one Allow, unless one of the Denies, which all have conditions, holds."""
    denies = list(denies)
    unless = [condition for deny in denies for condition in deny.conditions]
    keys = {condition.key for condition in (*allow.conditions, *unless)}
    terms = frozenset(
        [*map(format_condition, allow.conditions), *(f"unless {format_condition(condition)}" for condition in unless)]
    )
    principal = name_entrance(kind, value)
    return RoleAccess(principal, str(role), _demands_mfa(allow, denies), tuple(sorted(keys - MFA_KEYS)), terms)


def _demands_mfa(allow: Statement, denies: Iterable[Statement]) -> bool:
    """Return whether the conditions on MFA of a trust refuse a call without MFA."""
    lacking = any(_holds_without_mfa(condition) is False for condition in allow.conditions)
    return lacking or any(all(_holds_without_mfa(one) for one in deny.conditions) for deny in denies)


def _holds_without_mfa(condition: Condition) -> bool | None:
    """Return whether a condition on MFA holds without MFA; None if it is not on MFA, or depends on the credentials."""
    if condition.key not in MFA_KEYS:
        return None
    return compile_condition(condition, CURRENT_VERSION).holds(NO_MFA_POSSIBLE).value
