"""(Desired, live) → Plan: diff → protection → steps of each kind → order → guards. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, Action, Change, Plan, Step
from reconciler.model.problem import Problem
from reconciler.plan.access.delta import build_planned_state, compare_access
from reconciler.plan.compare.break_glass import add_marked_principals
from reconciler.plan.compare.diff import Difference, find_differences, resolve_entities
from reconciler.plan.compare.ownership import find_caller, find_spared_entities, rights_of_caller
from reconciler.plan.compare.renames import apply_renames, find_renames, find_replacements, wait_for_renames
from reconciler.plan.expiry import find_next_expiry, report_expiries
from reconciler.plan.findings import (
    check_access_keys,
    report_dangling_principals,
    report_expiring_passwords,
    report_ignored_declarations,
    report_kept_caller,
    report_missing_mfa_devices,
    report_missing_passwords,
    report_unowned_groups,
    report_unread_credentials,
)
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.foreign_use import check_foreign_use
from reconciler.plan.guards.immutable_fields import check_immutable_fields, check_name_case
from reconciler.plan.guards.lockout import check_lockout, find_lockouts
from reconciler.plan.guards.moved import check_moves, report_finished_moves
from reconciler.plan.guards.owner import check_owner
from reconciler.plan.guards.protection import drop_protected_deletions
from reconciler.plan.guards.quota_limits import check_account_quotas, check_inline_size, check_quotas
from reconciler.plan.guards.references import (
    check_break_glass,
    check_deleted_principals,
    check_policies,
    check_principal_paths,
    check_providers,
    check_references,
    check_unread_kinds,
)
from reconciler.plan.guards.thresholds import check_thresholds, report_raised_thresholds
from reconciler.plan.options import PlanOptions
from reconciler.plan.order.constraints import Deferral, add_constraints, drop_avoided_exposure
from reconciler.plan.order.cycles import find_circular_roles
from reconciler.plan.order.effects import PlanEffects
from reconciler.plan.order.report import report_exposure
from reconciler.plan.order.sort import build_deferral, sort_steps
from reconciler.plan.read_cost import count_page_calls
from reconciler.plan.unmanaged import find_unmanaged

GUARDS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    check_name_case,
    check_moves,
    check_immutable_fields,
    check_owner,
    check_unread_kinds,
    check_references,
    check_break_glass,
    check_principal_paths,
    check_deleted_principals,
    check_policies,
    check_inline_size,
    check_quotas,
    check_foreign_use,
    check_thresholds,
)

NOTES: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    report_kept_caller,
    report_unowned_groups,
    report_unread_credentials,
    report_dangling_principals,
    check_providers,
    report_missing_mfa_devices,
    report_missing_passwords,
    check_access_keys,
    report_expiring_passwords,
    report_ignored_declarations,
    report_expiries,
    report_finished_moves,
    report_raised_thresholds,
    check_account_quotas,
)

_KIND_ORDER = {kind.name: index for index, kind in enumerate(KINDS)}


def build_plan(desired: Desired, live: State, options: PlanOptions) -> Plan:
    """The plan that turns live into what is desired; unsafe where a guard refuses."""
    renames = find_renames(desired, live)
    before = apply_renames(live, renames)
    if not options.allow_lockout:
        desired = add_marked_principals(desired, before, find_replacements(desired, live))
    entities = resolve_entities(desired, before)
    differences, findings = drop_protected_deletions(find_differences(desired, entities, before, renames), before)
    if options.targets:
        whole = PlanContext(before, replace(desired.state, entities=entities))
        differences = _select_targeted(
            differences, _expand_targets(options, desired), whole, find_replacements(desired, live)
        )
    plan = assemble_plan(desired, entities, live, differences, options, findings)
    return plan if options.targets else replace(plan, left_alone=find_spared_entities(desired, before))


def assemble_plan(
    desired: Desired,
    entities: Mapping[Address, Entity],
    live: State,
    differences: Sequence[Difference],
    options: PlanOptions,
    findings: Sequence[Problem] = (),
) -> Plan:
    """The plan that makes exactly these differences; `entities` is what the file asks for, effective.

    The differences are those from `live` as it is once the renames are made.
    """
    draft = _build_draft(desired, entities, live, differences, options)
    made = _make_steps(draft.differences, draft.planning)
    found = find_lockouts(draft, made)
    locks_out = any(one.address == find_caller(draft.baseline) for one in found)
    late = build_deferral(rights_of_caller(draft.baseline), locks_out=locks_out)
    after = build_planned_state(draft.baseline, differences)
    steps = drop_avoided_exposure(sort_steps(_arrange_steps(draft, made, after, late), late))
    refusals = [problem for guard in GUARDS for problem in guard(draft)] + list(check_lockout(draft, found))
    notes = [finding for look in NOTES for finding in look(draft)] + list(
        report_exposure(steps, draft.planning.baseline, after)
    )
    return Plan(
        account=live.account,
        partition=live.partition,
        owner=desired.owner,
        settings=desired.settings,
        changes=tuple(_build_changes(draft.differences, steps)),
        steps=steps,
        access=_build_access_delta(draft, after),
        targets=tuple(sorted(options.targets)),
        moves=desired.moves,
        valid_until=find_next_expiry(draft),
        unmanaged=tuple(find_unmanaged(draft)) if options.report_unmanaged else None,
        reads=count_page_calls(live) if live.known_addresses is None else 0,
        after=after,
        findings=tuple(dict.fromkeys([*refusals, *findings, *desired.problems, *live.details.notes, *notes])),
    )


def _build_access_delta(draft: Draft, after: State) -> AccessDelta:
    """Empty where only a part of the account is known: who else gains or loses could not be told."""
    if draft.baseline.known_addresses is not None:
        return AccessDelta()
    return compare_access(draft.live, after, draft.differences, draft.planning.renames)


def _build_draft(
    desired: Desired,
    entities: Mapping[Address, Entity],
    live: State,
    differences: Sequence[Difference],
    options: PlanOptions,
) -> Draft:
    created = {item.address for item in differences if item.action is Action.CREATE}
    changed = {item.address for item in differences}
    renames = {new: old for new, old in find_renames(desired, live).items() if new in changed}
    before = apply_renames(live, renames)
    planning = PlanContext(
        baseline=before,
        desired=replace(desired.state, entities=entities),
        deletions=frozenset(item.address for item in differences if item.action is Action.DELETE),
        cyclic_roles=find_circular_roles(entities, created, live.account),
        renames=renames,
    )
    replaced = find_replacements(desired, live)
    return Draft(desired, entities, before, differences, planning, options, live, replaced)


def _expand_targets(options: PlanOptions, desired: Desired) -> set[Address]:
    """What --target names, what is derived from it, and what an old name among it becomes."""
    derived = {a for a, item in desired.declarations.items() if item.derived_from in options.targets}
    moved = {move.new for move in desired.moves if move.old in options.targets}
    return {*options.targets, *derived, *moved}


def _select_targeted(
    differences: Sequence[Difference],
    targets: set[Address],
    context: PlanContext,
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
        entity = context.desired.entities.get(address)
        needed: Iterable[Address] = KINDS_BY_NAME[address.kind].references(entity, context) if entity else ()
        if address in doomed:
            needed = context.dependents_of(address)
        if address in replaced:
            needed = {*needed, replaced[address], *_find_references_to(address, context)}
        queue += [named for named in needed if named not in wanted]
        wanted |= set(needed)
    return [item for item in differences if item.address in wanted]


def _find_references_to(address: Address, context: PlanContext) -> Iterator[Address]:
    for other, entity in context.desired.entities.items():
        if address in KINDS_BY_NAME[other.kind].references(entity, context):
            yield other


def _arrange_steps(draft: Draft, made: Sequence[Step], after: State, is_deferred: Deferral) -> Sequence[Step]:
    """The steps with all that they wait for; documents are written in stages only where the order asks for it."""
    planning = draft.planning
    while True:
        made = wait_for_renames(made, planning.renames)
        effects = PlanEffects(made, planning.baseline.entities, after.entities, planning)
        steps, apart = add_constraints(made, effects, planning.staged_documents, is_deferred)
        if not apart:
            return steps
        planning = replace(planning, staged_documents=planning.staged_documents | apart)
        made = _make_steps(draft.differences, planning)


def _make_steps(differences: Sequence[Difference], context: PlanContext) -> list[Step]:
    return [step for item in differences for step in _steps_of_difference(item, context)]


def _steps_of_difference(item: Difference, context: PlanContext) -> list[Step]:
    kind = KINDS_BY_NAME[item.address.kind]
    if item.after is None:
        return kind.delete(item.before, context)
    if item.before is None:
        return kind.create(item.after, context)
    return kind.update(item.before, item.after, context)


def _build_changes(differences: Sequence[Difference], steps: tuple[Step, ...]) -> Iterator[Change]:
    by_address: dict[Address, list[Step]] = {}
    for step in steps:
        by_address.setdefault(step.address, []).append(step)
    for item in sorted(differences, key=lambda item: (_KIND_ORDER[item.address.kind], item.address)):
        own = tuple(by_address.get(item.address, ()))
        yield Change(item.address, item.action, item.fields, own, item.reason, item.before, item.after)
