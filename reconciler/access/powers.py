"""Find the powers of a principal that make it an administrator: `*`, `iam:*`, or a known path to these.

A path counts if its actions are allowed on resources that no statement can name (`probes.py`). So wildcards and
NotAction give a power; boundaries and conditions limit it. A Deny removes it only if it covers everything: a Deny that
spares a resource, or has a condition, leaves the power. Rights over a few named resources do not count, unless these
are the principal itself. `named_powers.py` finds rights over single users, roles, groups and policies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.access.boundary_escapes import find_boundary_escapes
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.escalation_paths import PASS_ROLE, EscalationPath, Grade, PathStep, load_paths
from reconciler.access.power_keys import AllowedActions, allowed_actions_of, power_key_of
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.probes import PROBE_ACTION, best_of, evaluate_resource_type
from reconciler.access.verdicts import Verdict, require_all
from reconciler.model.account_caches import cache_for_account
from reconciler.model.partitions import DEFAULT_PARTITION, PARTITIONS


@dataclass(frozen=True, slots=True)
class Power:
    """A power that a principal has.

    verdict: allows, or depends on keys. path: None for UNREAD_POLICIES.
    own_targets: the ARNs of the principal itself, its groups or its policies if the path holds on these alone.
    """

    name: str
    grade: Grade
    verdict: Verdict
    path: EscalationPath | None = None
    own_targets: tuple[str, ...] = ()


_SUFFIX = PARTITIONS[DEFAULT_PARTITION].dns_suffix

UNREAD_POLICIES = "policies whose content is not known"
"""The name of the one Power for all paths that depend only on policies of unknown content."""

POWER_GRADES = frozenset({Grade.ADMINISTRATOR, Grade.ESCALATION})


def find_powers(
    principal: Principal, context: Context = NOTHING_KNOWN, grades: Iterable[Grade] = POWER_GRADES
) -> tuple[Power, ...]:
    """Return the powers by which the principal is, or can become, an administrator.

    Paths that depend only on policies of unknown content become one Power, named UNREAD_POLICIES.

    grades: the grades to look for.
    """
    grade_set = frozenset(grades)
    found = _find_powers_within(principal, context, grade_set)
    if Grade.ESCALATION not in grade_set:
        return found
    return (*found, *find_escapes(principal, found, lambda free: _find_known_powers(free, context), context))


def _find_powers_within(principal: Principal, context: Context, grade_set: frozenset[Grade]) -> tuple[Power, ...]:
    """Return the powers of `find_powers` that the boundary leaves."""
    powers = _evaluate_possible_paths(principal, context, grade_set)
    known_powers = [power for power in powers if not rests_on_unread_policies(power.verdict)]
    unread = [power.verdict for power in powers if rests_on_unread_policies(power.verdict)]
    if not unread:
        unread = _find_unread_path(principal, context, grade_set, {power.name for power in known_powers})
    if unread:
        known_powers.append(Power(UNREAD_POLICIES, Grade.ESCALATION, require_all(unread)))
    return tuple(known_powers)


def find_known_powers(principal: Principal) -> tuple[Power, ...]:
    """Return the powers of `find_powers` that the boundary leaves.

    Those that depend only on policies of unknown content are left out.
    """
    return _find_known_powers(principal, NOTHING_KNOWN)


def _find_known_powers(principal: Principal, context: Context) -> tuple[Power, ...]:
    found = _evaluate_possible_paths(principal, context, POWER_GRADES)
    return tuple(power for power in found if not rests_on_unread_policies(power.verdict))


def _evaluate_possible_paths(principal: Principal, context: Context, grades: frozenset[Grade]) -> list[Power]:
    """Return the powers that policies of known content give."""
    principal, found = principal.known_part, []
    other_path: Verdict | None = None
    for path in _list_possible_paths(principal):
        if path.grade not in grades:
            continue
        answer = evaluate_path(path, principal, context)
        if path.needs_other_path and not answer.denied:
            other_path = other_path or best_of(_evaluate_iam_paths(principal, context))
            answer = require_all([answer, other_path])
        if not answer.denied:
            found.append(Power(path.name, path.grade, answer, path, _find_own_targets(path, principal, context)))
    return found


def find_escapes(
    principal: Principal,
    found: Sequence[Power],
    find_known: Callable[[Principal], Sequence[Power]],
    context: Context = NOTHING_KNOWN,
) -> Iterator[Power]:
    """Yield the paths by which a principal can lift its boundary, if that one holds back other powers.

    found: the powers that the boundary leaves. find_known: returns those of the principal without a boundary.
    """
    if principal.boundary is None or any(power.grade is Grade.ADMINISTRATOR for power in found):
        return
    names = {power.name for power in found}

    def find_ways_without(free: Principal) -> list[Verdict]:
        return [power.verdict for power in find_known(free) if power.name not in names]

    for path, target, verdict in find_boundary_escapes(principal.known_part, context, find_ways_without):
        yield Power(path.name, path.grade, verdict, path, (target,))


def find_powers_of_all(principals: Iterable[Principal]) -> Iterator[tuple[Principal, tuple[Power, ...]]]:
    """Yield each principal with its powers; principals with the same statements are evaluated once.

    Only the labels of policies in a verdict may then be those of another principal.
    """
    powers_by_key: dict[tuple[object, ...], tuple[Power, ...]] = {}
    for principal in principals:
        if not may_have_powers(principal) and not _may_allow_unread(principal):
            yield principal, ()
            continue
        key = power_key_of(principal)
        found = powers_by_key.get(key)
        if found is None:
            found = powers_by_key[key] = _find_powers_within(principal, NOTHING_KNOWN, POWER_GRADES)
        yield principal, (*found, *find_escapes(principal, found, find_known_powers))


def is_administrator(principal: Principal) -> bool:
    """Return whether the principal's policies make it an administrator, perhaps under conditions.

    Policies whose content is unknown do not count.
    """
    part = principal.compiled_policies.statements_for(f"iam:{PROBE_ACTION}")
    return bool(part.allows) and any(
        power.name != UNREAD_POLICIES for power in find_powers(principal, grades=(Grade.ADMINISTRATOR,))
    )


def may_have_powers(principal: Principal) -> bool:
    """Return whether its own policies may allow all actions of a path. Policies of unknown content do not count."""
    return bool(_list_possible_paths(principal))


def rests_on_unread_policies(verdict: Verdict) -> bool:
    """Return whether a verdict depends on policies of unknown content alone."""
    return bool(verdict.keys) and all(key.startswith("policy:") for key in verdict.keys)


def _evaluate_iam_paths(principal: Principal, context: Context) -> Iterator[Verdict]:
    """Yield the verdict of each path of IAM actions alone; resources that a Deny excludes by name are enough."""
    for path in _list_possible_paths(principal):
        if path.is_iam_only and not path.needs_other_path:
            yield evaluate_path(path, principal, context, include_spared=True)


def _list_possible_paths(principal: Principal) -> tuple[EscalationPath, ...]:
    """Return the broad paths whose every step the principal's own policies may allow."""
    if principal.kind == "root":
        return _select_paths(None, principal.kind)
    allowed = allowed_actions_of(principal)
    return _select_paths(allowed, principal.kind) if allowed.somewhere else ()


