"""Evaluate rights over a whole type of resource by probes: resources with names that no policy can contain.

A right over all users, say, counts if its Allow covers a user that nobody named. A probe's name repeats one character
that is chosen at random in each process. So a statement can only match a probe by a wildcard or by a Not… element, and
nobody can write a policy that fits the probes.

A type is a kind of IAM entity, `any`, `everything`, or the form of an ARN such as
`arn:{partition}:lambda:{region}:{account}:function:{name}`. All resources of such a form in one region count, too.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import islice

from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.context import Context
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate, evaluate_without_denies
from reconciler.access.templates import MANY, ONE
from reconciler.access.verdicts import Decision, Verdict, require_all

_PROBE_CHARACTER = chr(0xF0000 + secrets.randbelow(0xFFF0))
_PROBE_NAME = _PROBE_CHARACTER * (70 + secrets.randbelow(300))
"""A long name, like one with a path; shorter names are tried if a pattern counts characters by `?`."""

PROBE_ACTION = _PROBE_CHARACTER * (10 + secrets.randbelow(20))
PROBE_SERVICE = _PROBE_CHARACTER * (5 + secrets.randbelow(20))

RESOURCE_TYPES = {"user": "user", "role": "role", "group": "group", "policy": "policy", "provider": "oidc-provider"}
_ALL_TYPES = ("user", "role", "group", "policy")


def resource_types_of(resource_type: str) -> tuple[str, ...]:
    """Return the single types that a step's type means."""
    return _ALL_TYPES if resource_type == "everything" else (resource_type,)


def beginning_of(resource_type: str) -> str:
    """Return how the last part of the ARN of a resource of this single type begins, such as `role/`."""
    form = _make_arn("{partition}", "{account}", resource_type, "{name}", "{region}")
    return form.split(":", 5)[5].partition("{name}")[0]


def make_probe(principal: Principal, resource_type: str) -> str:
    """Return the ARN of a resource of this type that nobody named."""
    return _make_arn(principal.partition, principal.account, resource_type, _PROBE_NAME)


def make_probes(partition: str, account: str) -> tuple[str, ...]:
    """Return a probe of every type."""
    return tuple(_make_arn(partition, account, kind, _PROBE_NAME) for kind in ("any", *RESOURCE_TYPES))


def _make_arn(partition: str, account: str, resource_type: str, name: str, region: str = _PROBE_CHARACTER) -> str:
    if resource_type in RESOURCE_TYPES:
        return f"arn:{partition}:iam::{account}:{RESOURCE_TYPES[resource_type]}/{name}"
    if resource_type.startswith("arn:"):
        return resource_type.format(partition=partition, account=account, region=region, name=name)
    return f"arn:{partition}:{PROBE_SERVICE}:{_PROBE_CHARACTER}:{account}:{name}"


def evaluate_resource_type(
    principal: Principal,
    action: str,
    resource_type: str,
    context: Context,
    *,
    include_spared: bool,
    accepts_any: bool = False,
) -> Verdict:
    """Return the verdict on an action on resources of a type that nobody named.

    The Allow must cover all types of `resource_type`. A Deny takes the right away only if it covers each type wholly.
    If a Deny matches the probe, resources that it may leave are tried.

    include_spared: True to try also the resources that a Deny excludes by name (NotResource).
    accepts_any: True if a right over any one resource of the form of an ARN is enough.
    """
    found = _evaluate_probe(principal, action, resource_type, context, include_spared)
    if not found.denied or not resource_type.startswith("arn:"):
        return found
    candidates = _list_candidates(principal, action, resource_type, context, accepts_any)
    other = best_of(evaluate(principal, action, resource, context) for resource in candidates)
    return found if other.denied else other


