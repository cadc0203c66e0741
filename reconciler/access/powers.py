"""Find the powers of a principal that make it an administrator: `*`, `iam:*`, or a known path to these.

A path counts if its actions are allowed on resources that no statement can name (`probes.py`). So wildcards and
NotAction give a power; boundaries and conditions limit it. A Deny removes it only if it covers everything: a Deny that
spares a resource, or has a condition, leaves the power. Rights over a few named resources do not count, unless these
are the principal itself or are passed as `targets`. `admin_targets.py` finds rights over single administrators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from reconciler.access.compiled_policies import CompiledDocument, CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.escalation_paths import PATHS, EscalationPath, Grade, PathStep
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.probes import best_of, evaluate_resource_type, make_probes, may_spare
from reconciler.access.verdicts import Verdict, require_all


@dataclass(frozen=True, slots=True)
class Power:
    """A power that a principal has. name: the name of the path. verdict: allows, or depends on keys."""

    name: str
    grade: Grade
    verdict: Verdict


UNSEEN_POLICIES = "policies whose content is not known"
"""The name of the one Power for all paths that depend only on policies of unknown content."""


def find_powers(
    principal: Principal,
    context: Context = NOTHING_KNOWN,
    targets: Mapping[str, Iterable[str]] | None = None,
    grades: Iterable[Grade] = (Grade.ADMINISTRATOR, Grade.ESCALATION),
) -> tuple[Power, ...]:
    """Return the powers by which the principal is, or can become, an administrator.

    Paths that depend only on policies of unknown content become one Power, named UNSEEN_POLICIES.

    targets: maps a type (user, role, …) to ARNs; a right over one of them counts as a right over all.
    grades: the grades to look for.
    """
    grade_set, targets_by_type = frozenset(grades), {kind: tuple(arns) for kind, arns in (targets or {}).items()}
    powers: list[Power] = []
    unseen: list[Verdict] = []
    other_path: Verdict | None = None
    for path in PATHS:
        if path.grade not in grade_set or not _may_allow_path(path, principal):
            continue
        answer = _evaluate_path(path, principal, context, targets_by_type)
        if path.needs_other_path and not answer.denied:
            other_path = other_path or best_of(_evaluate_iam_paths(principal, context))
            answer = require_all([answer, other_path])
        if answer.denied:
            continue
        if answer.keys and all(key.startswith("policy:") for key in answer.keys):
            unseen.append(answer)
        else:
            powers.append(Power(path.name, path.grade, answer))
    if unseen:
        powers.append(Power(UNSEEN_POLICIES, Grade.ESCALATION, require_all(unseen)))
    return tuple(powers)


def find_powers_of_all(principals: Iterable[Principal]) -> Iterator[tuple[Principal, tuple[Power, ...]]]:
    """Yield each principal with its powers; principals with the same statements are evaluated once.

    Only the labels of policies in a verdict may then be those of another principal.
    """
    for principal in principals:
        yield principal, _find_shared_powers(_KeyedPrincipal(_power_key_of(principal), principal))


@dataclass(frozen=True, slots=True)
class _KeyedPrincipal:
    """A principal that is equal to every other with the same powers."""

    key: tuple[object, ...]
    principal: Principal = field(compare=False)


@lru_cache(maxsize=4096)  # kept for the next plan: an apply plans again what it has made
def _find_shared_powers(item: _KeyedPrincipal) -> tuple[Power, ...]:
    return find_powers(item.principal)


def _evaluate_iam_paths(principal: Principal, context: Context) -> Iterator[Verdict]:
    """Yield the verdict of each path of IAM actions alone; resources that a Deny excludes by name are enough."""
    for path in PATHS:
        if path.is_iam_only and not path.needs_other_path and _may_allow_path(path, principal):
            yield _evaluate_path(path, principal, context, {}, include_spared=True)


def _may_allow_path(path: EscalationPath, principal: Principal) -> bool:
    """Return whether the principal's own policies may allow every step."""
    return principal.kind == "root" or all(
        any(principal.compiled_policies.statements_for(action).may_allow for action in step.actions)
        for step in path.steps
    )


@dataclass(frozen=True, slots=True)
class _PolicySummary:
    """The part of a policy that decides about powers, to compare principals by.

    statements: the statements that cover a probe, with the actions they cover.
    keys: the keys of a request that they test.
    depends_on_self: the answer may depend on the name of the principal itself.
    may_allow, may_deny: its content is unknown, so that it may allow or deny.
    spares: it has a Deny that may leave resources of a type.
    others: the statements that count only beside such a Deny.
    """

    statements: frozenset[object] = frozenset()
    keys: frozenset[str] = frozenset()
    depends_on_self: bool = False
    may_allow: bool = False
    may_deny: bool = False
    spares: bool = False
    others: frozenset[object] = frozenset()


