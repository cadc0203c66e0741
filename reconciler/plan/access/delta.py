"""Find the access that a plan gives and takes: the right to assume a role, and administrator powers.

The policy evaluator computes it from live and planned state. Evaluate only pairs whose principal or role differs
between before and after, because the answer follows from these two alone. SCPs and RCPs are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

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
from reconciler.model.permissions import ActionCatalogue
from reconciler.model.plan import AccessDelta, RoleAccess
from reconciler.plan.access.admin_powers import build_sides, compare_powers
from reconciler.plan.access.external_principals import (
    AccessPairs,
    find_external_access,
    find_trusting_roles,
    format_condition,
)
from reconciler.plan.access.permissions import find_permission_rows
from reconciler.plan.access.sides import BothSides, Renames, find_changed, pair_sides
from reconciler.plan.compare.diff import Difference
from reconciler.policy.global_keys import MFA_KEYS

DisplayNames = Mapping[str, str]
"""Maps addresses to the names to show in their place, such as the name after a rename."""


def compare_access(
    live: State,
    planned: State,
    differences: Iterable[Difference],
    renames: Renames,
    catalogue: ActionCatalogue | None = None,
) -> AccessDelta:
    """Return the access that the plan gives and takes; empty if it changes nothing that decides about access.

    A renamed user is compared with itself under its old name. catalogue: AWS's list of actions, to name those of a
    permission.
    """
    touched = {item.address for item in differences if item.address.kind not in ("instance-profile", "account")}
    if not touched:
        return AccessDelta()
    names = {str(old): str(new) for new, old in renames.items()}
    principals = pair_sides(principals_of(live), principals_of(planned), renames)
    permissions = find_permission_rows(principals, renames, live, planned, catalogue)
    roles = pair_sides(targets_of(live), targets_of(planned), renames)
    changing = frozenset(a for a in touched if (renames.get(a, a) in live.entities) != (a in planned.entities))
    trusting = find_trusting_roles(live, changing) | find_trusting_roles(planned, changing)
    before = find_external_access(live, trusting | roles.changed_before.keys(), changing - live.entities.keys())
    after = find_external_access(planned, trusting | roles.changed_after.keys(), changing - planned.entities.keys())
    callers, targets = _narrow_principals(principals, roles, renames), _narrow_roles(principals, roles, renames)
    before |= _find_changed_access(
        callers.before, callers.changed_before, targets.before, targets.changed_before, names
    )
    after |= _find_changed_access(callers.after, callers.changed_after, targets.after, targets.changed_after, {})
    everybody = (principals.before, principals.changed_before, principals.after, principals.changed_after)
    powers_gained, powers_lost = compare_powers(
        *build_sides(live, planned, everybody, (roles.before, roles.after), names),
        changes_access=before != after,
    )
    return AccessDelta(
        gained=tuple(after[pair] for pair in sorted(after) if pair not in before),
        lost=tuple(before[pair] for pair in sorted(before) if pair not in after),
        changed=tuple(
            (before[pair], after[pair])
            for pair in sorted(after)
            if pair in before and (before[pair], before[pair].terms) != (after[pair], after[pair].terms)
        ),
        powers_gained=powers_gained,
        powers_lost=powers_lost,
        permissions=permissions,
    )


def _narrow_principals(
    principals: BothSides[Principal], roles: BothSides[Target], renames: Renames
) -> BothSides[Principal]:
    """Return the principals with fewer changed ones: drop changes that neither a trust nor their policies test."""
    if not principals.changed_before and not principals.changed_after:
        return principals
    others = [*roles.before.values(), *roles.changed_after.values()]
    keys = collect_trust_keys(others, [*principals.changed_before.values(), *principals.changed_after.values()])
    changed_before, changed_after = find_changed(
        principals.changed_before, principals.changed_after, renames, lambda item: principal_key_of(item, keys)
    )
    return replace(principals, changed_before=changed_before, changed_after=changed_after)


def _narrow_roles(principals: BothSides[Principal], roles: BothSides[Target], renames: Renames) -> BothSides[Target]:
    """Return the roles with fewer changed ones: drop changes that neither a trust nor a caller's policies test."""
    was = roles.changed_before
    if not any(address in was and was[address].trust == role.trust for address, role in roles.changed_after.items()):
        return roles
    keys = collect_caller_keys([*principals.before.values(), *principals.changed_after.values()])
    changed_before, changed_after = find_changed(
        was, roles.changed_after, renames, lambda item: role_key_of(item, keys)
    )
    return replace(roles, changed_before=changed_before, changed_after=changed_after)


def find_role_access(state: State, role: Address, display_names: DisplayNames | None = None) -> dict[str, RoleAccess]:
    """Return the users and roles of the account that may assume one role, by the name to show."""
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
    """Return the access of the pairs of one side whose principal or role differs on the other side."""
    unchanged_principals = {
        address: principal for address, principal in principals.items() if address not in changed_principals
    }
    return find_access_pairs(changed_principals, roles, display_names) | find_access_pairs(
        unchanged_principals, changed_roles, display_names
    )


def find_access_pairs(
    principals: Mapping[Address, Principal], targets: Mapping[Address, Target], display_names: DisplayNames
) -> AccessPairs:
    """Return how the account's own users and roles may assume its roles."""
    if not principals or not targets:
        return {}
    principal_names = {
        principal.arn: display_names.get(str(address), str(address)) for address, principal in principals.items()
    }
    role_names = {target.arn: str(address) for address, target in targets.items()}
    pairs: AccessPairs = {}
    for group in group_equivalent_pairs(principals.values(), targets.values()):
        access = evaluate_access(group.principals[0], group.roles[0])
        if access is not None:
            roles = [role_names[role.arn] for role in group.roles]
            for name in [principal_names[principal.arn] for principal in group.principals]:
                pairs |= {(name, role): RoleAccess(name, role, *access) for role in roles}
    return pairs


AccessTerms = tuple[bool, tuple[str, ...], frozenset[str]]
"""The `mfa`, `conditions` and `terms` of a `RoleAccess`."""


def evaluate_access(principal: Principal, target: Target) -> AccessTerms | None:
    """Return the terms on which a principal may assume a role; None if it may not."""
    if principal.kind != "user":
        verdict = can_assume(principal, target)
        return None if verdict.denied else _to_access_terms(False, verdict)
    demand = MfaRequirement(principal, target)
    return None if demand.verdict.denied else _to_access_terms(demand.is_required, demand.verdict)


def _to_access_terms(mfa: bool, verdict: Verdict) -> AccessTerms:
    return mfa, tuple(sorted(verdict.keys - MFA_KEYS)), terms_of(verdict)


def terms_of(verdict: Verdict) -> frozenset[str]:
    """Return the conditions of the deciding statements on keys that the verdict depends on, with their values."""
    statements = (source.statement for source in verdict.deciding_statements if source.statement is not None)
    keys = verdict.keys | MFA_KEYS
    return frozenset(term for item in statements for term in _format_terms(item, keys))


def _format_terms(statement: Statement, keys: frozenset[str]) -> Iterator[str]:
    """Yield each condition of an Allow; for a Deny one text, because all of its conditions must hold to deny."""
    terms = sorted(format_condition(one) for one in statement.conditions if one.key in keys)
    if statement.effect != "Deny":
        yield from terms
    elif terms:
        yield f"unless {' and '.join(terms)}"
