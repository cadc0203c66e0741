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
    MfaDemand,
    Principal,
    Target,
    Verdict,
    alike,
    asked_by_callers,
    asked_by_trusts,
    can_assume,
    principals_of,
    seen_by_callers,
    seen_by_trusts,
    targets_of,
)
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Group, Role, User
from reconciler.model.live import State
from reconciler.model.plan import Access, AccessDelta
from reconciler.plan.diff import Difference
from reconciler.plan.moves import followed, moved_arns
from reconciler.plan.outsiders import Pairs, outsiders, term, trusting
from reconciler.plan.powers import power_delta, sides
from reconciler.policy.global_keys import MFA_KEYS

Names = Mapping[str, str]
"""Other names to call some principals by."""
Renames = Mapping[Address, Address]
"""New → old."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Both(Generic[T]):
    """Something of the account on both sides of a plan; `gone` and `come`: those that are not the same on the other."""

    before: Mapping[Address, T]
    after: Mapping[Address, T]
    gone: Mapping[Address, T]
    come: Mapping[Address, T]


def planned_state(live: State, differences: Iterable[Difference]) -> State:
    """The account as it is when the plan is done; trusts follow the users that it moves, as IAM's do."""
    listed = list(differences)
    made = {difference.address: difference.after for difference in listed if difference.after is not None}
    gone = {difference.address for difference in listed}
    moves = moved_arns(made, live)
    lost = {address for address in gone if address not in made}
    kept = {
        address: _without(followed(entity, moves), lost, live)
        for address, entity in live.entities.items()
        if address not in gone
    }
    return replace(live, entities={address: entity for address, entity in (kept | made).items() if entity})


def _without(entity: Entity | None, lost: set[Address], live: State) -> Entity | None:
    """An entity that the plan leaves, less the policies and groups that are taken from it."""
    if not lost or not isinstance(entity, User | Group | Role):
        return entity
    policies = frozenset(arn for arn in entity.policies if address_of(arn, live.account) not in lost)
    if isinstance(entity, User):
        return replace(entity, policies=policies, groups=entity.groups - lost)
    return replace(entity, policies=policies) if policies != entity.policies else entity


def access_delta(live: State, planned: State, differences: Iterable[Difference], renames: Renames) -> AccessDelta:
    """What the plan gives and takes; empty where it touches nothing that decides.

    What a renamed user could do under its old name is compared with what it can under the new.
    """
    touched = {item.address for item in differences if item.address.kind not in ("instance-profile", "account")}
    if not touched:
        return AccessDelta()
    names = {str(old): str(new) for new, old in renames.items()}
    principals = _both(principals_of(live), principals_of(planned), renames)
    roles = _both(targets_of(live), targets_of(planned), renames)
    changing = frozenset(a for a in touched if (renames.get(a, a) in live.entities) != (a in planned.entities))
    shown = trusting(live, changing) | trusting(planned, changing)
    before = outsiders(live, shown | roles.gone.keys(), changing - live.entities.keys())
    after = outsiders(planned, shown | roles.come.keys(), changing - planned.entities.keys())
    callers, targets = _seen_by_trusts(principals, roles, renames), _seen_by_callers(principals, roles, renames)
    before |= _accesses(callers.before, callers.gone, targets.before, targets.gone, names)
    after |= _accesses(callers.after, callers.come, targets.after, targets.come, {})
    everybody = (principals.before, principals.gone, principals.after, principals.come)
    empowered, disempowered = power_delta(*sides(live, planned, everybody, names))
    return AccessDelta(
        gained=tuple(after[pair] for pair in sorted(after) if pair not in before),
        lost=tuple(before[pair] for pair in sorted(before) if pair not in after),
        changed=tuple(
            (before[pair], after[pair])
            for pair in sorted(after)
            if pair in before and (before[pair], before[pair].terms) != (after[pair], after[pair].terms)
        ),
        empowered=empowered,
        disempowered=disempowered,
    )


def _both(before: Mapping[Address, T], after: Mapping[Address, T], renames: Renames) -> Both[T]:
    """What is the same on both sides is the same object as well, so that it is made ready once."""
    gone, come = _other(before, after, renames, lambda item: item)
    kept = {address: before[renames.get(address, address)] for address in after if address not in come}
    return Both(before, {**kept, **come}, gone, come)


