"""What ends by itself, as a plan reports it: ahead of time, while only an apply can end it, and once it is over."""

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
    """A finding for each `expires` that is over or near, and for each whose end needs an apply."""
    now = draft.desired.now
    if now is None:
        return
    for address in draft.entities:
        for expiry in draft.desired.declarations[address].expiries:
            finding = _build_finding(address, expiry, now)
            if finding is not None:
                yield finding


def _build_finding(address: Address, expiry: Expiry, now: datetime) -> Problem | None:
    end, said, detail = format_timestamp(expiry.at), _describe_expiry(address, expiry), _DETAILS.get(expiry.kind, "")
    if expiry.at <= now:
        hint, detail = "Take it out of the file.", ""
        if expiry.kind is ExpiryKind.ENTITY:
            detail = "AWS denies it everything. Its keys, password and devices are still there."
            hint = f"To delete {address}, take it out of the file. To let it go on, move the date."
        return Problem(Level.WARNING, "expired", f"{said} ended at {end}.", detail, hint, expiry.place, address)
    if expiry.at <= now + WARN_AHEAD:
        hint = "Move the date if it must last longer."
        return Problem(Level.WARNING, "expires-soon", f"{said} ends at {end}.", detail, hint, expiry.place, address)
    if expiry.kind.needs_apply:
        return Problem(Level.INFO, "expires", f"{said} ends at {end}.", detail, "", expiry.place, address)
    return None


_DETAILS = {
    ExpiryKind.ATTACHMENT: "AWS has no end for attachments: the first apply from then on detaches it.",
    ExpiryKind.MEMBERSHIP: (
        "AWS has no end for memberships: the first apply from then on takes the user out of the group."
    ),
    ExpiryKind.ENTITY: "AWS denies it everything from then on. Nothing of it is deleted.",
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
            return str(address)
    return f"The attachment of {expiry.name} to {address}"


def find_next_expiry(draft: Draft) -> datetime | None:
    """When the file will ask for something else of what this plan changes."""
    now = draft.desired.now
    changed = {item.address for item in draft.differences}
    ends = (
        expiry.at
        for address, declaration in draft.desired.declarations.items()
        if address in changed
        for expiry in declaration.expiries
    )
    return min((end for end in ends if now is not None and end > now), default=None)
