"""Build the plan from the desired to the live state: compare, protect, make steps, order them, run guards. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.live import State
from reconciler.model.permissions import ActionCatalogue
from reconciler.model.plan import AccessDelta, Action, Change, Plan, Step
from reconciler.model.problem import Level, Problem
from reconciler.model.risk import Risk
from reconciler.plan.access.delta import compare_access
from reconciler.plan.access.risk import RiskJudge
from reconciler.plan.assertions.check import check_plan
from reconciler.plan.compare.comparison import Comparison, compare
from reconciler.plan.compare.diff import Difference
from reconciler.plan.compare.ownership import find_caller, find_spared_entities, rights_of_caller
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
from reconciler.plan.guards.kind_rules import check_changes, check_live_entities
from reconciler.plan.guards.lockout import Lockout, check_lockout, find_lockouts
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
from reconciler.plan.guards.widening import check_widening
from reconciler.plan.options import PlanOptions
from reconciler.plan.order.arrange import arrange_steps
from reconciler.plan.order.cycles import find_circular_roles
from reconciler.plan.order.made_steps import MadeSteps
from reconciler.plan.order.report import report_exposures
from reconciler.plan.order.sort import Deferral, build_deferral
from reconciler.plan.read_cost import count_page_calls
from reconciler.plan.unmanaged import find_unmanaged

GUARDS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    check_name_case,
    check_moves,
    check_immutable_fields,
    check_changes,
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
    check_live_entities,
    report_ignored_declarations,
    report_expiries,
    report_finished_moves,
    report_raised_thresholds,
    check_account_quotas,
)

_KIND_ORDER = {kind.name: index for index, kind in enumerate(KINDS)}


def build_plan(desired: Desired, live: State, options: PlanOptions, catalogue: ActionCatalogue | None = None) -> Plan:
    """Return the plan that brings the live account to the desired state. It is unsafe if a guard refuses it.

    catalogue: AWS's list of actions, to name those that somebody gains or loses; None: policies' patterns are shown.
    """
    return plan_comparison(compare(desired, live, allow_lockout=options.allow_lockout), options, catalogue)


def plan_comparison(comparison: Comparison, options: PlanOptions, catalogue: ActionCatalogue | None = None) -> Plan:
    """Return the plan of a whole file, or of the targets that the options name."""
    differences, findings = drop_protected_deletions(comparison.differences, comparison.baseline)
    if options.targets:
        differences = _select_targeted(differences, comparison, options)
    plan = assemble_plan(comparison.select(differences), options, findings, catalogue)
    if options.targets:
        return plan
    return replace(plan, left_alone=find_spared_entities(comparison.desired, comparison.baseline))


def assemble_plan(
    comparison: Comparison,
    options: PlanOptions,
    findings: Sequence[Problem] = (),
    catalogue: ActionCatalogue | None = None,
) -> Plan:
    """Return the plan that makes exactly the differences of a comparison. findings: earlier ones to report with it."""
    draft = _build_draft(comparison, options)
    made = MadeSteps.make(draft.differences, draft.planning)
    lockouts = find_lockouts(draft, made.list_all())
    arrangement = arrange_steps(made, draft.after, _choose_deferral(draft, lockouts))
    refusals = [problem for guard in GUARDS for problem in guard(draft)] + list(check_lockout(draft, lockouts))
    asserted = check_plan(draft, catalogue)
    refusals += [problem for problem in asserted if problem.level is Level.ERROR]
    notes = [finding for report in NOTES for finding in report(draft)]
    notes += [problem for problem in asserted if problem.level is not Level.ERROR]
    notes += report_exposures(arrangement.steps, arrangement.exposures, draft.live.account)
    access = _build_access_delta(draft, catalogue)
    risk = _assess_risk(draft, access, notes)
    if options.refuse_widening:
        refusals += check_widening(risk)
    return Plan(
        account=draft.live.account,
        partition=draft.live.partition,
        account_alias=draft.live.details.account_alias,
        owner=draft.desired.owner,
        settings=draft.desired.settings,
        changes=tuple(_build_changes(draft.differences, arrangement.steps)),
        steps=arrangement.steps,
        access=access,
        risk=risk,
        is_reversible=all(step.effect.inverse() for step in arrangement.steps),
        targets=tuple(sorted(options.targets)),
        moves=draft.desired.moves,
        undone_owners=draft.desired.undone_owners,
        places=draft.desired.places,
        assertions=draft.desired.assertions,
        valid_until=find_next_expiry(draft),
        unmanaged=tuple(find_unmanaged(draft)) if options.report_unmanaged else None,
        reads=count_page_calls(draft.live) if draft.live.known_addresses is None else 0,
        exposures=arrangement.exposures,
        caller=str(find_caller(draft.baseline) or draft.baseline.details.caller),
        after=replace(draft.after, guardrails=draft.desired.state.guardrails),
        guardrails=draft.desired.state.guardrails,
        user_count=_count_users(draft),
        findings=tuple(
            dict.fromkeys([*refusals, *findings, *draft.desired.problems, *draft.live.details.notes, *notes])
        ),
    )


def _count_users(draft: Draft) -> int | None:
    if draft.baseline.known_addresses is not None:
        return None
    return sum(address.kind == "user" for address in draft.after.entities)


def _choose_deferral(draft: Draft, lockouts: Sequence[Lockout]) -> Deferral:
    """Return a function that tells which steps are kept for the end: those that may reduce the caller's own rights."""
    locks_out = any(one.address == find_caller(draft.baseline) for one in lockouts)
    return build_deferral(rights_of_caller(draft.baseline), locks_out=locks_out)


