"""Who gains and who loses what by a plan: the ability to assume a role, and administrator-like power.

Computed by the policy evaluator from live and planned state. An answer follows from the principal and the role alone,
with all that counts for either; so only pairs are asked of which one is not the same on both sides of the plan. SCPs
and RCPs are not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from reconciler.access import (
    MfaRequirement,
    Principal,
    Target,
    Verdict,
    can_assume,
    collect_caller_keys,
    collect_trust_keys,
    group_equivalent_pairs,
    principal_key_of,
    principals_of,
    role_key_of,
    targets_of,
)
from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, RoleAccess
from reconciler.plan.access.admin_powers import build_sides, compare_powers
from reconciler.plan.access.external_principals import (
    AccessPairs,
    find_external_access,
    find_trusting_roles,
    format_condition,
)
from reconciler.plan.compare.diff import Difference
from reconciler.policy.global_keys import MFA_KEYS

DisplayNames = Mapping[str, str]
"""Other names to call some principals by."""
Renames = Mapping[Address, Address]
"""New → old."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BothSides(Generic[T]):
    """Something of the account on both sides of a plan; `changed_before` and `changed_after`: those that are not the
    same on the other."""

    before: Mapping[Address, T]
    after: Mapping[Address, T]
    changed_before: Mapping[Address, T]
    changed_after: Mapping[Address, T]


def compare_access(live: State, planned: State, differences: Iterable[Difference], renames: Renames) -> AccessDelta:
    """What the plan gives and takes; empty where it touches nothing that decides.

    What a renamed user could do under its old name is compared with what it can under the new.
    """
    touched = {item.address for item in differences if item.address.kind not in ("instance-profile", "account")}
    if not touched:
        return AccessDelta()
    names = {str(old): str(new) for new, old in renames.items()}
    principals = _pair_sides(principals_of(live), principals_of(planned), renames)
    roles = _pair_sides(targets_of(live), targets_of(planned), renames)
    changing = frozenset(a for a in touched if (renames.get(a, a) in live.entities) != (a in planned.entities))
    shown = find_trusting_roles(live, changing) | find_trusting_roles(planned, changing)
    before = find_external_access(live, shown | roles.changed_before.keys(), changing - live.entities.keys())
    after = find_external_access(planned, shown | roles.changed_after.keys(), changing - planned.entities.keys())
    callers, targets = _narrow_principals(principals, roles, renames), _narrow_roles(principals, roles, renames)
    before |= _find_changed_access(
        callers.before, callers.changed_before, targets.before, targets.changed_before, names
    )
    after |= _find_changed_access(callers.after, callers.changed_after, targets.after, targets.changed_after, {})
    everybody = (principals.before, principals.changed_before, principals.after, principals.changed_after)
    empowered, disempowered = compare_powers(*build_sides(live, planned, everybody, names))
    return AccessDelta(
        gained=tuple(after[pair] for pair in sorted(after) if pair not in before),
        lost=tuple(before[pair] for pair in sorted(before) if pair not in after),
        changed=tuple(
            (before[pair], after[pair])
            for pair in sorted(after)
            if pair in before and (before[pair], before[pair].terms) != (after[pair], after[pair].terms)
        ),
        powers_gained=empowered,
        powers_lost=disempowered,
    )


def _pair_sides(before: Mapping[Address, T], after: Mapping[Address, T], renames: Renames) -> BothSides[T]:
    """What is the same on both sides is the same object as well, so that it is made ready once."""
    gone, come = _find_changed(before, after, renames, lambda item: item)
    kept = {address: before[renames.get(address, address)] for address in after if address not in come}
    return BothSides(before, {**kept, **come}, gone, come)


def _find_changed(
    before: Mapping[Address, T], after: Mapping[Address, T], renames: Renames, compare_by: Callable[[T], object]
) -> tuple[dict[Address, T], dict[Address, T]]:
    """What of each side is not seen as the same on the other."""
    come: dict[Address, T] = {}
    kept: set[Address] = set()
    for address, item in after.items():
        was = renames.get(address, address)
        if was in before and compare_by(before[was]) == compare_by(item):
            kept.add(was)
        else:
            come[address] = item
    return {address: item for address, item in before.items() if address not in kept}, come


