"""The plan that goes back to what a journal recorded: every entity that a run touched becomes what it was. Pure.

It is a plan like any other, with the same guards. What it cannot bring back it says: secrets, and unique ids.
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
from reconciler.model.plan import Action, Plan
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.sentence import format_list
from reconciler.plan.build import assemble_plan
from reconciler.plan.compare.diff import Difference
from reconciler.plan.compare.ownership import owner_of
from reconciler.plan.compare.renames import apply_renames
from reconciler.plan.guards.protection import drop_protected_deletions
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.fingerprint import fingerprint_of
from reconciler.plan.saved.journal import ApplyRun
from reconciler.plan.saved.saved_plan import SavedPlan, compare_with_live
from reconciler.policy.trust import remove_principals, unique_ids_of

_MAX_NAMED = 10
"""How many entities the sentence of one finding names; `addresses` has them all."""


def merge_runs(runs: Sequence[ApplyRun]) -> ApplyRun | None:
    """Several runs of one journal as one: what was before the first, what is after the last.

    None where they cannot be told as one: another account, or a rename in one of them.
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
        saved = replace(run.saved, before=before, after=after)
        first = ApplyRun(saved, first.time, first.touched | run.touched, first.unlinked | run.unlinked)
    return first


def _touched_entities_of(run: ApplyRun, side: Mapping[Address, Entity | None]) -> dict[Address, Entity | None]:
    return {address: side[address] for address in run.touched}


def reverse_run(run: ApplyRun, live: State) -> SavedPlan:
    """What a run touched, as something to reach: what it was. What it renamed gets its old name again.

    What holds something that comes back, and was not touched itself, is to be as it is, and to hold it.
    """
    saved = run.saved
    new_names = {old: new for new, old in saved.renames.items() if new in run.touched}
    old_names = {new: old for old, new in new_names.items()}
    was = {address: entity for address in run.touched if (entity := saved.before[address]) is not None}
    entities = apply_renames(State(saved.account, saved.partition, was), new_names).entities
    wanted = {name: entities.get(name) for name in (old_names.get(address, address) for address in run.touched)}
    left = {address: saved.after[address] for address in run.touched}
    for holder, held in sorted(run.unlinked, key=str):
        if holder not in run.touched and (entity := live.entities.get(holder)):
            left.setdefault(holder, entity)
            wanted[holder] = add_link(wanted.get(holder) or entity, held)
    return replace(
        saved,
        owner=None,
        before=left,
        after=wanted,
        reasons=dict.fromkeys(wanted, f"undoes the apply of {run.time[:19].replace('T', ' ')} UTC"),
        refusals=frozenset(),
        moves=tuple(Move(new, old, Place("", 0, 0)) for old, new in new_names.items()),
        renames=new_names,
        valid_until=None,
    )


def build_undo_plan(target: SavedPlan, live: State, options: PlanOptions) -> Plan:
    """The plan from live IAM to what was; `target` is what `reverse_run` gave."""
    target, left_out = _drop_unrestorable(target)
    comparison = compare_with_live(target, live)
    found, kept = drop_protected_deletions(comparison.differences, live)
    plan = assemble_plan(comparison.select(found), options, kept)
    findings = [
        *_find_taken_over(target, live, options),
        *plan.findings,
        *left_out,
        *_find_later_changes(target, live),
        *_warn_of_recreation(found),
    ]
    return replace(plan, findings=tuple(findings), goal="what was before the apply")


def _drop_unrestorable(target: SavedPlan) -> tuple[SavedPlan, list[Problem]]:
    """Without what no file can ask for: a password, a trust in the unique id of a principal that is gone."""
    after, findings = dict(target.after), []
    without_password = []
    for address, entity in target.after.items():
        left = target.before.get(address)
        if isinstance(entity, User):
            after[address] = replace(entity, console=None)
            if entity.console and isinstance(left, User) and left.console is False:
                without_password.append(address)
        ids = unique_ids_of(entity.trust_policy) if isinstance(entity, Role) else frozenset()
        if ids and isinstance(entity, Role):
            trust = remove_principals(entity.trust_policy, ids, target.partition)
            after[address] = replace(entity, trust_policy=trust)
            summary = f"{address} trusted {', '.join(sorted(ids))}, which is gone: that does not come back."
            findings.append(Problem(Level.WARNING, "not-the-same", summary, address=address))
    if without_password:
        findings.insert(0, _build_finding(sorted(without_password), "had a password: it does not come back."))
    return replace(target, after=after), findings


def _find_taken_over(target: SavedPlan, live: State, options: PlanOptions) -> Iterator[Problem]:
    """What carries another owner's tag by now is that owner's."""
    for address, left in target.before.items():
        now = live.entities.get(address)
        owner = owner_of(now) if now else None
        was = target.desired_entities.get(address)
        ours = {owner_of(entity) for entity in (left, was) if entity}
        if owner and owner not in ours and not options.take_over:
            summary = f"{address} belongs to owner {owner!r} now (tag reconcile:owner)."
            hint = "Pass --take-over if it is to become what it was all the same."
            yield Problem(Level.ERROR, "other-owner", summary, "", hint, None, address, "--take-over")


def _find_later_changes(target: SavedPlan, live: State) -> Iterator[Problem]:
    """What is no longer as the run left it: to go back takes the later change back, too."""
    for address, left in target.before.items():
        now, was = live.entities.get(address), target.desired_entities.get(address)
        if fingerprint_of(now) in (fingerprint_of(left), fingerprint_of(was)):
            continue
        paths = ", ".join(field.path for field in diff_entities(left, now)) if left and now else ""
        said = f": {paths}" if paths else (": it is gone" if left else ": it is there")
        summary = f"{address} is not as the apply left it{said}."
        hint = "Going back undoes that, too."
        yield Problem(Level.WARNING, "changed-since", summary, "", hint, None, address)


def _warn_of_recreation(found: Sequence[Difference]) -> Iterator[Problem]:
    """One finding for all users, and one for all roles: what it means is the same for each."""
    created = [one.address for one in found if one.action is Action.CREATE]
    for kind in KINDS:
        again = sorted(address for address in created if address.kind == kind.name)
        if again and kind.lost_by_recreation:
            verb = "is" if len(again) == 1 else "are"
            yield _build_finding(again, f"{verb} created again.", kind.lost_by_recreation)


def _build_finding(found: Sequence[Address], said: str, why: str = "") -> Problem:
    """One finding about one or several entities."""
    summary = f"{format_list(map(str, found), _MAX_NAMED)} {said}"
    several = len(found) > 1
    one, all_of_them = (None, tuple(found)) if several else (found[0], ())
    return Problem(Level.WARNING, "not-the-same", summary, why, address=one, addresses=all_of_them)