def _build_access_delta(draft: Draft, catalogue: ActionCatalogue | None) -> AccessDelta:
    """Return who gains and loses access; nobody if only a part of the account is known, since others may, too."""
    if draft.baseline.known_addresses is not None:
        return AccessDelta()
    guardrails = draft.desired.state.guardrails
    return compare_access(draft.live, draft.after, draft.differences, draft.renames, catalogue, guardrails)


def _assess_risk(draft: Draft, access: AccessDelta, findings: Iterable[Problem]) -> Risk:
    """Return the risk of a plan. A part of the account does not show who gains access, but what comes off."""
    places = draft.desired.places
    return RiskJudge(draft.baseline, draft.after, draft.differences, access, places, findings).assess()


def _build_draft(comparison: Comparison, options: PlanOptions) -> Draft:
    created = {item.address for item in comparison.differences_of(Action.CREATE)}
    planning = PlanContext(
        baseline=comparison.baseline,
        desired=replace(comparison.desired.state, entities=comparison.entities),
        deletions=frozenset(item.address for item in comparison.differences_of(Action.DELETE)),
        cyclic_roles=find_circular_roles(comparison.entities, created, comparison.live.account),
        renames=comparison.renames,
    )
    return Draft.of(comparison, planning, options)


def _expand_targets(options: PlanOptions, desired: Desired) -> set[Address]:
    """Return the targets, the entities that are derived from them, and the new addresses of renamed targets."""
    derived = {a for a, item in desired.declarations.items() if item.derived_from in options.targets}
    new_addresses = {move.new for move in desired.moves if move.old in options.targets}
    return {*options.targets, *derived, *new_addresses}


def _select_targeted(
    differences: Sequence[Difference], comparison: Comparison, options: PlanOptions
) -> list[Difference]:
    """Return the differences of the targets and of the entities that they need, directly or not.

    A creation needs the entities that it names. A deletion needs its holders, which must drop their links to it. A
    replacement needs both, and every entity that names the new one, because it must stop naming the old one.
    """
    context = PlanContext(comparison.baseline, replace(comparison.desired.state, entities=comparison.entities))
    replaced = comparison.replaced
    deleted = {item.address for item in differences if item.action is Action.DELETE}
    selected = _expand_targets(options, comparison.desired)
    queue = list(selected)
    while queue:
        address = queue.pop()
        entity = context.desired.entities.get(address)
        needed: Iterable[Address] = KINDS_BY_NAME[address.kind].references(entity, context) if entity else ()
        if address in deleted:
            needed = KINDS_BY_NAME[address.kind].dependents_of(address, context)
        if address in replaced:
            needed = {*needed, replaced[address], *_find_references_to(address, context)}
        queue += [needed_address for needed_address in needed if needed_address not in selected]
        selected |= set(needed)
    return [item for item in differences if item.address in selected]


def _find_references_to(address: Address, context: PlanContext) -> Iterator[Address]:
    for other, entity in context.desired.entities.items():
        if address in KINDS_BY_NAME[other.kind].references(entity, context):
            yield other


def _build_changes(differences: Sequence[Difference], steps: tuple[Step, ...]) -> Iterator[Change]:
    by_address: dict[Address, list[Step]] = {}
    for step in steps:
        by_address.setdefault(step.address, []).append(step)
    for item in sorted(differences, key=lambda item: (_KIND_ORDER[item.address.kind], item.address)):
        own = tuple(by_address.get(item.address, ()))
        yield Change(item.address, item.action, item.fields, own, item.reason, item.before, item.after)
