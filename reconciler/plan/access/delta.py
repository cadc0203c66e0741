"""Find the access that a plan gives and takes: the right to assume a role, and administrator powers.

The policy evaluator computes it from live and planned state. Evaluate only pairs whose principal or role differs
between before and after, because the answer follows from these two alone. Access that a guardrail stops is
listed all the same, with the guardrail: a file must not hide its own grant behind one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

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
from reconciler.access.guardrail_stops import find_assume_stops
from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.guardrails import Guardrails
from reconciler.model.live import State
from reconciler.model.permissions import ActionCatalogue
from reconciler.model.plan import AccessDelta
from reconciler.model.role_access import AccessGroup, AccessTerms, RoleAccess, compare_groups, to_group
from reconciler.plan.access.admin_powers import build_sides, compare_powers
from reconciler.plan.access.external_principals import (
    AccessPairs,
    find_external_access,
    find_trusting_roles,
    list_trusted_names,
)
from reconciler.plan.access.guarded_access import mark_stopped_access
from reconciler.plan.access.permissions import find_permission_rows
from reconciler.plan.access.sides import BothSides, Renames, find_changed, pair_sides
from reconciler.plan.compare.diff import Difference
from reconciler.policy.condition_text import format_condition
from reconciler.policy.global_keys import MFA_KEYS

DisplayNames = Mapping[str, str]
"""Maps addresses to the names to show in their place, such as the name after a rename."""
EvaluatePair = Callable[[Principal, Target], AccessTerms | None]


def compare_access(
    live: State,
    planned: State,
    differences: Iterable[Difference],
    renames: Renames,
    catalogue: ActionCatalogue | None = None,
    guardrails: Guardrails | None = None,
) -> AccessDelta:
    """Return the access that the plan gives and takes; empty if it changes nothing that decides about access.

    A renamed user is compared with itself under its old name. catalogue: AWS's list of actions, to name those of a
    permission. guardrails: those over the account; both states are without.
    """
    touched = {item.address for item in differences if item.address.kind not in ("instance-profile", "account")}
    if not touched:
        return AccessDelta()
    names = {str(old): str(new) for new, old in renames.items()}
    principals = pair_sides(principals_of(live), principals_of(planned), renames)
    permissions = find_permission_rows(principals, renames, live, planned, catalogue)
    roles = pair_sides(targets_of(live), targets_of(planned), renames)
    guarded, guarded_roles, bound, will_be_bound = principals, roles, live, planned
    if guardrails is not None:
        bound, will_be_bound = replace(live, guardrails=guardrails), replace(planned, guardrails=guardrails)
        guarded = pair_sides(principals_of(bound), principals_of(will_be_bound), renames)
        guarded_roles = pair_sides(targets_of(bound), targets_of(will_be_bound), renames)
    changing = frozenset(a for a in touched if (renames.get(a, a) in live.entities) != (a in planned.entities))
    trusting = find_trusting_roles(live, changing) | find_trusting_roles(planned, changing)
    before, after = _find_external_accesses(
        (bound, trusting | roles.changed_before.keys()),
        (will_be_bound, trusting | roles.changed_after.keys()),
        changing,
    )
    callers = _narrow_principals(guarded, guarded_roles, renames)
    targets = _narrow_roles(guarded, guarded_roles, renames)
    gained, lost, changed = compare_groups(
        chain(
            map(to_group, before.values()),
            _find_changed_access(callers.before, callers.changed_before, targets.before, targets.changed_before, names),
        ),
        chain(
            map(to_group, after.values()),
            _find_changed_access(callers.after, callers.changed_after, targets.after, targets.changed_after, {}),
        ),
    )
    everybody = (principals.before, principals.changed_before, principals.after, principals.changed_after)
    powers_gained, powers_lost = compare_powers(
        *build_sides(live, planned, everybody, (roles.before, roles.after), names),
        changes_access=bool(gained or lost or changed),
    )
    delta = AccessDelta(
        gained_groups=gained,
        lost_groups=lost,
        changed_groups=changed,
        powers_gained=powers_gained,
        powers_lost=powers_lost,
        permissions=permissions,
    )
    return mark_stopped_access(delta, planned, guardrails)


def _find_external_accesses(
    before: tuple[State, set[Address]], after: tuple[State, set[Address]], changing: frozenset[Address]
) -> Iterator[AccessPairs]:
    """Yield the access of external principals on each side. before, after: a side and its roles.

    Whom one side names is asked for on the other one, too: who is named in place of the own account gains nothing.
    """
    named = [list_trusted_names(state, roles) for state, roles in (before, after)]
    for state, roles in (before, after):
        asked = {role: frozenset[str]().union(*(names.get(role, ()) for names in named)) for role in roles}
        missing = changing - state.entities.keys()
        yield find_external_access(state, roles, missing, asked=asked, includes_stopped=True)


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
    groups = find_access_groups(principals_of(state), {role: target}, display_names or {}) if target else ()
    return {access.principal: access for group in groups for access in group.list_pairs()}


def _find_changed_access(
    principals: Mapping[Address, Principal],
    changed_principals: Mapping[Address, Principal],
    roles: Mapping[Address, Target],
    changed_roles: Mapping[Address, Target],
    display_names: DisplayNames,
) -> Iterator[AccessGroup]:
    """Yield the access of the pairs of one side whose principal or role differs on the other side."""
    unchanged_principals = {
        address: principal for address, principal in principals.items() if address not in changed_principals
    }
    yield from find_access_groups(changed_principals, roles, display_names, _evaluate_marked)
    yield from find_access_groups(unchanged_principals, changed_roles, display_names, _evaluate_marked)


def find_access_groups(
    principals: Mapping[Address, Principal],
    targets: Mapping[Address, Target],
    display_names: DisplayNames,
    evaluate: EvaluatePair | None = None,
) -> Iterator[AccessGroup]:
    """Yield how the account's own users and roles may assume its roles, each pair once.

    evaluate: returns the terms of one pair; None for `evaluate_access`.
    """
    if not principals or not targets:
        return
    principal_names = {
        principal.arn: display_names.get(str(address), str(address)) for address, principal in principals.items()
    }
    role_names = {target.arn: str(address) for address, target in targets.items()}
    for group in group_equivalent_pairs(principals.values(), targets.values()):
        terms = (evaluate or evaluate_access)(group.principals[0], group.roles[0])
        if terms is not None:
            names = sorted(principal_names[principal.arn] for principal in group.principals)
            yield AccessGroup(tuple(names), tuple(sorted(role_names[role.arn] for role in group.roles)), terms)


def evaluate_access(principal: Principal, target: Target) -> AccessTerms | None:
    """Return the terms on which a principal may assume a role; None if it may not. Guardrails count."""
    mfa, verdict = evaluate_with_mfa(principal, target)
    return None if verdict.denied else AccessTerms(mfa, tuple(sorted(verdict.keys - MFA_KEYS)), terms_of(verdict))


def _evaluate_marked(principal: Principal, target: Target) -> AccessTerms | None:
    """Return the terms as if there were no guardrails, and those that stop the access."""
    terms = evaluate_access(principal.without_guardrails, target.without_guardrails)
    if terms is None or not (principal.service_controls or target.resource_controls):
        return terms
    return replace(terms, stopped_by=find_assume_stops(principal, target))


def evaluate_with_mfa(principal: Principal, target: Target) -> tuple[bool, Verdict]:
    """Return whether a principal needs MFA to assume a role, and the verdict with MFA if it does, else without."""
    if principal.kind != "user":
        return False, can_assume(principal, target)
    demand = MfaRequirement(principal, target)
    if demand.is_required and not demand.is_required_always:
        return False, demand.verdict_of_session
    return demand.is_required, demand.verdict


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
