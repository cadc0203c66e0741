"""The lockout guard: whoever runs a plan, and whom `break_glass` names, must be able to undo it afterwards.

Three questions for each of them, judged on the account as the plan leaves it: does it keep the rights to undo the plan
(`undo_rights.py`), does a way into it work that worked before (`ways_in.py`, `sign_in.py`), and does it keep the mark
by which the account remembers it (`plan/break_glass.py`)? A session counts as its role or user; root is never locked
out; "only with MFA" counts as able if the principal has a device.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.kinds.facets.tags import BREAK_GLASS
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.live import State
from reconciler.model.plan import Step
from reconciler.model.problem import Level, Problem
from reconciler.plan.access import planned_state
from reconciler.plan.break_glass import is_marked
from reconciler.plan.diff import Difference
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.undo_rights import Loss, lost_rights, undo_of
from reconciler.plan.guards.ways_in import ClosedWay, WaysIn
from reconciler.plan.ownership import caller_address
from reconciler.plan.renames import Names

FLAG = "--allow-lockout"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Lockout:
    """A principal that could not undo the plan after it; `named` as the person knows it."""

    address: Address
    named: str
    losses: tuple[Loss, ...]


def lockouts(draft: Draft, steps: Iterable[Step]) -> list[Lockout]:
    """Return each principal that would be locked out, allowed or not: the caller, and those of break_glass."""
    listed = list(steps)
    if not listed:
        return []
    undoing = undo_of(listed, draft)
    planned = planned_state(draft.live, draft.differences)
    ways = ways_in(draft.desired, draft.live, draft.actual, draft.differences, draft.predecessors)
    found = []
    for address, named in sorted(guarded_by(draft.desired, draft.live, draft.differences).items()):
        losses = (
            *lost_rights(address, undoing, draft, planned, ways.sign_in),
            *_closed_entries(address, draft, ways),
            *_lost_sign_in(address, draft, ways),
            *_lost_mark(address, draft),
        )
        if losses:
            found.append(Lockout(address, named, losses))
    return found


def guarded_by(desired: Desired, live: State, differences: Iterable[Difference]) -> dict[Address, str]:
    """Return whom the guard speaks of, each with its name for people: the caller, and who counts as break_glass."""
    marked = [item.address for item in differences if is_marked(item.before)]
    found = {address: f"{address} (settings.break_glass)" for address in (*desired.settings.break_glass, *marked)}
    caller = caller_address(live)
    if caller is not None and caller in live.entities:
        found[caller] = f"the caller ({live.facts.caller})"
    return found


def ways_in(
    desired: Desired, live: State, actual: State, differences: Iterable[Difference], predecessors: Names
) -> WaysIn:
    """Return the ways into the guarded roles. `live`: the account once the renames are made; `actual`: as it is.

    predecessors: new → old of what the plan renames or replaces.
    """
    listed = tuple(differences)
    roles = [address for address in guarded_by(desired, live, listed) if address.kind == "role"]
    return WaysIn(
        roles=tuple(sorted(roles)),
        actual=actual,
        live=live,
        planned=planned_state(live, listed),
        differences=listed,
        renamed=predecessors,
        now=desired.now,
    )


def lockout(draft: Draft, found: Iterable[Lockout]) -> Iterator[Problem]:
    """Yield a refusal for each lockout that is not allowed, and a warning if the caller is not known."""
    caller = caller_address(draft.live)
    told = draft.live.facts.caller
    if draft.differences and told and not told.endswith(":root") and caller not in draft.live.entities:
        yield Problem(
            Level.WARNING,
            "caller-unknown",
            f"The caller {told} is not in live IAM: whether it locks itself out is not checked.",
        )
    if not draft.allowed.lockout:
        for one in found:
            yield _refusal(draft, one)


def _refusal(draft: Draft, found: Lockout) -> Problem:
    told = "; ".join(f"{loss.what} ({loss.why})" for loss in found.losses[:_SHOWN])
    more = f"; and {len(found.losses) - _SHOWN} more" if len(found.losses) > _SHOWN else ""
    hint = f"Leave {found.address} the rights to undo this and a way in, or pass {FLAG}."
    summary = f"This plan locks out {found.named}. It takes away {told}{more}."
    return draft.refusal("lockout", found.address, summary, hint, FLAG)


def _closed_entries(address: Address, draft: Draft, ways: WaysIn) -> Iterator[Loss]:
    """Yield the ways into a role that the plan closes, if none is left that surely works."""
    if address.kind != "role" or address not in ways.planned.entities:
        return
    closed = ways.closed_ways(address)
    if address == caller_address(draft.live):
        closed = _of_this_session(closed, address, draft.live, ways)
    elif closed and ways.is_surely_open(address):
        closed = []
    for way in closed:
        over = f" by way of {', '.join(map(str, way.over))}" if way.over else ""
        yield Loss(f"{way.start.label} assuming {address}{over}", way.why)


def _of_this_session(closed: list[ClosedWay], address: Address, live: State, ways: WaysIn) -> list[ClosedWay]:
    """Return those ways of a role by which the caller's session may have come, if all such ways close.

    A session that is named like a user who has a way came by that one. Any other one came through a provider or another
    account, if there is a way through one.
    """
    session = Address("user", live.facts.caller.rpartition("/")[2])
    worked = {way.start for way in ways.ways_before(address)}
    own = {start for start in worked if start.user == session}
    outside = {start for start in worked if start.user is None}
    gone = [way for way in closed if way.start in (own or outside or worked)]
    all_gone = {way.start for way in gone} == (own or outside or worked)
    return gone if all_gone or not (own or outside or ways.is_surely_open(address)) else []


def _lost_sign_in(address: Address, draft: Draft, ways: WaysIn) -> Iterator[Loss]:
    """Yield the only way in of a user. The caller is in; only if it has no key is that known to be by its password."""
    sign_in = ways.sign_in
    why = sign_in.loses_password(address) if address.kind == "user" else ""
    key = sign_in.has_key(address) if why else None
    if why and key is not True and (key is False or address != caller_address(draft.live)):
        yield Loss(f"signing in as {address}", f"{why}, and it {sign_in.lacks_key(address)}")


def _lost_mark(address: Address, draft: Draft) -> Iterator[Loss]:
    """Yield the tag by which the account remembers a break_glass entity, if the plan takes it off."""
    for item in draft.differences:
        if item.address == address and is_marked(item.before) and item.after is not None and not is_marked(item.after):
            yield Loss(f"the mark {BREAK_GLASS} of {address}", "the plan takes it off")
