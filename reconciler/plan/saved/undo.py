"""Make the plan that undoes an apply: every entity that the run touched becomes what it was before. Pure.

It is a plan like any other, with the same guards. Findings name the things that no undo restores: secrets and unique
ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.kinds.comparison import diff_entities
from reconciler.kinds.registry import KINDS
from reconciler.model.address import Address
from reconciler.model.desired import Move
from reconciler.model.effects import add_link
from reconciler.model.entity import Entity, Role, User
from reconciler.model.live import State
from reconciler.model.permissions import ActionCatalogue
from reconciler.model.plan import Action, Plan
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.sentence import format_list
from reconciler.plan.build import assemble_plan
from reconciler.plan.compare.diff import Difference
from reconciler.plan.compare.renames import apply_renames
from reconciler.plan.guards.protection import drop_protected_deletions
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.fingerprint import fingerprint_of
from reconciler.plan.saved.journal import ApplyRun
from reconciler.plan.saved.saved_plan import SavedPlan, compare_with_live, desired_of
from reconciler.policy.trust import remove_principals, unique_ids_of

_MAX_NAMED = 10
"""The most entities that the sentence of one finding names; `addresses` has them all."""


def merge_runs(runs: Sequence[ApplyRun]) -> ApplyRun | None:
    """Merge the runs of one journal into one: the state before the first run, and the state after the last.

    None if they cannot be merged: they are of several accounts, or one of them renamed an entity.
    """
    first, *others = runs
    for run in others:
        if run.saved.account != first.saved.account or run.saved.renames or first.saved.renames:
            return None
        before = {
            **{address: run.saved.before[address] for address in run.touched},
            **_touched_entities_of(first, first.saved.before),
        }
        after = {
            **_touched_entities_of(first, first.saved.after),
            **{address: run.saved.after[address] for address in run.touched},
        }
        owners = desired_of(first.saved).owners | run.saved.undone_owners
        saved = replace(run.saved, before=before, after=after, undone_owners=owners)
        touched, unlinked = first.touched | run.touched, first.unlinked | run.unlinked
        first = ApplyRun(saved, first.time, touched, first.has_end and run.has_end, unlinked)
    return first


def _touched_entities_of(run: ApplyRun, side: Mapping[Address, Entity | None]) -> dict[Address, Entity | None]:
    return {address: side[address] for address in run.touched}


def reverse_run(run: ApplyRun, live: State) -> SavedPlan:
    """Return a run in reverse: the entities that it touched become what they were, with their old names.

    An untouched entity that lost a link to a deleted one stays as it is live, and gets the link again.
    """
    saved = run.saved
    new_names = {old: new for new, old in saved.renames.items() if new in run.touched}
    old_names = {new: old for old, new in new_names.items()}
    entities_before = {address: entity for address in run.touched if (entity := saved.before[address]) is not None}
    entities = apply_renames(State(saved.account, saved.partition, entities_before), new_names).entities
    restored = {name: entities.get(name) for name in (old_names.get(address, address) for address in run.touched)}
    entities_after = {address: saved.after[address] for address in run.touched}
    for holder, link in sorted(run.unlinked, key=str):
        if holder not in run.touched and (entity := live.entities.get(holder)):
            entities_after.setdefault(holder, entity)
            restored[holder] = add_link(restored.get(holder) or entity, link)
    return replace(
        saved,
        owner=None,
        undone_owners=desired_of(saved).owners,
        before=entities_after,
        after=restored,
        reasons=dict.fromkeys(restored, f"undoes the apply of {run.time[:19].replace('T', ' ')} UTC"),
        refusals=frozenset(),
        moves=tuple(Move(new, old, Place("", 0, 0)) for old, new in new_names.items()),
        renames=new_names,
        valid_until=None,
        saved_places={},
    )


def build_undo_plan(
    target: SavedPlan, live: State, options: PlanOptions, catalogue: ActionCatalogue | None = None
) -> Plan:
    """Return the plan that undoes a run. target: the result of `reverse_run`. catalogue: see `build_plan`."""
    target, left_out = _drop_unrestorable(target)
    comparison = compare_with_live(target, live)
    differences, protections = drop_protected_deletions(comparison.differences, live)
    plan = assemble_plan(comparison.select(differences), options, protections, catalogue)
    findings = [*plan.findings, *left_out, *_find_later_changes(target, live), *_warn_of_recreation(differences)]
    return replace(plan, findings=tuple(findings), goal="what was before the apply")


def _drop_unrestorable(target: SavedPlan) -> tuple[SavedPlan, list[Problem]]:
    """Drop parts that cannot be restored: passwords, and trusts in the unique id of a deleted principal."""
    after, findings = dict(target.after), []
    without_password = []
    for address, entity in target.after.items():
        after_run = target.before.get(address)
        if isinstance(entity, User):
            after[address] = replace(entity, console=None)
            if entity.console and isinstance(after_run, User) and after_run.console is False:
                without_password.append(address)
        ids = unique_ids_of(entity.trust_policy) if isinstance(entity, Role) else frozenset()
        if ids and isinstance(entity, Role):
            trust = remove_principals(entity.trust_policy, ids, target.partition)
            after[address] = replace(entity, trust_policy=trust)
            summary = f"{address} trusted {', '.join(sorted(ids))}, a deleted principal: this trust is not restored."
            findings.append(Problem(Level.WARNING, "not-the-same", summary, address=address))
    if without_password:
        findings.insert(0, _build_finding(sorted(without_password), "had a password, which is not restored."))
    return replace(target, after=after), findings


def _find_later_changes(target: SavedPlan, live: State) -> Iterator[Problem]:
    """Yield a warning for each entity that changed after the run, because the undo takes that change back too."""
    for address, after_run in target.before.items():
        now, was = live.entities.get(address), target.desired_entities.get(address)
        if fingerprint_of(now) in (fingerprint_of(after_run), fingerprint_of(was)):
            continue
        paths = ", ".join(field.path for field in diff_entities(after_run, now)) if after_run and now else ""
        text = f": {paths}" if paths else (": somebody deleted it" if after_run else ": somebody created it")
        summary = f"{address} has changed since the apply{text}."
        hint = "This plan undoes that change too."
        yield Problem(Level.WARNING, "changed-since", summary, "", hint, None, address)


def _warn_of_recreation(differences: Sequence[Difference]) -> Iterator[Problem]:
    """Yield one finding for each kind with entities that are created again."""
    created = [one.address for one in differences if one.action is Action.CREATE]
    for kind in KINDS:
        again = sorted(address for address in created if address.kind == kind.name)
        if again and kind.lost_by_recreation:
            verb = "is" if len(again) == 1 else "are"
            yield _build_finding(again, f"{verb} created again.", kind.lost_by_recreation)


def _build_finding(addresses: Sequence[Address], ending: str, why: str = "") -> Problem:
    """Return one finding about one or several entities. ending: the end of the summary. why: the detail."""
    summary = f"{format_list(map(str, addresses), _MAX_NAMED)} {ending}"
    several = len(addresses) > 1
    one, all_of_them = (None, tuple(addresses)) if several else (addresses[0], ())
    return Problem(Level.WARNING, "not-the-same", summary, why, address=one, addresses=all_of_them)
