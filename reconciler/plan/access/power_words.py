"""Say in lines of text who gains and who loses administrator power, or a way to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.model.plan import PrincipalPower
from reconciler.model.sentence import format_list

_MAX_WAYS = 10
_MAX_SINGLE = 3
"""More principals than this with the same ways share one line."""


def describe_powers(powers: tuple[PrincipalPower, ...], verb: str) -> Iterator[tuple[PrincipalPower, str]]:
    """Yield the first row and one sentence for each principal and grade; many principals with the same ways share one.

    Ways over somebody who exists come first.

    verb: gain or lose.
    """
    by_ways: dict[tuple[str, tuple[str, ...]], list[list[PrincipalPower]]] = {}
    for (_, grade), group in groupby(powers, key=lambda one: (one.principal, one.grade)):
        rows = sorted(group, key=lambda row: not row.targets)
        by_ways.setdefault((grade, tuple(_describe_way(row, "") for row in rows)), []).append(rows)
    for (grade, ways), members in by_ways.items():
        noun = "administrator power" if grade == "administrator" else "ways to administrator power"
        if len(members) > _MAX_SINGLE:
            shown = ", ".join(rows[0].principal for rows in members[:_MAX_SINGLE])
            yield members[0][0], f"{len(members)} principals ({shown} …) {verb} {noun}: {_join_ways(grade, ways)}"
            continue
        for rows in members:
            own = [_describe_way(row, f"{row.principal} ") for row in rows]
            yield rows[0], f"{rows[0].principal} {verb}s {noun}: {_join_ways(grade, own)}"


def _describe_way(power: PrincipalPower, subject: str) -> str:
    """Return the way in words, with the guardrails that stop it.

    subject: what a chain begins with, the principal or nothing.
    """
    stopped = f" (stopped by {format_list(power.stopped_by, _MAX_SINGLE)})" if power.stopped_by else ""
    return f"{_name_way(power, subject)}{stopped}"


def _name_way(power: PrincipalPower, subject: str) -> str:
    if power.grade == "administrator" or not power.path:
        return power.power
    if not power.targets:
        return f"{power.power} ({power.path})"
    words = power.reason.removeprefix(f"{power.principal} ")
    return f"{subject if words.startswith('→') else ''}{words} ({power.path})"


def _join_ways(grade: str, ways: Sequence[str]) -> str:
    """Return the ways as one text; of too many, the first ones and a count."""
    if grade == "administrator":
        return ", ".join(ways)
    shown = "; ".join(ways[:_MAX_WAYS])
    return f"{shown}; and {len(ways) - _MAX_WAYS} more" if len(ways) > _MAX_WAYS else shown
