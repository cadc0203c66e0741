"""Who gains and who loses what by a plan: the ability to assume a role, and administrator-like power.

Computed by the policy evaluator from live and planned state, for what the plan can have touched. A principal
outside the account, a service or a federated provider counts as soon as a trust names it: what its own side
allows is not known here. SCPs and RCPs are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.entity import Group, Policy, Role, User
from reconciler.model.plan import Access, AccessDelta, Empowered
from reconciler.model.state import State
from reconciler.plan.diff import Difference
from reconciler.plan.moves import followed, moved_arns
from reconciler.policy.evaluator import (
    UNSEEN,
    WITHOUT_MFA,
    Grade,
    Principal,
    Target,
    Verdict,
    assumable,
    can_assume,
    powers,
    principals_of,
    targets_of,
    with_mfa,
)
from reconciler.policy.trust import entity_of

_MFA_KEYS = frozenset(["aws:multifactorauthpresent", "aws:multifactorauthage"])
Pairs = Mapping[tuple[str, str], Access]


def planned_state(live: State, differences: Iterable[Difference]) -> State:
    """The account as it is when the plan is done; trusts follow the users that it moves, as IAM's do."""
    listed = list(differences)
    made = {difference.address: difference.after for difference in listed if difference.after is not None}
    gone = {difference.address for difference in listed}
    moves = moved_arns(made, live)
    kept = {address: followed(entity, moves) for address, entity in live.entities.items() if address not in gone}
    return replace(live, entities={address: entity for address, entity in (kept | made).items() if entity})


def access_delta(live: State, planned: State, differences: Iterable[Difference]) -> AccessDelta:
    """What the plan gives and takes; empty where it touches nothing that decides."""
    touched = {item.address for item in differences if item.address.kind != "instance-profile"}
    if not touched:
        return AccessDelta()
    before, after = _accesses(live, touched), _accesses(planned, touched)
    held, holds = _powers(live, touched), _powers(planned, touched)
    return AccessDelta(
        gained=tuple(after[pair] for pair in sorted(after) if after[pair] != before.get(pair)),
        lost=tuple(before[pair] for pair in sorted(before) if pair not in after),
        empowered=_foremost(holds - held),
        disempowered=_foremost(held - holds),
    )


def _foremost(found: set[Empowered]) -> tuple[Empowered, ...]:
    """An administrator's ways to become one are not worth naming."""
    administrators = {one.principal for one in found if one.grade == Grade.ADMINISTRATOR}
    kept = (one for one in found if one.grade == Grade.ADMINISTRATOR or one.principal not in administrators)
    return tuple(sorted(kept, key=lambda one: (one.principal, one.power)))


def accesses_of(state: State, role: Address) -> dict[str, Access]:
    """User or role of the account → how it may assume one role."""
    target = targets_of(state).get(role)
    pairs = _pairs(principals_of(state), {role: target}) if target else {}
    return {access.principal: access for access in pairs.values()}


def _accesses(state: State, touched: set[Address]) -> Pairs:
    """(principal, role) → access, for each pair that a touched entity takes part in."""
    principals, targets = principals_of(state), targets_of(state)
    affected = _affected(state, touched)
    changed = {address: principal for address, principal in principals.items() if address in affected}
    roles = {address: target for address, target in targets.items() if address in touched}
    found: dict[tuple[str, str], Access] = {}
    for asking, asked in ((changed, targets), (principals, roles)):
        found |= _pairs(asking, asked)
    for address in roles:
        found |= {(access.principal, access.role): access for access in _named(state, address)}
    return found


def _pairs(principals: Mapping[Address, Principal], targets: Mapping[Address, Target]) -> dict[tuple[str, str], Access]:
    who = {principal.arn: str(address) for address, principal in principals.items()}
    what = {target.arn: str(address) for address, target in targets.items()}
    found: dict[tuple[str, str], Access] = {}
    for one in assumable(list(principals.values()), list(targets.values())):
        name, role = who[one.principal.arn], what[one.role.arn]
        access = _access(name, role, one.principal, one.role, one.verdict)
        if access is not None:
            found[name, role] = access
    return found


def _access(name: str, role: str, principal: Principal, target: Target, verdict: Verdict) -> Access | None:
    """One pair that is not simply denied: with MFA only, or under conditions that are not known."""
    if principal.kind != "user":
        return Access(name, role, False, _conditions(verdict))
    bare = can_assume(principal, target, WITHOUT_MFA)
    if not bare.denied:
        return Access(name, role, False, _conditions(bare))
    strong = can_assume(principal, target, with_mfa())
    return None if strong.denied else Access(name, role, True, _conditions(strong))


def _conditions(verdict: Verdict) -> tuple[str, ...]:
    return tuple(sorted(verdict.keys - _MFA_KEYS))


def _named(state: State, address: Address) -> list[Access]:
    """Services, federated providers, other accounts and everyone: whom the trust names beside our own."""
    role = state.entities.get(address)
    found = []
    for statement in role.trust_policy.statements if isinstance(role, Role) else ():
        keys = {condition.key for condition in statement.conditions}
        for kind, value in statement.principals or ():
            ours = f":{state.account}:" in value and (entity_of(value, state.account) or value.endswith(":root"))
            if statement.effect == "Allow" and not statement.not_principal and not ours:
                named = value if kind in ("AWS", "*") else f"{kind.lower()}:{value}"
                conditions = tuple(sorted(keys - _MFA_KEYS))
                found.append(Access(named, str(address), bool(keys & _MFA_KEYS), conditions))
    return found


def _powers(state: State, touched: set[Address]) -> set[Empowered]:
    """The powers of each affected user and role; what hangs on policies that nobody read is left out."""
    affected = _affected(state, touched)
    return {
        Empowered(str(address), power.name, str(power.grade))
        for address, principal in principals_of(state).items()
        if address in affected
        for power in powers(principal)
        if power.name != UNSEEN and not power.verdict.denied
    }


def _affected(state: State, touched: set[Address]) -> set[Address]:
    """Users and roles whose own rights a touched entity can change: itself, its groups, its policies."""
    policies = {_arn(state, item) for item in touched if item.kind == "policy"}
    groups = {
        address
        for address, entity in state.entities.items()
        if isinstance(entity, Group) and (address in touched or entity.policies & policies)
    }
    return {
        address
        for address, entity in state.entities.items()
        if isinstance(entity, User | Role)
        and (
            address in touched
            or entity.policies & policies
            or entity.permissions_boundary in policies
            or (isinstance(entity, User) and entity.groups & groups)
        )
    }


def _arn(state: State, address: Address) -> str:
    policy = state.entities.get(address)
    path = policy.path if isinstance(policy, Policy) else "/"
    return f"arn:{state.partition}:iam::{state.account}:policy{path}{policy.name if policy else address.name}"
