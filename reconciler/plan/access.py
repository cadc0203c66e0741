"""Who gains and who loses what by a plan: the ability to assume a role, and administrator-like power.

Computed by the policy evaluator from live and planned state, for what the plan can have touched. A principal
outside the account, a service or a federated provider counts as soon as a trust names it: what its own side
allows is not known here. SCPs and RCPs are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.arns import address_of, arn_of
from reconciler.model.document import Condition
from reconciler.model.entity import Entity, Group, Role, User
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
from reconciler.policy.trust import entity_of, trusted_providers

_MFA_KEYS = frozenset(["aws:multifactorauthpresent", "aws:multifactorauthage"])
Pairs = Mapping[tuple[str, str], Access]


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


def access_delta(
    live: State, planned: State, differences: Iterable[Difference], renames: Mapping[Address, Address]
) -> AccessDelta:
    """What the plan gives and takes; empty where it touches nothing that decides.

    renames: new → old. What a renamed user could do under its old name is compared with what it can under the new.
    """
    touched = {item.address for item in differences if item.address.kind not in ("instance-profile", "account")}
    if not touched:
        return AccessDelta()
    names = {old: new for new, old in renames.items()}
    was = {renames.get(address, address) for address in touched}
    changing = frozenset(a for a in touched if (renames.get(a, a) in live.entities) != (a in planned.entities))
    trusting = _trusting(live, changing) | _trusting(planned, changing)
    touched, was = touched | trusting, was | trusting
    affected = {names.get(address, address) for address in _affected(live, was)} | _affected(planned, touched)
    were = {renames.get(address, address) for address in affected}
    now = {str(old): str(new) for old, new in names.items()}
    before = _under(now, _accesses(live, was, were, changing - live.entities.keys()).values())
    after = _accesses(planned, touched, affected, changing - planned.entities.keys())
    held = {replace(one, principal=now.get(one.principal, one.principal)) for one in _powers(live, were)}
    holds = _powers(planned, affected)
    return AccessDelta(
        gained=tuple(after[pair] for pair in sorted(after) if pair not in before),
        lost=tuple(before[pair] for pair in sorted(before) if pair not in after),
        changed=tuple(
            (before[pair], after[pair])
            for pair in sorted(after)
            if pair in before and (before[pair], before[pair].terms) != (after[pair], after[pair].terms)
        ),
        empowered=_foremost(holds - held, held),
        disempowered=_foremost(held - holds, holds),
    )


def _foremost(found: set[Empowered], otherwise: set[Empowered]) -> tuple[Empowered, ...]:
    """An administrator's ways to become one are not worth naming, nor is a second way of being one.

    otherwise: the powers on the other side of the plan.
    """
    already = {one.principal for one in otherwise if one.grade == Grade.ADMINISTRATOR}
    administrators = {one.principal for one in found if one.grade == Grade.ADMINISTRATOR}
    kept = (
        one
        for one in found
        if one.principal not in already and (one.grade == Grade.ADMINISTRATOR or one.principal not in administrators)
    )
    return tuple(sorted(kept, key=lambda one: (one.principal, one.power)))


def accesses_of(state: State, role: Address, now: Mapping[str, str] | None = None) -> dict[str, Access]:
    """User or role of the account → how it may assume one role. `now`: other names to call some of them by."""
    target = targets_of(state).get(role)
    pairs = _pairs(principals_of(state), {role: target}) if target else {}
    return {access.principal: access for access in _under(now or {}, pairs.values()).values()}


def _under(now: Mapping[str, str], accesses: Iterable[Access]) -> dict[tuple[str, str], Access]:
    renamed = (replace(access, principal=now.get(access.principal, access.principal)) for access in accesses)
    return {(access.principal, access.role): access for access in renamed}


def _trusting(state: State, named: frozenset[Address]) -> set[Address]:
    """The roles whose trust lets somebody in through one of these providers."""
    return {
        address
        for address, role in state.entities.items()
        if isinstance(role, Role) and not named.isdisjoint(trusted_providers(role.trust_policy, state.account))
    }


def _accesses(state: State, touched: set[Address], affected: set[Address], missing: frozenset[Address]) -> Pairs:
    """(principal, role) → access, for each pair that a touched entity takes part in.

    missing: what exists only on the other side of the plan; nobody comes in through such a provider.
    """
    principals, targets = principals_of(state), targets_of(state)
    changed = {address: principal for address, principal in principals.items() if address in affected}
    roles = {address: target for address, target in targets.items() if address in touched}
    found: dict[tuple[str, str], Access] = {}
    others = {address: principal for address, principal in principals.items() if address not in changed}
    for asking, asked in ((changed, targets), (others, roles)):
        found |= _pairs(asking, asked)
    for address in roles:
        for access in _named(state, address, missing):
            other = found.get((access.principal, access.role))
            found[access.principal, access.role] = _either(other, access) if other else access
    return found


def _either(one: Access, other: Access) -> Access:
    """Two statements that let the same outsider in: what both demand is demanded."""
    conditions = tuple(sorted({*one.conditions} & {*other.conditions}))
    return Access(one.principal, one.role, one.mfa and other.mfa, conditions, one.terms | other.terms)


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
        return _allowed(name, role, False, verdict)
    bare = can_assume(principal, target, WITHOUT_MFA)
    if not bare.denied:
        return _allowed(name, role, False, bare)
    strong = can_assume(principal, target, with_mfa())
    return None if strong.denied else _allowed(name, role, True, strong)


def _allowed(name: str, role: str, mfa: bool, verdict: Verdict) -> Access:
    return Access(name, role, mfa, tuple(sorted(verdict.keys - _MFA_KEYS)), terms_of(verdict))


def terms_of(verdict: Verdict) -> frozenset[str]:
    """The conditions of the statements that decided, values and all, on what the verdict depends on."""
    statements = (source.statement for source in verdict.deciding if source.statement is not None)
    keys = verdict.keys | _MFA_KEYS
    return frozenset(_term(one) for item in statements for one in item.conditions if one.key in keys)


def _term(condition: Condition) -> str:
    return f"{condition.operator} {condition.key} {', '.join(sorted(condition.values))}"


def _named(state: State, address: Address, missing: frozenset[Address]) -> list[Access]:
    """Services, federated providers, other accounts and everyone: whom the trust names beside our own."""
    role = state.entities.get(address)
    found = []
    for statement in role.trust_policy.statements if isinstance(role, Role) else ():
        keys = {condition.key for condition in statement.conditions}
        for kind, value in statement.principals or ():
            ours = f":{state.account}:" in value and (entity_of(value, state.account) or value.endswith(":root"))
            if entity_of(value, state.account, kind) in missing:
                continue
            if statement.effect == "Allow" and not statement.not_principal and not ours:
                named = value if kind in ("AWS", "*") else f"{kind.lower()}:{value}"
                conditions = tuple(sorted(keys - _MFA_KEYS))
                terms = frozenset(map(_term, statement.conditions))
                found.append(Access(named, str(address), bool(keys & _MFA_KEYS), conditions, terms))
    return found


def _powers(state: State, affected: set[Address]) -> set[Empowered]:
    """The powers of each affected user and role; what hangs on policies that nobody read is left out."""
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
    entity = state.entities.get(address)
    path = entity.path if entity else "/"
    return arn_of(entity.address if entity else address, path, state.account, state.partition)
