"""Report the parts of a file that expire: those that have ended, that end soon, and that need an apply to end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from reconciler.model.address import Address
from reconciler.model.desired import Expiry, ExpiryKind
from reconciler.model.problem import Level, Problem
from reconciler.plan.guards.draft import Draft
from reconciler.policy.timestamps import format_timestamp

WARN_AHEAD = timedelta(days=14)


def report_expiries(draft: Draft) -> Iterator[Problem]:
    """Yield a finding for each `expires` that is over or near, and for each whose end needs an apply.

    An end that `ignore_changes` takes away has only the warning of the file, `expires-ignored`.
    """
    now = draft.desired.now
    if now is None:
        return
    for address in draft.entities:
        for expiry in draft.desired.declarations[address].expiries:
            finding = None if expiry.ignored else _build_finding(address, expiry, now)
            if finding is not None:
                yield finding


def _build_finding(address: Address, expiry: Expiry, now: datetime) -> Problem | None:
    end, subject, detail = format_timestamp(expiry.at), _describe_expiry(address, expiry), _DETAILS.get(expiry.kind, "")
    if expiry.at <= now:
        hint, detail = "Remove it from the file.", ""
        if expiry.kind is ExpiryKind.ENTITY:
            detail = "AWS denies the user everything. Its keys, password and devices still exist."
            hint = f"To delete {address}, remove it from the file. To keep it, set `expires` to a later date."
        return Problem(Level.WARNING, "expired", f"{subject} ended at {end}.", detail, hint, expiry.place, address)
    if expiry.at <= now + WARN_AHEAD:
        hint = "If it must last longer, set `expires` to a later date."
        return Problem(Level.WARNING, "expires-soon", f"{subject} ends at {end}.", detail, hint, expiry.place, address)
    if expiry.kind.needs_apply:
        return Problem(Level.INFO, "expires", f"{subject} ends at {end}.", detail, "", expiry.place, address)
    return None


_DETAILS = {
    ExpiryKind.ATTACHMENT: "AWS cannot end an attachment by itself: the first apply after that time detaches it.",
    ExpiryKind.MEMBERSHIP: (
        "AWS cannot end a membership by itself: the first apply after that time removes the user from the group."
    ),
    ExpiryKind.ENTITY: "AWS denies the user everything from then on. The user is not deleted.",
}


def _describe_expiry(address: Address, expiry: Expiry) -> str:
    match expiry.kind:
        case ExpiryKind.TRUST:
            return f"A trust rule of {address}"
        case ExpiryKind.MEMBERSHIP:
            return f"The membership of {address} in {expiry.name}"
        case ExpiryKind.INLINE:
            return f"The inline policy {expiry.name} of {address}"
        case ExpiryKind.ENTITY:
            return f"The access of {address}"
    return f"The attachment of {expiry.name} to {address}"


def find_next_expiry(draft: Draft) -> datetime | None:
    """Return the next time at which the file asks for something else for an entity of this plan; None if none."""
    now = draft.desired.now
    changed = {item.address for item in draft.differences}
    ends = (
        expiry.at
        for address, declaration in draft.desired.declarations.items()
        if address in changed
        for expiry in declaration.expiries
    )
    return min((end for end in ends if now is not None and end > now), default=None)
