"""Refuse a plan that widens anybody's access, if the caller asked for that (--refuse-widening)."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.problem import Level, Problem
from reconciler.model.risk import Risk


def check_widening(risk: Risk) -> Iterator[Problem]:
    """Yield one refusal with the gravest reason, if the plan has any risk."""
    if not risk.widens:
        return
    first, *others = risk.reasons
    more = f" ({len(others)} more {'reason' if len(others) == 1 else 'reasons'} below `Risk`)" if others else ""
    yield Problem(
        Level.ERROR,
        "widens-access",
        f"The plan widens access: {first.message}{more}.",
        detail="It was made with --refuse-widening, which allows only plans that give nobody new access.",
        hint="Have a person review the plan, and apply it without --refuse-widening. For a folder of plans, plan again "
        "without it first.",
        place=first.place,
        address=first.address,
    )
