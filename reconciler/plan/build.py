"""(Desired, live) → Plan: diff → protection → steps of each kind → order → guards. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.kinds.planning import Planning
from reconciler.kinds.registry import BY_NAME, KINDS
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, Action, Change, Plan, Step
from reconciler.model.problem import Problem
from reconciler.plan.access import access_delta, planned_state
from reconciler.plan.break_glass import with_remembered
from reconciler.plan.circles import circular_roles
from reconciler.plan.cost import calls_of_pages
from reconciler.plan.diff import Difference, differences_of, effective
from reconciler.plan.effects import Effects
from reconciler.plan.expiry import expiries, valid_until
from reconciler.plan.findings import (
    access_key_rules,
    dangling_principals,
    expiring_passwords,
    groups_without_owner,
    ignored_declarations,
    kept_caller,
    unread_belongings,
    users_without_device,
    users_without_password,
)
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.foreign import foreign_use
from reconciler.plan.guards.immutable import immutable_fields, name_case
from reconciler.plan.guards.lockout import lockout, lockouts
from reconciler.plan.guards.moved import moves, moves_made
from reconciler.plan.guards.owner import foreign_owner
from reconciler.plan.guards.protect import without_protected
from reconciler.plan.guards.references import (
    deleted_principals,
    missing_break_glass,
    missing_policies,
    missing_providers,
    missing_references,
    principals_elsewhere,
    unread_kinds,
)
from reconciler.plan.guards.sizes import account_quotas, inline_sums, quotas
from reconciler.plan.guards.thresholds import raised_thresholds, thresholds
from reconciler.plan.options import Allowed
from reconciler.plan.order import lateness, ordered
from reconciler.plan.order_notes import order_notes
from reconciler.plan.ownership import caller_address, left_alone, rights_of_caller
from reconciler.plan.precedence import Late, arranged, kept
from reconciler.plan.renames import renamed, renames_of, replaced_of, waiting
from reconciler.plan.unmanaged import unmanaged

GUARDS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    name_case,
    moves,
    immutable_fields,
    foreign_owner,
    unread_kinds,
    missing_references,
    missing_break_glass,
    principals_elsewhere,
    deleted_principals,
    missing_policies,
    inline_sums,
    quotas,
    foreign_use,
    thresholds,
)

NOTES: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    kept_caller,
    groups_without_owner,
    unread_belongings,
    dangling_principals,
    missing_providers,
    users_without_device,
    users_without_password,
    access_key_rules,
    expiring_passwords,
    ignored_declarations,
    expiries,
    moves_made,
    raised_thresholds,
    account_quotas,
)

_KIND_ORDER = {kind.name: index for index, kind in enumerate(KINDS)}


def build(desired: Desired, live: State, allowed: Allowed) -> Plan:
    """The plan that turns live into what is desired; unsafe where a guard refuses."""
    renames = renames_of(desired, live)
    before = renamed(live, renames)
    if not allowed.lockout:
        desired = with_remembered(desired, before, replaced_of(desired, live))
    entities = effective(desired, before)
    differences, findings = without_protected(differences_of(desired, entities, before, renames), before)
    if allowed.targets:
        whole = Planning(before, replace(desired.state, entities=entities))
        differences = _targeted(differences, _wanted(allowed, desired), whole, replaced_of(desired, live))
    plan = assembled(desired, entities, live, differences, allowed, findings)
    return plan if allowed.targets else replace(plan, left_alone=left_alone(desired, before))


def assembled(
    desired: Desired,
    entities: Mapping[Address, Entity],
    live: State,
    differences: Sequence[Difference],
    allowed: Allowed,
    findings: Sequence[Problem] = (),
) -> Plan:
    """The plan that makes exactly these differences; `entities` is what the file asks for, effective.

    The differences are those from `live` as it is once the renames are made.
    """
    draft = _drafted(desired, entities, live, differences, allowed)
    made = _made(draft.differences, draft.planning)
    found = lockouts(draft, made)
    locks_out = any(one.address == caller_address(draft.live) for one in found)
    late = lateness(rights_of_caller(draft.live), locks_out=locks_out)
    after = planned_state(draft.live, differences)
    steps = kept(ordered(_arranged(draft, made, after, late), late))
    refusals = [problem for guard in GUARDS for problem in guard(draft)] + list(lockout(draft, found))
    notes = [finding for look in NOTES for finding in look(draft)] + list(
        order_notes(steps, draft.planning.live, after)
    )
    return Plan(
        account=live.account,
        partition=live.partition,
        owner=desired.owner,
        settings=desired.settings,
        changes=tuple(_changes(draft.differences, steps)),
        steps=steps,
        access=_access(draft, after),
        targets=tuple(sorted(allowed.targets)),
        moves=desired.moves,
        valid_until=valid_until(draft),
        unmanaged=tuple(unmanaged(draft)) if allowed.unmanaged else None,
        reads=calls_of_pages(live) if live.known is None else 0,
        findings=tuple(dict.fromkeys([*refusals, *findings, *desired.problems, *live.facts.notes, *notes])),
    )


def _access(draft: Draft, after: State) -> AccessDelta:
    """Empty where only a part of the account is known: who else gains or loses could not be told."""
    if draft.live.known is not None:
        return AccessDelta()
    return access_delta(draft.actual, after, draft.differences, draft.planning.renamed)


def _drafted(
    desired: Desired,
    entities: Mapping[Address, Entity],
    live: State,
    differences: Sequence[Difference],
    allowed: Allowed,
) -> Draft:
    created = {item.address for item in differences if item.action is Action.CREATE}
    changed = {item.address for item in differences}
    renames = {new: old for new, old in renames_of(desired, live).items() if new in changed}
    before = renamed(live, renames)
    planning = Planning(
        live=before,
        desired=replace(desired.state, entities=entities),
        doomed=frozenset(item.address for item in differences if item.action is Action.DELETE),
        circular=circular_roles(entities, created, live.account),
        renamed=renames,
    )
    replaced = replaced_of(desired, live)
    return Draft(desired, entities, before, differences, planning, allowed, live, replaced)


def _wanted(allowed: Allowed, desired: Desired) -> set[Address]:
    """What --target names, what is derived from it, and what an old name among it becomes."""
    derived = {a for a, item in desired.declarations.items() if item.derived_from in allowed.targets}
    moved = {move.new for move in desired.moves if move.old in allowed.targets}
    return {*allowed.targets, *derived, *moved}


def _targeted(
    differences: Sequence[Difference],
    targets: set[Address],
    planning: Planning,
    replaced: Mapping[Address, Address],
) -> list[Difference]:
    """The differences of the targets and of what they need, directly or not.

    A creation needs what it names; a deletion needs that its holders let it go; a replacement needs both, and that
    whatever names the new one stops naming the old one.
    """
    doomed = {item.address for item in differences if item.action is Action.DELETE}
    wanted, queue = set(targets), list(targets)
    while queue:
        address = queue.pop()
        entity = planning.desired.entities.get(address)
        needed: Iterable[Address] = BY_NAME[address.kind].refers(entity, planning) if entity else ()
        if address in doomed:
            needed = planning.users_of(address)
        if address in replaced:
            needed = {*needed, replaced[address], *_naming(address, planning)}
        queue += [named for named in needed if named not in wanted]
        wanted |= set(needed)
    return [item for item in differences if item.address in wanted]


def _naming(address: Address, planning: Planning) -> Iterator[Address]:
    for other, entity in planning.desired.entities.items():
        if address in BY_NAME[other.kind].refers(entity, planning):
            yield other


def _arranged(draft: Draft, made: Sequence[Step], after: State, late: Late) -> Sequence[Step]:
    """The steps with all that they wait for; documents are written in stages only where the order asks for it."""
    planning = draft.planning
    while True:
        made = waiting(made, planning.renamed)
        effects = Effects(made, planning.live.entities, after.entities, planning)
        steps, apart = arranged(made, effects, planning.staged, late)
        if not apart:
            return steps
        planning = replace(planning, staged=planning.staged | apart)
        made = _made(draft.differences, planning)


def _made(differences: Sequence[Difference], planning: Planning) -> list[Step]:
    return [step for item in differences for step in _steps(item, planning)]


def _steps(item: Difference, planning: Planning) -> list[Step]:
    kind = BY_NAME[item.address.kind]
    if item.after is None:
        return kind.delete(item.before, planning)
    if item.before is None:
        return kind.create(item.after, planning)
    return kind.update(item.before, item.after, planning)


def _changes(differences: Sequence[Difference], steps: tuple[Step, ...]) -> Iterator[Change]:
    by_address: dict[Address, list[Step]] = {}
    for step in steps:
        by_address.setdefault(step.address, []).append(step)
    for item in sorted(differences, key=lambda item: (_KIND_ORDER[item.address.kind], item.address)):
        own = tuple(by_address.get(item.address, ()))
        yield Change(item.address, item.action, item.fields, own, item.reason, item.before, item.after)
