"""Names that no policy can have meant, and what of a sort of thing the Denies of a principal leave.

A right over a sort of thing counts if its Allow covers a thing that nobody named. The names for that are made of one
character that is drawn anew in each process, so that no statement can speak of them but by a wildcard or by leaving
something out: neither an Allow nor a Deny can be written to meet or to miss them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.context import Context
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate, evaluate_without_denies
from reconciler.access.templates import MANY, ONE
from reconciler.access.verdicts import Decision, Verdict, require_all

_MARK = chr(0xF0000 + secrets.randbelow(0xFFF0))
_NAME = _MARK * (70 + secrets.randbelow(300))
"""Longer than names are, as one with a path may be; shorter ones are tried where a pattern counts characters."""

PROBE_ACTION = _MARK * (10 + secrets.randbelow(20))
PROBE_SERVICE = _MARK * (5 + secrets.randbelow(20))

RESOURCE_TYPES = {"user": "user", "role": "role", "group": "group", "policy": "policy", "provider": "oidc-provider"}
_EVERYTHING = ("user", "role", "group", "policy")


def resource_types_of(resource_type: str) -> tuple[str, ...]:
    """The sorts of thing that a step is about."""
    return _EVERYTHING if resource_type == "everything" else (resource_type,)


def make_probe(principal: Principal, resource_type: str) -> str:
    """The ARN of a thing of this sort that nobody named."""
    return _make_arn(principal.partition, principal.account, resource_type, _NAME)


def make_probes(partition: str, account: str) -> tuple[str, ...]:
    """One such thing of every sort."""
    return tuple(_make_arn(partition, account, sort, _NAME) for sort in ("any", *RESOURCE_TYPES))


def _make_arn(partition: str, account: str, resource_type: str, name: str) -> str:
    if resource_type in RESOURCE_TYPES:
        return f"arn:{partition}:iam::{account}:{RESOURCE_TYPES[resource_type]}/{name}"
    return f"arn:{partition}:{PROBE_SERVICE}:{_MARK}:{account}:{name}"


def evaluate_resource_type(
    principal: Principal, action: str, resource_type: str, context: Context, *, spared: bool
) -> Verdict:
    """May the principal do this to things of a sort that nobody named?

    The Allow must cover all sorts of `resource_type`. A Deny takes the right away only if it covers each of them
    wholly: where one
    matches the probe, things that it may have left are tried. `spared`: among them those that a Deny names in
    NotResource.
    """
    sorts = resource_types_of(resource_type)
    first = require_all(evaluate(principal, action, make_probe(principal, sort), context) for sort in sorts)
    if not first.denied:
        return first
    wide = require_all(
        evaluate_without_denies(principal, action, make_probe(principal, sort), context) for sort in sorts
    )
    if wide.denied:
        return wide
    left = best_of(
        evaluate(principal, action, resource, context)
        for sort in sorts
        for resource in _probe_spared_resources(principal, action, sort, context, spared)
    )
    return first if left.denied else require_all([wide, left])


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


def _probe_spared_resources(
    principal: Principal, action: str, resource_type: str, context: Context, spared: bool
) -> Iterator[str]:
    """Things of a sort that the Denies of an action may have left."""
    yield make_probe(principal, resource_type)
    known = principal.request_context.with_fallbacks(context)
    for statement in _list_denies(principal, action):
        if not may_spare(statement):
            continue
        for text in statement.resources.resolve_patterns(known) or ():
            if statement.resources.negated:
                yield from _fill_pattern(text, principal, resource_type) if spared else ()
            else:
                around = text.count(ONE)
                for length in (1, around - 1, around + 1):
                    if length > 0:
                        yield _make_arn(principal.partition, principal.account, resource_type, _MARK * length)


def _list_denies(principal: Principal, action: str) -> Iterator[CompiledStatement]:
    for side in (principal.compiled_policies, principal.compiled_boundary, principal.compiled_session):
        if side is not None:
            yield from side.statements_for(action).denies


def _fill_pattern(text: str, principal: Principal, resource_type: str) -> Iterator[str]:
    """Things of a sort that the pattern of a NotResource speaks of."""
    if resource_type not in RESOURCE_TYPES:
        yield text.replace(MANY, _NAME).replace(ONE, _MARK)
        return
    head, begin = _make_arn(principal.partition, principal.account, resource_type, "").rsplit(":", 1)
    name = text.split(":", 5)[-1]
    for filled in (name, name.replace(MANY, begin + MANY, 1)):
        if filled.startswith(begin):
            yield f"{head}:{filled.replace(MANY, _NAME).replace(ONE, _MARK)}"