def _other(
    before: Mapping[Address, T], after: Mapping[Address, T], renames: Renames, seen: Callable[[T], object]
) -> tuple[dict[Address, T], dict[Address, T]]:
    """What of each side is not seen as the same on the other."""
    come: dict[Address, T] = {}
    kept: set[Address] = set()
    for address, item in after.items():
        was = renames.get(address, address)
        if was in before and seen(before[was]) == seen(item):
            kept.add(was)
        else:
            come[address] = item
    return {address: item for address, item in before.items() if address not in kept}, come


def _seen_by_trusts(principals: Both[Principal], roles: Both[Target], renames: Renames) -> Both[Principal]:
    """Of the principals that are not the same, those of which a trust or their own policies can tell."""
    if not principals.gone and not principals.come:
        return principals
    others = [*roles.before.values(), *roles.come.values()]
    keys = asked_by_trusts(others, [*principals.gone.values(), *principals.come.values()])
    gone, come = _other(principals.gone, principals.come, renames, lambda item: seen_by_trusts(item, keys))
    return replace(principals, gone=gone, come=come)


def _seen_by_callers(principals: Both[Principal], roles: Both[Target], renames: Renames) -> Both[Target]:
    """Of the roles that are not the same, those of which their trust or the policies of a principal can tell."""
    was = roles.gone
    if not any(address in was and was[address].trust == role.trust for address, role in roles.come.items()):
        return roles
    keys = asked_by_callers([*principals.before.values(), *principals.come.values()])
    gone, come = _other(was, roles.come, renames, lambda item: seen_by_callers(item, keys))
    return replace(roles, gone=gone, come=come)


def accesses_of(state: State, role: Address, now: Names | None = None) -> dict[str, Access]:
    """User or role of the account → how it may assume one role."""
    target = targets_of(state).get(role)
    pairs = _pairs(principals_of(state), {role: target}, now or {}) if target else {}
    return {access.principal: access for access in pairs.values()}


def _accesses(
    principals: Mapping[Address, Principal],
    other: Mapping[Address, Principal],
    roles: Mapping[Address, Target],
    other_roles: Mapping[Address, Target],
    now: Names,
) -> Pairs:
    """The pairs of one side whose principal or role is not the same on the other."""
    rest = {address: principal for address, principal in principals.items() if address not in other}
    return _pairs(other, roles, now) | _pairs(rest, other_roles, now)


def _pairs(principals: Mapping[Address, Principal], targets: Mapping[Address, Target], now: Names) -> Pairs:
    if not principals or not targets:
        return {}
    who = {principal.arn: now.get(str(address), str(address)) for address, principal in principals.items()}
    what = {target.arn: str(address) for address, target in targets.items()}
    found: Pairs = {}
    for one in alike(principals.values(), targets.values()):
        access = _access(one.principals[0], one.roles[0])
        if access is not None:
            roles = [what[role.arn] for role in one.roles]
            for name in [who[principal.arn] for principal in one.principals]:
                found |= {(name, role): Access(name, role, *access) for role in roles}
    return found


How = tuple[bool, tuple[str, ...], frozenset[str]]
"""The `mfa`, `conditions` and `terms` of an Access."""


def _access(principal: Principal, target: Target) -> How | None:
    """One pair that is not simply denied: with MFA only, or under conditions that are not known."""
    if principal.kind != "user":
        found = can_assume(principal, target)
        return None if found.denied else _allowed(False, found)
    demand = MfaDemand(principal, target)
    return None if demand.verdict.denied else _allowed(demand.required, demand.verdict)


def _allowed(mfa: bool, verdict: Verdict) -> How:
    return mfa, tuple(sorted(verdict.keys - MFA_KEYS)), terms_of(verdict)


def terms_of(verdict: Verdict) -> frozenset[str]:
    """The conditions of the statements that decided, values and all, on what the verdict depends on."""
    statements = (source.statement for source in verdict.deciding if source.statement is not None)
    keys = verdict.keys | MFA_KEYS
    return frozenset(said for item in statements for said in _terms(item, keys))


def _terms(statement: Statement, keys: frozenset[str]) -> Iterator[str]:
    """Each condition of an Allow; those of a Deny in one, since all of them must hold for it to deny."""
    terms = sorted(term(one) for one in statement.conditions if one.key in keys)
    if statement.effect != "Deny":
        yield from terms
    elif terms:
        yield f"unless {' and '.join(terms)}"
