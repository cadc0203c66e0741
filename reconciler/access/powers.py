"""Which administrator-like power does a principal have: `*`, `iam:*`, or a known path to it, each by its name.

A path counts if its actions are allowed on things that no statement can have meant by name (`unnamed.py`), so that
wildcards and NotAction cover, and boundaries and conditions subtract. A Deny subtracts if it covers wholly: one that
spares something, or holds under a condition only, leaves the power. Power over a few named things is not found by this,
unless they are the principal itself or given as `targets`; `ways.py` finds that over the account's administrators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from reconciler.access.compiled_policies import CompiledDocument, CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.escalation_paths import PATHS, EscalationPath, Grade, PathStep
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.probes import best_of, evaluate_resource_type, make_probes, may_spare
from reconciler.access.verdicts import Verdict, require_all


@dataclass(frozen=True, slots=True)
class Power:
    """`name` is the path's; `verdict` allows, or depends on keys."""

    name: str
    grade: Grade
    verdict: Verdict


UNSEEN_POLICIES = "policies whose content is not known"
"""The one Power that stands for all paths that depend on nothing but the content of policies."""


def find_powers(
    principal: Principal,
    context: Context = NOTHING_KNOWN,
    targets: Mapping[str, Iterable[str]] | None = None,
    grades: Iterable[Grade] = (Grade.ADMINISTRATOR, Grade.ESCALATION),
) -> tuple[Power, ...]:
    """What the principal can make itself an administrator with.

    `targets`: sort (user, role, …) → ARNs that count as much as any. Paths that depend on unknown policies only are one
    Power, named UNSEEN.
    """
    wanted, given = frozenset(grades), {sort: tuple(arns) for sort, arns in (targets or {}).items()}
    found: list[Power] = []
    unseen: list[Verdict] = []
    for path in PATHS:
        if path.grade not in wanted or not _may_allow_path(path, principal):
            continue
        answer = _evaluate_path(path, principal, context, given)
        if path.needs_other_path and not answer.denied:
            answer = require_all([answer, best_of(_evaluate_iam_paths(principal, context))])
        if answer.denied:
            continue
        if answer.keys and all(key.startswith("policy:") for key in answer.keys):
            unseen.append(answer)
        else:
            found.append(Power(path.name, path.grade, answer))
    if unseen:
        found.append(Power(UNSEEN_POLICIES, Grade.ESCALATION, require_all(unseen)))
    return tuple(found)


def find_powers_of_all(principals: Iterable[Principal]) -> Iterator[tuple[Principal, tuple[Power, ...]]]:
    """`find_powers` of each; those to whom the same statements on powers apply are asked once for all.

    The same but for which policies are not known, and the labels of those that are.
    """
    found: dict[tuple[object, ...], tuple[Power, ...]] = {}
    for principal in principals:
        key = _power_key_of(principal)
        if key not in found:
            found[key] = find_powers(principal)
        yield principal, found[key]


def _evaluate_iam_paths(principal: Principal, context: Context) -> Iterator[Verdict]:
    """Judge each path that takes IAM's own actions alone, as if over things that a Deny spares by name."""
    for path in PATHS:
        if path.is_iam_only and not path.needs_other_path and _may_allow_path(path, principal):
            yield _evaluate_path(path, principal, context, {}, spared=True)


def _may_allow_path(path: EscalationPath, principal: Principal) -> bool:
    """False where no policy of the principal's own can allow some step."""
    return principal.kind == "root" or all(
        any(principal.compiled_policies.statements_for(action).may_allow for action in step.actions)
        for step in path.steps
    )


@dataclass(frozen=True, slots=True)
class _PolicySummary:
    """One policy's say on powers. `depends_on_self`: whether it may depend on who or what the principal itself is.

    spares: it has a Deny that may leave things of a sort. others: the statements that count only beside one of those.
    """

    statements: frozenset[object] = frozenset()
    keys: frozenset[str] = frozenset()
    depends_on_self: bool = False
    unseen: bool = False
    may_deny: bool = False
    spares: bool = False
    others: frozenset[object] = frozenset()


_ACTIONS = frozenset(action.lower() for path in PATHS for step in path.steps for action in step.actions)
_ANY_ACTION = min(_ACTIONS)
_OWN_ACTIONS = frozenset(
    action.lower() for path in PATHS if path.allows_self for step in path.steps for action in step.actions
)


