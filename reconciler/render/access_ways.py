"""Render ways to administrator power, as text or JSON. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reconciler.model.access_answers import AccessSource, DecidingStatement
from reconciler.model.admin_ways import AdminWay, AdminWays, PrincipalWays, UnreadPower, WayHop
from reconciler.model.escape import escape_line
from reconciler.model.role_access import AccessTerms
from reconciler.model.sentence import format_list
from reconciler.model.wrap import wrap_line
from reconciler.plan.access.assume_words import describe_dependency, describe_terms
from reconciler.render.access_answer import describe_line, statement_to_dict
from reconciler.render.access_parts import format_names, render_sides, render_sides_json
from reconciler.render.paint import BOLD, RED, YELLOW, paint_line

_Answers = Iterable[AdminWays | None]
_Lines = Iterator[tuple[str, str]]
"""Lines of text, each with its colour; "" for none."""

_MAX_GROUPS = 30
_MAX_WAYS = 6
"""The number of ways that the text shows of each principal among others; of one that was asked for, 50."""
_MAX_OWN_WAYS = 50
_MAX_PLACES = 3
_MAX_UNREAD = 10


def render_ways_text(source: AccessSource, answers: _Answers, *, color: bool = False, width: int | None = None) -> str:
    """Return the administrators, then everybody with a way to their power, then those of whom it is not known."""

    def render_answer(answer: AdminWays | None) -> Iterator[str]:
        for text, paint in _list_lines(answer):
            indent = " " * (len(text) - len(text.lstrip()) + 4)
            for line in wrap_line(escape_line(text), width, indent):
                yield paint_line(line, paint, color) if paint else line

    return render_sides(source, answers, render_answer, color)


def render_ways_json(source: AccessSource, answers: _Answers) -> str:
    """Return the same as JSON, with every name; null for a side that lacks the principal."""
    return render_sides_json(source, answers, ways_to_dict)


def _list_lines(answer: AdminWays | None) -> _Lines:
    if answer is None:
        yield "The principal does not exist.", ""
    elif answer.principal:
        yield from _list_own_lines(answer)
    else:
        yield from _list_all_lines(answer)


def _list_own_lines(answer: AdminWays) -> _Lines:
    """Yield the ways of one principal, with every step and statement."""
    for group in answer.administrators:
        yield f"{answer.principal} is an administrator", RED
        yield from _list_ways(group.ways)
    for group in answer.ways:
        yield f"{answer.principal} has ways to administrator power", YELLOW
        yield from _list_ways(group.ways)
    for one in answer.unread:
        text = f"It is not known if {answer.principal} has a way to administrator power."
        yield f"{text} That depends on {_name_policies(one)}.", ""
    if not (answer.administrators or answer.ways or answer.unread):
        yield f"{answer.principal} has no known way to administrator power.", ""


def _list_ways(ways: Sequence[AdminWay]) -> _Lines:
    for way in ways[:_MAX_OWN_WAYS]:
        yield f"  {_describe_way(way)}", ""
        for hop in way.hops:
            if len(way.hops) > 1:
                yield f"    {_describe_hop(hop)}", ""
            yield from ((f"      {describe_line(statement)}", "") for statement in hop.statements)
    if len(ways) > _MAX_OWN_WAYS:
        yield f"  and {len(ways) - _MAX_OWN_WAYS} more; --format json lists all", ""


def _list_all_lines(answer: AdminWays) -> _Lines:
    """Yield a line for each way, with the places of the statements that allow it."""
    if answer.administrators:
        yield "Administrators:", BOLD
        yield from _list_groups(answer.administrators)
    else:
        yield "No administrators.", BOLD
    if answer.ways:
        yield "Ways to administrator power:", BOLD
        yield from _list_groups(answer.ways)
    else:
        yield "Nobody else has a known way to administrator power.", BOLD
    if answer.unread:
        yield "Not known, because it depends on more:", BOLD
        yield from (
            (f"  {format_names(one.principals)}: {_name_policies(one)}", "") for one in answer.unread[:_MAX_UNREAD]
        )
        left = answer.unread[_MAX_UNREAD:]
        if left:
            yield f"  and {sum(len(one.principals) for one in left)} more; --format json lists all", ""


def _list_groups(groups: Sequence[PrincipalWays]) -> _Lines:
    for group in groups[:_MAX_GROUPS]:
        yield f"  {format_names(group.principals)}", ""
        for way in group.ways[:_MAX_WAYS]:
            places = ", ".join(_list_places(way))
            yield f"    {_describe_way(way)}{f'  {places}' if places else ''}", ""
        if len(group.ways) > _MAX_WAYS:
            more = len(group.ways) - _MAX_WAYS
            yield f"    and {more} more; `reconcile access paths {group.principals[0]}` lists them", ""
    left = groups[_MAX_GROUPS:]
    if left:
        yield f"  and {sum(len(group.principals) for group in left)} more; --format json lists all", ""


def _describe_way(way: AdminWay) -> str:
    limits = f", limited by {format_list(way.limited_by, _MAX_PLACES)}" if way.limited_by else ""
    return f"{way.reason}{_describe_terms(way.terms)}{limits} ({way.path})"


def _describe_terms(terms: AccessTerms) -> str:
    return describe_terms(terms.mfa, map(describe_dependency, terms.conditions), terms.terms)


def _describe_hop(hop: WayHop) -> str:
    return f"{hop.principal} {hop.reason}{_describe_terms(hop.terms)} ({hop.path})"


def _list_places(way: AdminWay) -> list[str]:
    """Return the places of the statements of a way, in their order; the policy of one that has no place."""
    statements = (statement for hop in way.hops for statement in hop.statements)
    places = list(dict.fromkeys(map(_name_place, statements)))
    more = len(places) - _MAX_PLACES
    return places if more <= 0 else [*places[:_MAX_PLACES], f"and {more} more"]


def _name_place(statement: DecidingStatement) -> str:
    return str(statement.place) if statement.place else statement.policy


def _name_policies(one: UnreadPower) -> str:
    return format_names([describe_dependency(f"policy:{label}") for label in one.policies])


def ways_to_dict(answer: AdminWays) -> dict[str, Any]:
    """Return the ways of one side for JSON."""
    return {
        "principal": answer.principal or None,
        "administrators": [_group_to_dict(group) for group in answer.administrators],
        "ways": [_group_to_dict(group) for group in answer.ways],
        "unread": [{"principals": list(one.principals), "policies": list(one.policies)} for one in answer.unread],
    }


def _group_to_dict(group: PrincipalWays) -> dict[str, Any]:
    return {"principals": list(group.principals), "ways": [_way_to_dict(way) for way in group.ways]}


def _way_to_dict(way: AdminWay) -> dict[str, Any]:
    return {
        "path": way.path,
        "power": way.power,
        "actions": list(way.actions),
        "targets": list(way.targets),
        "count": way.count,
        "reason": way.reason,
        "limited_by": list(way.limited_by),
        **terms_to_dict(way.terms),
        "steps": [_hop_to_dict(hop) for hop in way.hops],
    }


def _hop_to_dict(hop: WayHop) -> dict[str, Any]:
    return {
        "principal": hop.principal,
        "target": hop.target or None,
        "path": hop.path,
        "reason": hop.reason,
        **terms_to_dict(hop.terms),
        "statements": [statement_to_dict(one) for one in hop.statements],
    }


def terms_to_dict(terms: AccessTerms) -> dict[str, Any]:
    """Return terms for JSON."""
    return {"mfa": terms.mfa, "conditions": list(terms.conditions), "terms": sorted(terms.terms)}