def _narrow_principals(
    principals: BothSides[Principal], roles: BothSides[Target], renames: Renames
) -> BothSides[Principal]:
    """Of the principals that are not the same, those of which a trust or their own policies can tell."""
    if not principals.changed_before and not principals.changed_after:
        return principals
    others = [*roles.before.values(), *roles.changed_after.values()]
    keys = collect_trust_keys(others, [*principals.changed_before.values(), *principals.changed_after.values()])
    gone, come = _find_changed(
        principals.changed_before, principals.changed_after, renames, lambda item: principal_key_of(item, keys)
    )
    return replace(principals, changed_before=gone, changed_after=come)


def _narrow_roles(principals: BothSides[Principal], roles: BothSides[Target], renames: Renames) -> BothSides[Target]:
    """Of the roles that are not the same, those of which their trust or the policies of a principal can tell."""
    was = roles.changed_before
    if not any(address in was and was[address].trust == role.trust for address, role in roles.changed_after.items()):
        return roles
    keys = collect_caller_keys([*principals.before.values(), *principals.changed_after.values()])
    gone, come = _find_changed(was, roles.changed_after, renames, lambda item: role_key_of(item, keys))
    return replace(roles, changed_before=gone, changed_after=come)


def find_role_access(state: State, role: Address, display_names: DisplayNames | None = None) -> dict[str, RoleAccess]:
    """User or role of the account → how it may assume one role."""
    target = targets_of(state).get(role)
    pairs = find_access_pairs(principals_of(state), {role: target}, display_names or {}) if target else {}
    return {access.principal: access for access in pairs.values()}


def _find_changed_access(
    principals: Mapping[Address, Principal],
    changed_principals: Mapping[Address, Principal],
    roles: Mapping[Address, Target],
    changed_roles: Mapping[Address, Target],
    display_names: DisplayNames,
) -> AccessPairs:
    """The pairs of one side whose principal or role is not the same on the other."""
    rest = {address: principal for address, principal in principals.items() if address not in changed_principals}
    return find_access_pairs(changed_principals, roles, display_names) | find_access_pairs(
        rest, changed_roles, display_names
    )


def find_access_pairs(
    principals: Mapping[Address, Principal], targets: Mapping[Address, Target], display_names: DisplayNames
) -> AccessPairs:
    """Return how the account's own users and roles may assume its roles."""
    if not principals or not targets:
        return {}
    who = {principal.arn: display_names.get(str(address), str(address)) for address, principal in principals.items()}
    what = {target.arn: str(address) for address, target in targets.items()}
    found: AccessPairs = {}
    for one in group_equivalent_pairs(principals.values(), targets.values()):
        access = _evaluate_access(one.principals[0], one.roles[0])
        if access is not None:
            roles = [what[role.arn] for role in one.roles]
            for name in [who[principal.arn] for principal in one.principals]:
                found |= {(name, role): RoleAccess(name, role, *access) for role in roles}
    return found


AccessTerms = tuple[bool, tuple[str, ...], frozenset[str]]
"""The `mfa`, `conditions` and `terms` of an Access."""


def _evaluate_access(principal: Principal, target: Target) -> AccessTerms | None:
    """One pair that is not simply denied: with MFA only, or under conditions that are not known."""
    if principal.kind != "user":
        found = can_assume(principal, target)
        return None if found.denied else _to_access_terms(False, found)
    demand = MfaRequirement(principal, target)
    return None if demand.verdict.denied else _to_access_terms(demand.is_required, demand.verdict)


def _to_access_terms(mfa: bool, verdict: Verdict) -> AccessTerms:
    return mfa, tuple(sorted(verdict.keys - MFA_KEYS)), terms_of(verdict)


def terms_of(verdict: Verdict) -> frozenset[str]:
    """The conditions of the statements that decided, values and all, on what the verdict depends on."""
    statements = (source.statement for source in verdict.deciding_statements if source.statement is not None)
    keys = verdict.keys | MFA_KEYS
    return frozenset(said for item in statements for said in _format_terms(item, keys))


def _format_terms(statement: Statement, keys: frozenset[str]) -> Iterator[str]:
    """Each condition of an Allow; those of a Deny in one, since all of them must hold for it to deny."""
    terms = sorted(format_condition(one) for one in statement.conditions if one.key in keys)
    if statement.effect != "Deny":
        yield from terms
    elif terms:
        yield f"unless {' and '.join(terms)}"