def _power_key_of(principal: Principal) -> tuple[object, ...]:
    """Equal for principals that have the same powers."""
    who = (principal.kind, principal.partition, principal.account)
    sides = [
        None if side is None else _merge_summaries([_summarize_policy(item, *who[1:]) for item in side.documents])
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
    return (*who, *(_comparable_part_of(side) for side in sides), others, answers, itself)


def _comparable_part_of(side: _PolicySummary | None) -> object:
    """A side without what counts only beside a Deny that spares something."""
    return side and (side.statements, side.keys, side.depends_on_self, side.unseen, side.may_deny)


def _merge_summaries(parts: Sequence[_PolicySummary]) -> _PolicySummary:
    return _PolicySummary(
        frozenset[object]().union(*(part.statements for part in parts)),
        frozenset[str]().union(*(part.keys for part in parts)),
        any(part.depends_on_self for part in parts),
        any(part.unseen for part in parts),
        any(part.may_deny for part in parts),
        any(part.spares for part in parts),
        frozenset[object]().union(*(part.others for part in parts)),
    )


@lru_cache(maxsize=16384)
def _summarize_policy(document: CompiledDocument, partition: str, account: str) -> _PolicySummary:
    """Statements that speak of no thing that is asked about stand apart."""
    asked = make_probes(partition, account)
    spoken: dict[CompiledStatement, list[str]] = {}
    for action in _ACTIONS:
        for item in document.statements_for(action).statements:
            spoken.setdefault(item, []).append(action)
    kept: dict[CompiledStatement, frozenset[str]] = {}
    own = False
    for item, actions in spoken.items():
        by_name = not _OWN_ACTIONS.isdisjoint(actions) and item.resources.resolve_patterns(NOTHING_KNOWN) != ()
        if by_name or any(item.resources.matches(arn, NOTHING_KNOWN).value is not False for arn in asked):
            kept[item] = frozenset(actions)
        own = own or by_name
    part = document.statements_for(_ANY_ACTION)
    return _PolicySummary(
        frozenset((item.equivalence_key, actions) for item, actions in kept.items()),
        frozenset[str]().union(*(item.keys for item in spoken)),
        own,
        bool(part.unknown_allows),
        bool(part.unknown_denies),
        any(map(may_spare, spoken)),
        frozenset((item.equivalence_key, frozenset(actions)) for item, actions in spoken.items() if item not in kept),
    )


def _evaluate_path(
    path: EscalationPath,
    principal: Principal,
    context: Context,
    targets: Mapping[str, tuple[str, ...]],
    *,
    spared: bool = False,
) -> Verdict:
    """One path: each step must be allowed. All steps are tried on any thing, then on oneself and the targets.

    spared: things that a Deny spares by name are enough for every step.
    """
    steps = []
    for step in path.steps:
        step = replace(step, spared=True) if spared else step
        verdict = _evaluate_step(step, path.allows_self, principal, context, targets.get(step.resource_type, ()))
        if verdict.denied:
            return verdict
        steps.append(verdict)
    return require_all(steps)


def _evaluate_step(
    step: PathStep, own: bool, principal: Principal, context: Context, targets: tuple[str, ...]
) -> Verdict:
    def evaluate_resources() -> Iterator[Verdict]:
        named = (*(_own_resources_of(principal, step.resource_type) if own else ()), *targets)
        for action in step.actions:
            if step.resource_type != "self":
                yield evaluate_resource_type(principal, action, step.resource_type, context, spared=step.spared)
            for resource in named:
                yield evaluate(principal, action, resource, context)

    return best_of(evaluate_resources())


def _own_resources_of(principal: Principal, resource_type: str) -> tuple[str, ...]:
    """The principal itself, its groups, or the managed policies that it has."""
    if resource_type == "self":
        return (principal.role_arn or principal.arn,) if principal.is_role else ()
    if resource_type == "group":
        return principal.groups
    if resource_type == "user":
        return (principal.arn,) if principal.kind == "user" else ()
    mark = f":iam::{principal.account}:policy/"
    return tuple(source.label for source in principal.policies if resource_type == "policy" and mark in source.label)
