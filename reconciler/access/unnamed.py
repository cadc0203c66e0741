"""Names that no policy can have meant, and what of a sort of thing the Denies of a principal leave.

A right over a sort of thing counts if its Allow covers a thing that nobody named. The names for that are made of one
character that is drawn anew in each process, so that no statement can speak of them but by a wildcard or by leaving
something out: neither an Allow nor a Deny can be written to meet or to miss them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from reconciler.access.compiled import CompiledStatement
from reconciler.access.context import Context
from reconciler.access.identity import allowance, evaluate
from reconciler.access.principal import Principal
from reconciler.access.templates import MANY, ONE
from reconciler.access.values import Decision, Verdict, conjunction

_MARK = chr(0xF0000 + secrets.randbelow(0xFFF0))
_NAME = _MARK * (70 + secrets.randbelow(300))
"""Longer than names are, as one with a path may be; shorter ones are tried where a pattern counts characters."""

ANY_ACTION = _MARK * (10 + secrets.randbelow(20))
ANY_SERVICE = _MARK * (5 + secrets.randbelow(20))

SORTS = {"user": "user", "role": "role", "group": "group", "policy": "policy", "provider": "oidc-provider"}
_EVERYTHING = ("user", "role", "group", "policy")


def sorts_of(on: str) -> tuple[str, ...]:
    """The sorts of thing that a step is about."""
    return _EVERYTHING if on == "everything" else (on,)


def probe(principal: Principal, sort: str) -> str:
    """The ARN of a thing of this sort that nobody named."""
    return _arn(principal.partition, principal.account, sort, _NAME)


def probes(partition: str, account: str) -> tuple[str, ...]:
    """One such thing of every sort."""
    return tuple(_arn(partition, account, sort, _NAME) for sort in ("any", *SORTS))


def _arn(partition: str, account: str, sort: str, name: str) -> str:
    if sort in SORTS:
        return f"arn:{partition}:iam::{account}:{SORTS[sort]}/{name}"
    return f"arn:{partition}:{ANY_SERVICE}:{_MARK}:{account}:{name}"


def over_sort(principal: Principal, action: str, on: str, context: Context, *, spared: bool) -> Verdict:
    """May the principal do this to things of a sort that nobody named?

    The Allow must cover all sorts of `on`. A Deny takes the right away only if it covers each of them wholly: where one
    matches the probe, things that it may have left are tried. `spared`: among them those that a Deny names in
    NotResource.
    """
    sorts = sorts_of(on)
    first = conjunction(evaluate(principal, action, probe(principal, sort), context) for sort in sorts)
    if not first.denied:
        return first
    wide = conjunction(allowance(principal, action, probe(principal, sort), context) for sort in sorts)
    if wide.denied:
        return wide
    left = best_of(
        evaluate(principal, action, resource, context)
        for sort in sorts
        for resource in _perhaps_left(principal, action, sort, context, spared)
    )
    return first if left.denied else conjunction([wide, left])


def best_of(verdicts: Iterator[Verdict]) -> Verdict:
    """The first that allows, else one that depends, else a denial."""
    best = Verdict(Decision.DENY)
    for verdict in verdicts:
        if verdict.allowed:
            return verdict
        if best.denied:
            best = verdict
    return best


def may_spare(statement: CompiledStatement) -> bool:
    """Return whether a Deny may spare things of a sort although it matches the probe, or one that no probe shows."""
    said = statement.statement
    return said.effect == "Deny" and (said.not_resource or any("?" in text for text in said.resources or ()))


def _perhaps_left(principal: Principal, action: str, sort: str, context: Context, spared: bool) -> Iterator[str]:
    """Things of a sort that the Denies of an action may have left."""
    yield probe(principal, sort)
    known = principal.own.over(context)
    for statement in _denies(principal, action):
        if not may_spare(statement):
            continue
        for text in statement.resources.telling(known) or ():
            if statement.resources.negated:
                yield from _fill_pattern(text, principal, sort) if spared else ()
            else:
                around = text.count(ONE)
                for length in (1, around - 1, around + 1):
                    if length > 0:
                        yield _arn(principal.partition, principal.account, sort, _MARK * length)


def _denies(principal: Principal, action: str) -> Iterator[CompiledStatement]:
    for side in (principal.identity, principal.limit, principal.session_limit):
        if side is not None:
            yield from side.slice(action).denies


def _fill_pattern(text: str, principal: Principal, sort: str) -> Iterator[str]:
    """Things of a sort that the pattern of a NotResource speaks of."""
    if sort not in SORTS:
        yield text.replace(MANY, _NAME).replace(ONE, _MARK)
        return
    head, begin = _arn(principal.partition, principal.account, sort, "").rsplit(":", 1)
    name = text.split(":", 5)[-1]
    for filled in (name, name.replace(MANY, begin + MANY, 1)):
        if filled.startswith(begin):
            yield f"{head}:{filled.replace(MANY, _NAME).replace(ONE, _MARK)}"
