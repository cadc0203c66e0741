"""(Desired, live) → Plan: diff → protection → steps of each kind → order → guards. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.kinds.planning import Planning
from reconciler.kinds.registry import BY_NAME, KINDS
from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.plan import Action, Change, Plan, Step
from reconciler.model.problem import Problem
from reconciler.model.state import Declaration, Desired, State
from reconciler.plan.access import access_delta, planned_state
from reconciler.plan.circles import circular_roles
from reconciler.plan.diff import Difference, differences_of, effective
from reconciler.plan.findings import (
    access_key_rules,
    dangling_principals,
    expiring_passwords,
    ignored_declarations,
    kept_caller,
    notes_of,
    unread_belongings,
    users_without_device,
    users_without_password,
)
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.foreign import foreign_use
from reconciler.plan.guards.immutable import immutable_fields, name_case
from reconciler.plan.guards.lockout import lockout, lockouts
from reconciler.plan.guards.owner import foreign_owner
from reconciler.plan.guards.protect import without_protected
from reconciler.plan.guards.references import (
    missing_break_glass,
    missing_policies,
    missing_references,
    principals_elsewhere,
    unread_kinds,
)
from reconciler.plan.guards.sizes import inline_sums, quotas
from reconciler.plan.guards.thresholds import thresholds
from reconciler.plan.options import Allowed
from reconciler.plan.order import ordered
from reconciler.plan.ownership import caller_address, rights_of_caller

GUARDS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    name_case,
    immutable_fields,
    foreign_owner,
    unread_kinds,
    missing_references,
    missing_break_glass,
    principals_elsewhere,
    missing_policies,
    inline_sums,
    quotas,
    foreign_use,
    thresholds,
)

NOTES: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    kept_caller,
    unread_belongings,
    dangling_principals,
    users_without_device,
    users_without_password,
    access_key_rules,
    expiring_passwords,
    ignored_declarations,
)

_KIND_ORDER = {kind.name: index for index, kind in enumerate(KINDS)}


def build(desired: Desired, live: State, allowed: Allowed) -> Plan:
    """The plan that turns live into what is desired; unsafe where a guard refuses."""
    entities = effective(desired, live)
    differences, findings = without_protected(differences_of(desired, entities, live), live)
    if allowed.targets:
        whole = Planning(live, replace(desired.state, entities=entities))
        differences = _targeted(differences, allowed, whole, desired.declarations)
    return assembled(desired, entities, live, differences, allowed, findings)


def assembled(
    desired: Desired,
    entities: Mapping[Address, Entity],
    live: State,
    differences: Sequence[Difference],
    allowed: Allowed,
    findings: Sequence[Problem] = (),
) -> Plan:
    """The plan that makes exactly these differences; `entities` is what the file asks for, effective."""
    draft = _drafted(desired, entities, live, differences, allowed)
    made = [step for item in draft.differences for step in _steps(item, draft.planning)]
    found = lockouts(draft, made)
    locks_out = any(one.address == caller_address(live) for one in found)
    steps = ordered(made, rights_of_caller(live), locks_out=locks_out)
    refusals = [problem for guard in GUARDS for problem in guard(draft)] + list(lockout(draft, found))
    notes = [finding for look in NOTES for finding in look(draft)] + list(notes_of(steps))
    return Plan(
        account=live.account,
        partition=live.partition,
        owner=desired.owner,
        settings=desired.settings,
        changes=tuple(_changes(draft.differences, steps)),
        steps=steps,
        access=access_delta(live, planned_state(live, differences), differences),
        targets=tuple(sorted(allowed.targets)),
        findings=tuple(dict.fromkeys([*refusals, *findings, *desired.problems, *live.facts.notes, *notes])),
    )


def _drafted(
    desired: Desired,
    entities: Mapping[Address, Entity],
    live: State,
    differences: Sequence[Difference],
    allowed: Allowed,
) -> Draft:
    created = {item.address for item in differences if item.action is Action.CREATE}
    planning = Planning(
        live=live,
        desired=replace(desired.state, entities=entities),
        doomed=frozenset(item.address for item in differences if item.action is Action.DELETE),
        circular=circular_roles(entities, created, live.account),
    )
    return Draft(desired, entities, live, differences, planning, allowed)


def _targeted(
    differences: Sequence[Difference],
    allowed: Allowed,
    planning: Planning,
    declarations: Mapping[Address, Declaration],
) -> list[Difference]:
    """The differences of the targets and of what they need, directly or not.

    A creation needs what it names; a deletion needs that its holders let it go.
    """
    doomed = {item.address for item in differences if item.action is Action.DELETE}
    derived = [a for a, item in declarations.items() if item.derived_from in allowed.targets]
    wanted, queue = {*allowed.targets, *derived}, [*allowed.targets, *derived]
    while queue:
        address = queue.pop()
        entity = planning.desired.entities.get(address)
        needed: Iterable[Address] = BY_NAME[address.kind].refers(entity, planning) if entity else ()
        if address in doomed:
            needed = planning.users_of(address)
        queue += [named for named in needed if named not in wanted]
        wanted |= set(needed)
    return [item for item in differences if item.address in wanted]


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
