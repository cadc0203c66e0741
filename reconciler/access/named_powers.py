"""Find ways to administrator power over the single users, roles, groups and policies that a policy names.

`powers.py` finds rights over all resources of a type. A right over one of them counts by what that one is: an
administrator, or somebody who has a way (`power_graph.py` knows who). Some pairs of actions count on any user or role,
such as writing a role's policies and assuming it. Rights over a whole type are skipped here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.context import NOTHING_KNOWN
from reconciler.access.escalation_paths import (
    ASSUME_PATH,
    ASSUME_ROLE,
    PASS_ROLE,
    EscalationPath,
    PathStep,
    list_named_paths,
    load_paths,
)
from reconciler.access.named_resources import NamedResources, PassableRoles
from reconciler.access.power_keys import allowed_actions_of
from reconciler.access.powers import (
    evaluate_other_steps,
    make_service_contexts,
    rests_on_unread_policies,
)
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.probes import best_of, evaluate_resource_type
from reconciler.access.resource_tags import depends_on_tags, tests_tags
from reconciler.access.role_assumption import Target, can_assume
from reconciler.access.verdicts import Verdict, require_all
from reconciler.model.account_caches import cache_for_account

MAX_NAMED_TARGETS = 50


@dataclass(frozen=True, slots=True)
class NamedPower:
    """A path that a principal has over one resource. target: its ARN."""

    path: EscalationPath
    target: str
    verdict: Verdict


def has_named_rights(principal: Principal) -> bool:
    """Return whether the principal may have a right over single entities that helps if one leads to the power."""
    return any(
        _list_relevant_allows(principal, step.action)
        for path in _list_possible_paths(principal)
        for step in path.steps
        if step.action.startswith("iam:")
    )


def find_named_powers(principal: Principal, resources: NamedResources, roles: PassableRoles) -> Iterator[NamedPower]:
    """Yield the paths over `resources`, which all lead to administrator power; the principal may be one of them."""
    for path in _list_possible_paths(principal):
        if path.passes_role:
            yield from _find_passable(path, principal, resources, roles)
        elif path.named in ("leads", "administrators"):
            found = _find_common_targets(path, principal, resources)
            if path.named == "administrators":
                found &= resources.administrators
            for arn in sorted(found):
                verdict = require_all(_evaluate_on(principal, step, arn, resources) for step in path.steps)
                if not verdict.denied and not rests_on_unread_policies(verdict):
                    yield NamedPower(path, arn, verdict)


def find_combined_powers(
    principal: Principal,
    resources: NamedResources,
    targets: Mapping[str, Target],
    holders: Mapping[str, Sequence[str]],
    rights: dict[str, dict[str, Verdict]],
) -> Iterator[NamedPower]:
    """Yield the paths whose actions together take over one user or role, even one without any power today.

    Of each path only the first 50 users or roles are named.

    targets: every role, by ARN.
    holders: maps the ARN of a policy to the roles that have it.
    rights: a cache, by action, of the rights of principals with the same statements. This function adds to it.
    """
    for path in _list_combined_paths(principal):
        found = _evaluate_combined(path, principal, resources, targets, holders, rights)
        yield from islice((NamedPower(path, arn, verdict) for arn, verdict in found), MAX_NAMED_TARGETS)


def may_combine_rights(principal: Principal) -> bool:
    """Return whether `find_combined_powers` may find something."""
    return any(True for _ in _list_combined_paths(principal))


def _evaluate_combined(
    path: EscalationPath,
    principal: Principal,
    resources: NamedResources,
    targets: Mapping[str, Target],
    holders: Mapping[str, Sequence[str]],
    known: dict[str, dict[str, Verdict]],
) -> Iterator[tuple[str, Verdict]]:
    """Yield each user or role on which all actions of a path are allowed, with the verdict."""
    steps = [step for step in path.steps if step.action != ASSUME_ROLE]
    for step in steps:
        if step.action not in known:
            known[step.action] = _find_changeable(principal, step, resources, holders)
    rights = [known[step.action] for step in steps]
    for arn in sorted(frozenset(rights[0]).intersection(*rights[1:]) - {_own_arn_of(principal)}):
        verdicts = [right[arn] for right in rights]
        if ASSUME_ROLE in path.actions:
            verdicts.append(can_assume(principal, targets[arn]))
        verdict = require_all(verdicts)
        if not verdict.denied and not rests_on_unread_policies(verdict):
            yield arn, verdict


def _evaluate_on(principal: Principal, step: PathStep, resource: str, resources: NamedResources) -> Verdict:
    """Return the verdict on a step over one resource.

    Tags that do not fit leave a right over named resources open, because somebody may set others. A right over a whole
    type is told as such (`powers.py`), so only resources whose tags fit count besides.
    """
    known = resources.tags.find_keys(step.action, resource)
    verdict = evaluate(principal, step.action, resource, known)
    if not verdict.denied or known is NOTHING_KNOWN or _has_whole_type(principal, step):
        return verdict
    return evaluate(principal, step.action, resource)


def _find_changeable(
    principal: Principal, step: PathStep, resources: NamedResources, holders: Mapping[str, Sequence[str]]
) -> dict[str, Verdict]:
    """Return the users or roles on which an action is allowed; for a policy the roles that have it."""
    covered = _find_covered(principal, step.action, step.resource_type, resources)
    verdicts = {arn: _evaluate_on(principal, step, arn, resources) for arn in covered}
    if step.resource_type != "policy":
        return verdicts
    return {role: verdict for arn, verdict in verdicts.items() if not verdict.denied for role in holders.get(arn, ())}


def _list_combined_paths(principal: Principal) -> Iterator[EscalationPath]:
    """Yield the paths that count on any user or role, unless the principal has all of their actions on everything."""
    for path in _select_combined_paths(allowed_actions_of(principal).somewhere):
        if not _covers_whole_types(principal, path):
            yield path


@cache_for_account(maxsize=4096)
def _select_combined_paths(allowed: frozenset[str]) -> tuple[EscalationPath, ...]:
    """Return the paths that count on any user or role, and whose actions are all allowed on something.

    The trust of a role may let the principal in without a policy of its own, so sts:AssumeRole need not be allowed.
    """
    assumable = allowed | {ASSUME_ROLE.lower()}
    return tuple(path for path in list_named_paths("any") if assumable.issuperset(map(str.lower, path.actions)))


def _find_passable(
    path: EscalationPath, principal: Principal, resources: NamedResources, roles: PassableRoles
) -> Iterator[NamedPower]:
    """Yield a power for each role that the principal may pass to a service which its trust names."""
    covered = _find_covered(principal, PASS_ROLE, "role", resources)
    contexts = list(make_service_contexts(path, principal, NOTHING_KNOWN))
    passable = {
        arn: best_of(
            require_all([evaluate(principal, PASS_ROLE, arn, context), trusted])
            for service, context in contexts
            if not (trusted := roles.evaluate_trust(service, arn)).denied
        )
        for arn in sorted(covered)
    }
    passable = {arn: verdict for arn, verdict in passable.items() if not verdict.denied}
    if not passable or _covers_passing(principal, path):
        return
    rest = evaluate_other_steps(path, principal)
    for arn, verdict in passable.items():
        whole = require_all([verdict, rest])
        if not whole.denied and not rests_on_unread_policies(whole):
            yield NamedPower(path, arn, whole)


def _find_common_targets(path: EscalationPath, principal: Principal, resources: NamedResources) -> frozenset[str]:
    """Return the resources on which every action of a path may be allowed."""
    found = [_find_covered(principal, step.action, step.resource_type, resources) for step in path.steps]
    common = found[0].intersection(*found[1:])
    return common if common and not _covers_whole_types(principal, path) else frozenset()


def _find_covered(principal: Principal, action: str, kind: str, resources: NamedResources) -> frozenset[str]:
    return frozenset[str]().union(
        *(
            resources.find_covered(item, kind, principal.request_context)
            for item in principal.compiled_policies.statements_for(action).allows
        )
    )


def _list_possible_paths(principal: Principal) -> tuple[EscalationPath, ...]:
    return _select_paths(allowed_actions_of(principal).somewhere, principal.kind)


@cache_for_account(maxsize=4096)
def _select_paths(allowed: frozenset[str], kind: str) -> tuple[EscalationPath, ...]:
    """Return the paths over resources that lead to the power, and whose actions are all allowed on something."""
    return tuple(
        path
        for path in load_paths()
        if (path.passes_role or path.named in ("leads", "administrators"))
        and path.id != ASSUME_PATH
        and path.may_belong_to(kind)
        and allowed.issuperset(action.lower() for action in path.actions)
    )


def _list_relevant_allows(principal: Principal, action: str) -> tuple[CompiledStatement, ...]:
    """Return the Allows of an action; none if all cover everything, whatever its tags, and nothing limits them."""
    part = principal.compiled_policies.statements_for(action)
    if (
        part.denies
        or principal.is_limited
        or any(
            tests_tags(item) or item.resources.resolve_patterns(principal.request_context) != () for item in part.allows
        )
    ):
        return part.allows
    return ()


def _covers_whole_types(principal: Principal, path: EscalationPath) -> bool:
    """Return whether every action of a path is allowed on all resources of its type, whatever their tags are."""
    verdicts = [_evaluate_whole_type(principal, step) for step in path.steps]
    return not any(verdict.denied or depends_on_tags(verdict) for verdict in verdicts)


def _has_whole_type(principal: Principal, step: PathStep) -> bool:
    return not _evaluate_whole_type(principal, step).denied


def _evaluate_whole_type(principal: Principal, step: PathStep) -> Verdict:
    return evaluate_resource_type(principal, step.action, step.resource_type, NOTHING_KNOWN, include_spared=False)


def _covers_passing(principal: Principal, path: EscalationPath) -> bool:
    """Return whether the principal may pass every role to a service of a path."""
    contexts = make_service_contexts(path, principal, NOTHING_KNOWN)
    return not best_of(
        evaluate_resource_type(principal, PASS_ROLE, "role", context, include_spared=False) for _, context in contexts
    ).denied


def _own_arn_of(principal: Principal) -> str:
    return principal.role_arn or principal.arn