@cache_for_account(maxsize=4096)
def _select_paths(allowed: AllowedActions | None, kind: str) -> tuple[EscalationPath, ...]:
    """Return the broad paths whose actions may be allowed. allowed: None if everything is."""
    return tuple(
        path for path in load_paths() if path.is_broad_for(kind) and (allowed is None or allowed.may_take(path))
    )


def _may_allow_unread(principal: Principal) -> bool:
    return bool(principal.compiled_policies.statements_for(PASS_ROLE).unknown_allows)


def _find_unread_path(
    principal: Principal, context: Context, grades: frozenset[Grade], known: set[str]
) -> list[Verdict]:
    """Return the verdict of one path that policies of unknown content may allow; empty if there is none.

    known: the names of the paths that the other policies give.
    """
    if not _may_allow_unread(principal):
        return []
    for path in _select_paths(None, principal.kind):
        if path.grade in grades and not path.needs_other_path and path.name not in known:
            answer = evaluate_path(path, principal, context)
            if not answer.denied:
                return [answer]
    return []


def evaluate_path(
    path: EscalationPath, principal: Principal, context: Context, *, include_spared: bool = False
) -> Verdict:
    """Return the verdict of one path: every step must be allowed.

    Each step is tried on a probe, then on the principal itself.

    include_spared: True if resources that a Deny excludes by name are enough for every step.
    """
    steps = []
    for step in path.steps:
        step = replace(step, accepts_spared=True) if include_spared else step
        verdict = best_of(_evaluate_step(path, step, principal, context))
        if verdict.denied:
            return verdict
        steps.append(verdict)
    return require_all(steps)


