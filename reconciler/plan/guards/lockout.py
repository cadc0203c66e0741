"""The lockout guard: whoever runs a plan, and whom `break_glass` names, must be able to undo it afterwards.

Three questions for each of them, judged on the account as the plan leaves it: does it keep the rights to undo the plan
(`undo_rights.py`), does a way into it work that worked before (`ways_in.py`, `sign_in.py`), and does it keep the mark
by which the account remembers it (`plan/compare/break_glass.py`)? A session counts as its role or user; root is never
locked out; "only with MFA" counts as able if the principal has a device.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.kinds.facets.tags import BREAK_GLASS
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import Step
from reconciler.model.problem import Level, Problem
from reconciler.plan.compare.break_glass import is_marked
from reconciler.plan.compare.comparison import Comparison
from reconciler.plan.compare.ownership import find_caller
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.role_chains import ClosedChain, RoleChains
from reconciler.plan.guards.undo_rights import LostAccess, find_lost_rights, find_undo_calls

FLAG = "--allow-lockout"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Lockout:
    """A principal that could not undo the plan after it; `label` as the person knows it."""

    address: Address
    label: str
    losses: tuple[LostAccess, ...]


def find_lockouts(draft: Draft, steps: Iterable[Step]) -> list[Lockout]:
    """Return each principal that would be locked out, allowed or not: the caller, and those of break_glass."""
    listed = list(steps)
    if not listed:
        return []
    undoing = find_undo_calls(listed, draft)
    ways = compare_role_chains(draft)
    found = []
    for address, named in sorted(find_guarded_principals(draft).items()):
        losses = (
            *find_lost_rights(address, undoing, draft, draft.after, ways.sign_in),
            *_find_closed_chains(address, draft, ways),
            *_find_lost_sign_in(address, draft, ways),
            *_find_lost_mark(address, draft),
        )
        if losses:
            found.append(Lockout(address, named, losses))
    return found


def find_guarded_principals(comparison: Comparison) -> dict[Address, str]:
    """Return whom the guard speaks of, each with its name for people: the caller, and who counts as break_glass."""
    baseline, named = comparison.baseline, comparison.desired.settings.break_glass
    marked = [item.address for item in comparison.differences if is_marked(item.before)]
    found = {address: f"{address} (settings.break_glass)" for address in (*named, *marked)}
    caller = find_caller(baseline)
    if caller is not None and caller in baseline.entities:
        found[caller] = f"the caller ({baseline.details.caller})"
    return found


def compare_role_chains(comparison: Comparison) -> RoleChains:
    """Return the ways into the guarded roles, before the plan and after it."""
    roles = [address for address in find_guarded_principals(comparison) if address.kind == "role"]
    return RoleChains(
        roles=tuple(sorted(roles)),
        live=comparison.live,
        baseline=comparison.baseline,
        planned=comparison.after,
        differences=comparison.differences,
        predecessors=comparison.predecessors,
        now=comparison.desired.now,
    )


def check_lockout(draft: Draft, lockouts: Iterable[Lockout]) -> Iterator[Problem]:
    """Yield a refusal for each lockout that is not allowed, and a warning if the caller is not known."""
    caller = find_caller(draft.baseline)
    told = draft.baseline.details.caller
    if draft.differences and told and not told.endswith(":root") and caller not in draft.baseline.entities:
        yield Problem(
            Level.WARNING,
            "caller-unknown",
            f"The caller {told} is not in live IAM: whether it locks itself out is not checked.",
        )
    if not draft.options.allow_lockout:
        for one in lockouts:
            yield _refuse_lockout(draft, one)


def _refuse_lockout(draft: Draft, found: Lockout) -> Problem:
    told = "; ".join(f"{loss.what} ({loss.reason})" for loss in found.losses[:_SHOWN])
    more = f"; and {len(found.losses) - _SHOWN} more" if len(found.losses) > _SHOWN else ""
    hint = f"Leave {found.address} the rights to undo this and a way in, or pass {FLAG}."
    summary = f"This plan locks out {found.label}. It takes away {told}{more}."
    return draft.build_refusal("lockout", found.address, summary, hint, FLAG)


def _find_closed_chains(address: Address, draft: Draft, ways: RoleChains) -> Iterator[LostAccess]:
    """Yield the ways into a role that the plan closes, if none is left that surely works."""
    if address.kind != "role" or address not in ways.planned.entities:
        return
    closed = ways.find_closed_chains(address)
    if address == find_caller(draft.baseline):
        closed = _filter_session_chains(closed, address, draft.baseline, ways)
    elif closed and ways.is_surely_open(address):
        closed = []
    for way in closed:
        over = f" by way of {', '.join(map(str, way.via_roles))}" if way.via_roles else ""
        yield LostAccess(f"{way.entry_point.label} assuming {address}{over}", way.reason)


def _filter_session_chains(
    closed: list[ClosedChain], address: Address, baseline: State, ways: RoleChains
) -> list[ClosedChain]:
    """Return those ways of a role by which the caller's session may have come, if all such ways close.

    A session that is named like a user who has a way came by that one. Any other one came through a provider or another
    account, if there is a way through one.
    """
    session = Address("user", baseline.details.caller.rpartition("/")[2])
    worked = {way.entry_point for way in ways.find_chains_before(address)}
    own = {start for start in worked if start.user == session}
    outside = {start for start in worked if start.user is None}
    gone = [way for way in closed if way.entry_point in (own or outside or worked)]
    all_gone = {way.entry_point for way in gone} == (own or outside or worked)
    return gone if all_gone or not (own or outside or ways.is_surely_open(address)) else []


def _find_lost_sign_in(address: Address, draft: Draft, ways: RoleChains) -> Iterator[LostAccess]:
    """Yield the only way in of a user. The caller is in; only if it has no key is that known to be by its password."""
    sign_in = ways.sign_in
    why = sign_in.explain_password_loss(address) if address.kind == "user" else ""
    key = sign_in.has_key(address) if why else None
    if why and key is not True and (key is False or address != find_caller(draft.baseline)):
        yield LostAccess(f"signing in as {address}", f"{why}, and it {sign_in.describe_missing_key(address)}")


def _find_lost_mark(address: Address, draft: Draft) -> Iterator[LostAccess]:
    """Yield the tag by which the account remembers a break_glass entity, if the plan takes it off."""
    for item in draft.differences:
        if item.address == address and is_marked(item.before) and item.after is not None and not is_marked(item.after):
            yield LostAccess(f"the mark {BREAK_GLASS} of {address}", "the plan takes it off")
