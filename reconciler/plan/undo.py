"""The plan that goes back to what a journal recorded: every entity that a run touched becomes what it was. Pure.

It is a plan like any other, with the same guards. What it cannot bring back it says: secrets, and unique ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.kinds.view import differences
from reconciler.model.address import Address
from reconciler.model.desired import Move
from reconciler.model.entity import Entity, Group, InstanceProfile, Role, User
from reconciler.model.live import State
from reconciler.model.plan import Action, Plan
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.sentence import listed
from reconciler.plan.build import assembled
from reconciler.plan.diff import Difference
from reconciler.plan.fingerprint import fingerprint
from reconciler.plan.guards.protect import without_protected
from reconciler.plan.journal import Run
from reconciler.plan.options import Allowed
from reconciler.plan.ownership import owner_of
from reconciler.plan.renames import renamed
from reconciler.plan.saved import Saved, desired_of, differences_to
from reconciler.policy.trust import unread_ids, without_principals

_NOT_BACK = {
    "user": "A user that is created again has no password, access key or MFA device, and another unique id: "
    "trust policies that named the old one do not know it until they are written again.",
    "role": "A role that is created again has another unique id: its sessions end, and trust policies that "
    "named the old one do not know it until they are written again.",
    "saml-provider": "A SAML provider that is created again has no private key to decrypt assertions with, and does "
    "not ask for encryption: set both again if it had them.",
}
_NAMED = 10
"""How many entities the sentence of one finding names; `addresses` has them all."""


def joined(runs: Sequence[Run]) -> Run | None:
    """Several runs of one journal as one: what was before the first, what is after the last.

    None where they cannot be told as one: another account, or a rename in one of them.
    """
    first, *others = runs
    for run in others:
        if run.saved.account != first.saved.account or run.saved.renamed or first.saved.renamed:
            return None
        before = {**{address: run.saved.before[address] for address in run.touched}, **_of(first, first.saved.before)}
        after = {**_of(first, first.saved.after), **{address: run.saved.after[address] for address in run.touched}}
        saved = replace(run.saved, before=before, after=after)
        first = Run(saved, first.time, first.touched | run.touched, first.unlinked | run.unlinked)
    return first


def _of(run: Run, side: Mapping[Address, Entity | None]) -> dict[Address, Entity | None]:
    return {address: side[address] for address in run.touched}


def backwards(run: Run, live: State) -> Saved:
    """What a run touched, as something to reach: what it was. What it renamed gets its old name again.

    What holds something that comes back, and was not touched itself, is to be as it is, and to hold it.
    """
    saved = run.saved
    new_names = {old: new for new, old in saved.renamed.items() if new in run.touched}
    old_names = {new: old for old, new in new_names.items()}
    was = {address: entity for address in run.touched if (entity := saved.before[address]) is not None}
    entities = renamed(State(saved.account, saved.partition, was), new_names).entities
    wanted = {name: entities.get(name) for name in (old_names.get(address, address) for address in run.touched)}
    left = {address: saved.after[address] for address in run.touched}
    for holder, held in sorted(run.unlinked, key=str):
        if holder not in run.touched and (entity := live.entities.get(holder)):
            left.setdefault(holder, entity)
            wanted[holder] = _holding(wanted.get(holder) or entity, held)
    return replace(
        saved,
        owner=None,
        before=left,
        after=wanted,
        reasons=dict.fromkeys(wanted, f"undoes the apply of {run.time[:19].replace('T', ' ')} UTC"),
        refusals=frozenset(),
        moves=tuple(Move(new, old, Place("", 0, 0)) for old, new in new_names.items()),
        renamed=new_names,
        valid_until=None,
    )


def _holding(entity: Entity, held: Address | str) -> Entity:
    match entity, held:
        case User(), Address():
            return replace(entity, groups=entity.groups | {held})
        case InstanceProfile(), Address():
            return replace(entity, role=held)
        case ((User() | Group() | Role()), str()):
            return replace(entity, policies=entity.policies | {held})
    return entity


def undo(back: Saved, live: State, allowed: Allowed) -> Plan:
    """The plan from live IAM to what was; `back` is what `backwards` gave."""
    back, left_out = _writable(back)
    found, kept = without_protected(differences_to(back, live), live)
    plan = assembled(desired_of(back), back.wanted, live, found, allowed, kept)
    findings = [*_taken(back, live, allowed), *plan.findings, *left_out, *_since(back, live), *_not_back(found)]
    return replace(plan, findings=tuple(findings), goal="what was before the apply")


def _writable(back: Saved) -> tuple[Saved, list[Problem]]:
    """Without what no file can ask for: a password, a trust in the unique id of a principal that is gone."""
    after, findings = dict(back.after), []
    without_password = []
    for address, entity in back.after.items():
        left = back.before.get(address)
        if isinstance(entity, User):
            after[address] = replace(entity, console=None)
            if entity.console and isinstance(left, User) and left.console is False:
                without_password.append(address)
        ids = unread_ids(entity.trust_policy) if isinstance(entity, Role) else frozenset()
        if ids and isinstance(entity, Role):
            trust = without_principals(entity.trust_policy, ids, back.partition)
            after[address] = replace(entity, trust_policy=trust)
            summary = f"{address} trusted {', '.join(sorted(ids))}, which is gone: that does not come back."
            findings.append(Problem(Level.WARNING, "not-the-same", summary, address=address))
    if without_password:
        findings.insert(0, _about(sorted(without_password), "had a password: it does not come back."))
    return replace(back, after=after), findings


def _taken(back: Saved, live: State, allowed: Allowed) -> Iterator[Problem]:
    """What carries another owner's tag by now is that owner's."""
    for address, left in back.before.items():
        now = live.entities.get(address)
        owner = owner_of(now) if now else None
        was = back.wanted.get(address)
        ours = {owner_of(entity) for entity in (left, was) if entity}
        if owner and owner not in ours and not allowed.take_over:
            summary = f"{address} belongs to owner {owner!r} now (tag reconcile:owner)."
            hint = "Pass --take-over if it is to become what it was all the same."
            yield Problem(Level.ERROR, "other-owner", summary, "", hint, None, address, "--take-over")


def _since(back: Saved, live: State) -> Iterator[Problem]:
    """What is no longer as the run left it: to go back takes the later change back, too."""
    for address, left in back.before.items():
        now, was = live.entities.get(address), back.wanted.get(address)
        if fingerprint(now) in (fingerprint(left), fingerprint(was)):
            continue
        paths = ", ".join(field.path for field in differences(left, now)) if left and now else ""
        said = f": {paths}" if paths else (": it is gone" if left else ": it is there")
        summary = f"{address} is not as the apply left it{said}."
        hint = "Going back undoes that, too."
        yield Problem(Level.WARNING, "changed-since", summary, "", hint, None, address)


def _not_back(found: Sequence[Difference]) -> Iterator[Problem]:
    """One finding for all users, and one for all roles: what it means is the same for each."""
    for kind, why in _NOT_BACK.items():
        again = sorted(one.address for one in found if one.action is Action.CREATE and one.address.kind == kind)
        if again:
            verb = "is" if len(again) == 1 else "are"
            yield _about(again, f"{verb} created again.", why)


def _about(found: Sequence[Address], said: str, why: str = "") -> Problem:
    """One finding about one or several entities."""
    summary = f"{listed(map(str, found), _NAMED)} {said}"
    several = len(found) > 1
    one, all_of_them = (None, tuple(found)) if several else (found[0], ())
    return Problem(Level.WARNING, "not-the-same", summary, why, address=one, addresses=all_of_them)