def _find_own_targets(path: EscalationPath, principal: Principal, context: Context) -> tuple[str, ...]:
    """Return the principal's own resources on which a path holds; empty if it holds on all resources of the type."""
    step = path.steps[0]
    if not path.counts_on_self or any(not found.denied for found in _evaluate_type(path, step, principal, context)):
        return ()
    own = _own_resources_of(principal, step.resource_type)
    return tuple(arn for arn in own if not evaluate(principal, step.action, arn, context).denied)


def evaluate_other_steps(path: EscalationPath, principal: Principal) -> Verdict:
    """Return the verdict on the actions that a path needs beside iam:PassRole, on resources that nobody named."""
    steps = (step for step in path.steps if step.action != PASS_ROLE)
    return require_all(best_of(_evaluate_step(path, step, principal, NOTHING_KNOWN)) for step in steps)


def _evaluate_step(path: EscalationPath, step: PathStep, principal: Principal, context: Context) -> Iterator[Verdict]:
    yield from _evaluate_type(path, step, principal, context)
    for resource in _own_resources_of(principal, step.resource_type) if path.counts_on_self else ():
        yield evaluate(principal, step.action, resource, context)


def _evaluate_type(path: EscalationPath, step: PathStep, principal: Principal, context: Context) -> Iterator[Verdict]:
    """Yield the verdicts on all resources of a step's type; for iam:PassRole one for each service."""
    if step.resource_type == "self":
        return
    passing = step.action == PASS_ROLE
    contexts = [known for _, known in make_service_contexts(path, principal, context)] if passing else [context]
    for known in contexts:
        yield evaluate_resource_type(
            principal,
            step.action,
            step.resource_type,
            known,
            include_spared=step.accepts_spared,
            accepts_any=step.accepts_any,
        )


def make_service_contexts(
    path: EscalationPath, principal: Principal, context: Context
) -> Iterator[tuple[str, Context]]:
    """Yield each service that takes the role of a path, with the keys of a request that passes the role to it.

    In other partitions some services keep their name, and others have the suffix of the partition.
    """
    partition = PARTITIONS.get(principal.partition)
    suffixes = dict.fromkeys((_SUFFIX, partition.dns_suffix if partition else _SUFFIX))
    for service in path.services:
        for suffix in suffixes:
            name = service.removesuffix(_SUFFIX) + suffix
            yield name, Context.of({"iam:PassedToService": name}).with_fallbacks(context)


def _own_resources_of(principal: Principal, resource_type: str) -> tuple[str, ...]:
    """Return the ARNs of the principal itself, of its groups, or of its managed policies, by the type."""
    if resource_type == "self":
        return (principal.role_arn or principal.arn,) if principal.is_role else ()
    if resource_type == "group":
        return principal.groups
    if resource_type == "user":
        return (principal.arn,) if principal.kind == "user" else ()
    mark = f":iam::{principal.account}:policy/"
    return tuple(source.label for source in principal.policies if resource_type == "policy" and mark in source.label)