def _evaluate_probe(
    principal: Principal, action: str, resource_type: str, context: Context, include_spared: bool
) -> Verdict:
    kinds = resource_types_of(resource_type)
    direct = require_all(evaluate(principal, action, make_probe(principal, kind), context) for kind in kinds)
    if not direct.denied:
        return direct
    without_denies = require_all(
        evaluate_without_denies(principal, action, make_probe(principal, kind), context) for kind in kinds
    )
    if without_denies.denied:
        return without_denies
    on_spared = best_of(
        evaluate(principal, action, resource, context)
        for kind in kinds
        for resource in _probe_spared_resources(principal, action, kind, context, include_spared)
    )
    return direct if on_spared.denied else require_all([without_denies, on_spared])


_MAX_CANDIDATES = 50


def _list_candidates(
    principal: Principal, action: str, form: str, context: Context, accepts_any: bool
) -> Iterator[str]:
    """Yield resources of a form that the Allows of an action name: all of one region, or any one.

    Only the first 50 patterns of an action are tried.
    """
    known = principal.request_context.with_fallbacks(context)
    service, beginning = form.split(":", 3)[2], beginning_of(form)
    allows = (item for item in principal.compiled_policies.statements_for(action).allows if not item.resources.negated)
    texts = (text for item in allows for text in item.resources.resolve_patterns(known) or ())
    for text in islice(texts, _MAX_CANDIDATES):
        *head, name = text.split(":", 5)
        if len(head) < 5 or head[2] != service:
            continue
        region = _PROBE_CHARACTER if MANY in head[3] or ONE in head[3] else head[3]
        yield _make_arn(principal.partition, principal.account, form, _PROBE_NAME, region)
        filled = _fill_wildcards(name)
        if accepts_any and filled.startswith(beginning):
            yield f"arn:{principal.partition}:{service}:{region}:{principal.account}:{filled}"


def _fill_wildcards(text: str) -> str:
    return text.replace(MANY, _PROBE_NAME).replace(ONE, _PROBE_CHARACTER)


def best_of(verdicts: Iterator[Verdict]) -> Verdict:
    """Return the first verdict that allows, else the first that depends, else a denial."""
    best = Verdict(Decision.DENY)
    for verdict in verdicts:
        if verdict.allowed:
            return verdict
        if best.denied:
            best = verdict
    return best


def may_spare(statement: CompiledStatement) -> bool:
    """Return whether a Deny may leave some resources of a type that it otherwise covers."""
    raw = statement.statement
    return raw.effect == "Deny" and (raw.not_resource or any("?" in text for text in raw.resources or ()))


def _probe_spared_resources(
    principal: Principal, action: str, resource_type: str, context: Context, include_spared: bool
) -> Iterator[str]:
    """Yield resources of a type that the Denies of an action may leave."""
    yield make_probe(principal, resource_type)
    full_context = principal.request_context.with_fallbacks(context)
    for statement in _list_denies(principal, action):
        if not may_spare(statement):
            continue
        for text in statement.resources.resolve_patterns(full_context) or ():
            if statement.resources.negated:
                yield from _fill_pattern(text, principal, resource_type) if include_spared else ()
            else:
                marks = text.count(ONE)
                for length in (1, marks - 1, marks + 1):
                    if length > 0:
                        yield _make_arn(
                            principal.partition, principal.account, resource_type, _PROBE_CHARACTER * length
                        )


def _list_denies(principal: Principal, action: str) -> Iterator[CompiledStatement]:
    for side in principal.policy_sets:
        if side is not None:
            yield from side.statements_for(action).denies


def _fill_pattern(text: str, principal: Principal, resource_type: str) -> Iterator[str]:
    """Yield resources of a type that match the pattern of a NotResource."""
    if resource_type not in RESOURCE_TYPES:
        yield _fill_wildcards(text)
        return
    head, begin = _make_arn(principal.partition, principal.account, resource_type, "").rsplit(":", 1)
    name = text.split(":", 5)[-1]
    for filled in (name, name.replace(MANY, begin + MANY, 1)):
        if filled.startswith(begin):
            yield f"{head}:{_fill_wildcards(filled)}"
