"""What ends by itself, as a plan reports it: ahead of time, while only an apply can end it, and once it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from reconciler.model.address import Address
from reconciler.model.problem import Level, Problem
from reconciler.model.state import Expiry
from reconciler.plan.guards.draft import Draft
from reconciler.policy.moments import shown

AHEAD = timedelta(days=14)


def expiries(draft: Draft) -> Iterator[Problem]:
    """A finding for each `expires` that is over or near, and for each attachment, whose end needs an apply."""
    now = draft.desired.now
    if now is None:
        return
    for address in draft.entities:
        for expiry in draft.desired.declarations[address].expiries:
            finding = _finding(address, expiry, now)
            if finding is not None:
                yield finding


def _finding(address: Address, expiry: Expiry, now: datetime) -> Problem | None:
    end = shown(expiry.at)
    said = f"The attachment of {expiry.policy} to {address}" if expiry.policy else f"A trust rule of {address}"
    if expiry.at <= now:
        hint = "Take it out of the file."
        return Problem(Level.WARNING, "expired", f"{said} ended at {end}.", "", hint, expiry.place, address)
    detail = "AWS has no end for attachments: the first apply from then on detaches it." if expiry.policy else ""
    if expiry.at <= now + AHEAD:
        hint = "Move the date if it must last longer."
        return Problem(Level.WARNING, "expires-soon", f"{said} ends at {end}.", detail, hint, expiry.place, address)
    if expiry.policy:
        return Problem(Level.INFO, "expires", f"{said} ends at {end}.", detail, "", expiry.place, address)
    return None


def valid_until(draft: Draft) -> datetime | None:
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