_ACTIONS = frozenset(action.lower() for path in PATHS for step in path.steps for action in step.actions)
_ANY_ACTION = min(_ACTIONS)
_SELF_ACTIONS = frozenset(
    action.lower() for path in PATHS if path.allows_self for step in path.steps for action in step.actions
)


def _power_key_of(principal: Principal) -> tuple[object, ...]:
    """Return a key that is equal for principals with the same powers."""
    identity = (principal.kind, principal.partition, principal.account)
    sides = [
        None if side is None else _merge_summaries([_summarize_policy(item, *identity[1:]) for item in side.documents])
        for side in (principal.compiled_policies, principal.compiled_boundary, principal.compiled_session)
    ]
    present = [side for side in sides if side is not None]
    others = tuple(side.others for side in present) if any(side.spares for side in present) else ()
    keys = frozenset[str]().union(*(side.keys for side in present))
    answers = frozenset((key, principal.request_context.find(key)) for key in keys)
    labels = tuple(source.label for source in principal.policies)
    itself = (
        (principal.arn, principal.role_arn, principal.groups, labels)
        if any(side.depends_on_self for side in present)
        else ()
    )
    return (*identity, *(_comparable_part_of(side) for side in sides), others, answers, itself)


def _comparable_part_of(side: _PolicySummary | None) -> object:
    """Return a side without the statements that count only beside a Deny that spares resources."""
    return side and (side.statements, side.keys, side.depends_on_self, side.may_allow, side.may_deny)


def _merge_summaries(parts: Sequence[_PolicySummary]) -> _PolicySummary:
    return _PolicySummary(
        frozenset[object]().union(*(part.statements for part in parts)),
        frozenset[str]().union(*(part.keys for part in parts)),
        any(part.depends_on_self for part in parts),
        any(part.may_allow for part in parts),
        any(part.may_deny for part in parts),
        any(part.spares for part in parts),
        frozenset[object]().union(*(part.others for part in parts)),
    )


@lru_cache(maxsize=16384)
def _summarize_policy(document: CompiledDocument, partition: str, account: str) -> _PolicySummary:
    """Return the summary of a policy; statements that cover no probe go into `others`."""
    probes = make_probes(partition, account)
    covered: dict[CompiledStatement, list[str]] = {}
    for action in _ACTIONS:
        for item in document.statements_for(action).statements:
            covered.setdefault(item, []).append(action)
    relevant: dict[CompiledStatement, frozenset[str]] = {}
    depends_on_self = False
    for item, actions in covered.items():
        by_name = not _SELF_ACTIONS.isdisjoint(actions) and item.resources.resolve_patterns(NOTHING_KNOWN) != ()
        if by_name or any(item.resources.matches(arn, NOTHING_KNOWN).value is not False for arn in probes):
            relevant[item] = frozenset(actions)
        depends_on_self = depends_on_self or by_name
    part = document.statements_for(_ANY_ACTION)
    others = {item: frozenset(actions) for item, actions in covered.items() if item not in relevant}
    return _PolicySummary(
        frozenset((item.equivalence_key, actions) for item, actions in relevant.items()),
        frozenset[str]().union(*(item.keys for item in covered)),
        depends_on_self,
        bool(part.unknown_allows),
        bool(part.unknown_denies),
        any(map(may_spare, covered)),
        frozenset((item.equivalence_key, actions) for item, actions in others.items()),
    )


def _evaluate_path(
    path: EscalationPath,
    principal: Principal,
    context: Context,
    targets: Mapping[str, tuple[str, ...]],
    *,
    include_spared: bool = False,
) -> Verdict:
    """Return the verdict of one path, of which every step must be allowed.

    Each step is tried on a probe, then on the principal itself and on the targets.

    include_spared: True if resources that a Deny excludes by name are enough for every step.
    """
    steps = []
    for step in _accept_spared(path.steps) if include_spared else path.steps:
        verdict = _evaluate_step(step, path.allows_self, principal, context, targets.get(step.resource_type, ()))
        if verdict.denied:
            return verdict
        steps.append(verdict)
    return require_all(steps)


@cache
def _accept_spared(steps: tuple[PathStep, ...]) -> tuple[PathStep, ...]:
    return tuple(replace(step, accepts_spared=True) for step in steps)


def _evaluate_step(
    step: PathStep, allows_self: bool, principal: Principal, context: Context, targets: tuple[str, ...]
) -> Verdict:
    def evaluate_resources() -> Iterator[Verdict]:
        resources = (*(_own_resources_of(principal, step.resource_type) if allows_self else ()), *targets)
        for action in step.actions:
            if step.resource_type != "self":
                yield evaluate_resource_type(
                    principal, action, step.resource_type, context, include_spared=step.accepts_spared
                )
            for resource in resources:
                yield evaluate(principal, action, resource, context)

    return best_of(evaluate_resources())


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
