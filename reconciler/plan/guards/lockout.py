"""Refuse plans that lock out the caller or a principal of `break_glass`: each must be able to undo the plan.

The guard checks three points on the account after the plan. The principal keeps the rights to undo the plan
(`undo_rights.py`). People can still sign in as it, or assume it, in a way that worked before (`role_chains.py`,
`sign_in.py`). It keeps the tag of break_glass (`plan/compare/break_glass.py`). A session counts as its role or user.
Root is never locked out. A right "only with MFA" counts if the principal has a device.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.kinds.facets.tags import BREAK_GLASS
from reconciler.model.address import Address
from reconciler.model.live import State
from reconciler.model.plan import Step
from reconciler.model.problem import Level, Problem
from reconciler.plan.compare.break_glass import is_marked
from reconciler.plan.compare.comparison import Comparison
from reconciler.plan.compare.ownership import find_caller
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.role_chains import ClosedChain, GuardedChains
from reconciler.plan.guards.undo_rights import LostAccess, find_lost_rights, find_undo_calls

FLAG = "--allow-lockout"
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Lockout:
    """A principal that could not undo the plan. label: the name to show. losses: the access that it loses."""

    address: Address
    label: str
    losses: tuple[LostAccess, ...]


def find_lockouts(draft: Draft, steps: Iterable[Step]) -> list[Lockout]:
    """Return each guarded principal that the plan locks out, even if --allow-lockout allows it.

    With guardrails the question is put twice: one that denies must not hide what the plan takes, and one may stop the
    way that would be left.
    """
    listed = list(steps)
    if not listed:
        return []
    lockouts = _find_lockouts(draft, listed)
    guardrails = draft.desired.state.guardrails
    if guardrails is None:
        return lockouts
    live, baseline = (replace(state, guardrails=guardrails) for state in (draft.live, draft.baseline))
    return _merge_lockouts([*lockouts, *_find_lockouts(replace(draft, live=live, baseline=baseline), listed)])


def _merge_lockouts(lockouts: Iterable[Lockout]) -> list[Lockout]:
    by_address: dict[Address, Lockout] = {}
    for one in lockouts:
        known = by_address.setdefault(one.address, one)
        by_address[one.address] = replace(one, losses=tuple(dict.fromkeys((*known.losses, *one.losses))))
    return list(by_address.values())


def _find_lockouts(draft: Draft, steps: list[Step]) -> list[Lockout]:
    undoing = find_undo_calls(steps, draft)
    ways = compare_role_chains(draft)
    lockouts = []
    for address, label in sorted(find_guarded_principals(draft).items()):
        losses = (
            *find_lost_rights(address, undoing, draft, draft.after, ways.sign_in),
            *_find_closed_chains(address, draft, ways),
            *_find_lost_sign_in(address, draft, ways),
            *_find_lost_mark(address, draft),
        )
        if losses:
            lockouts.append(Lockout(address, label, losses))
    return lockouts


def find_guarded_principals(comparison: Comparison) -> dict[Address, str]:
    """Return the guarded principals, each with the name to show: the caller, and the principals of break_glass."""
    baseline, break_glass = comparison.baseline, comparison.desired.settings.break_glass
    marked = [item.address for item in comparison.differences if is_marked(item.before)]
    labels = {address: f"{address} (settings.break_glass)" for address in (*break_glass, *marked)}
    caller = find_caller(baseline)
    if caller is not None and caller in baseline.entities:
        labels[caller] = f"the caller ({baseline.details.caller})"
    return labels


def compare_role_chains(comparison: Comparison) -> GuardedChains:
    """Return the ways into the guarded roles, before the plan and after it."""
    roles = [address for address in find_guarded_principals(comparison) if address.kind == "role"]
    return GuardedChains(
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
    caller_arn = draft.baseline.details.caller
    if draft.differences and caller_arn and not caller_arn.endswith(":root") and caller not in draft.baseline.entities:
        yield Problem(
            Level.WARNING,
            "caller-unknown",
            f"The caller {caller_arn} is not a user or role of the account: reconcile cannot check whether "
            "the plan locks it out.",
        )
    if not draft.options.allow_lockout:
        for one in lockouts:
            yield _refuse_lockout(draft, one)


def _refuse_lockout(draft: Draft, lockout: Lockout) -> Problem:
    losses = "; ".join(f"{loss.access} ({loss.reason})" for loss in lockout.losses[:_MAX_NAMED])
    more = f"; and {len(lockout.losses) - _MAX_NAMED} more" if len(lockout.losses) > _MAX_NAMED else ""
    hint = f"Keep the rights of {lockout.address} to undo this plan and a way to sign in or assume it, or pass {FLAG}."
    summary = f"This plan locks out {lockout.label}. It takes away {losses}{more}."
    return draft.build_refusal("lockout", lockout.address, summary, hint, FLAG)


def _find_closed_chains(address: Address, draft: Draft, ways: GuardedChains) -> Iterator[LostAccess]:
    """Yield the chains into a role that the plan closes, if no other chain surely works."""
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
    closed: list[ClosedChain], address: Address, baseline: State, ways: GuardedChains
) -> list[ClosedChain]:
    """Return the closed chains by which the caller's session may have come, if all such chains close.

    A session named like a user with a chain came by that chain. Any other session came through a provider or another
    account, if there is such a chain.
    """
    session = Address("user", baseline.details.caller.rpartition("/")[2])
    worked = {way.entry_point for way in ways.find_chains_before(address)}
    own = {start for start in worked if start.user == session}
    outside = {start for start in worked if start.user is None}
    closing = [way for way in closed if way.entry_point in (own or outside or worked)]
    all_gone = {way.entry_point for way in closing} == (own or outside or worked)
    return closing if all_gone or not (own or outside or ways.is_surely_open(address)) else []


def _find_lost_sign_in(address: Address, draft: Draft, ways: GuardedChains) -> Iterator[LostAccess]:
    """Yield the sign-in of a user who loses the password and has no key.

    The caller counts only if it surely has no key, because it may have signed in with one.
    """
    sign_in = ways.sign_in
    reason = sign_in.explain_password_loss(address) if address.kind == "user" else ""
    key = sign_in.has_key(address) if reason else None
    if reason and key is not True and (key is False or address != find_caller(draft.baseline)):
        yield LostAccess(f"signing in as {address}", f"{reason}, and it {sign_in.describe_missing_key(address)}")


def _find_lost_mark(address: Address, draft: Draft) -> Iterator[LostAccess]:
    """Yield the tag of a break_glass principal if the plan removes it."""
    for item in draft.differences:
        if item.address == address and is_marked(item.before) and item.after is not None and not is_marked(item.after):
            yield LostAccess(f"the tag {BREAK_GLASS} of {address}", "the plan removes it")
