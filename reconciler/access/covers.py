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

from reconciler.access.compiled import CompiledDocument, CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.identity import evaluate
from reconciler.access.paths import PATHS, EscalationPath, Grade, Step
from reconciler.access.principal import Principal
from reconciler.access.unnamed import best_of, may_spare, over_sort, probes
from reconciler.access.values import Verdict, conjunction


@dataclass(frozen=True, slots=True)
class Power:
    """`name` is the path's; `verdict` allows, or depends on keys."""

    name: str
    grade: Grade
    verdict: Verdict


UNSEEN = "policies whose content is not known"
"""The one Power that stands for all paths that depend on nothing but the content of policies."""


def powers(
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
        if path.grade not in wanted or not _spoken_of(path, principal):
            continue
        answer = _walked(path, principal, context, given)
        if path.remains and not answer.denied:
            answer = conjunction([answer, best_of(_left_of_iam(principal, context))])
        if answer.denied:
            continue
        if answer.keys and all(key.startswith("policy:") for key in answer.keys):
            unseen.append(answer)
        else:
            found.append(Power(path.name, path.grade, answer))
    if unseen:
        found.append(Power(UNSEEN, Grade.ESCALATION, conjunction(unseen)))
    return tuple(found)


def powers_of(principals: Iterable[Principal]) -> Iterator[tuple[Principal, tuple[Power, ...]]]:
    """`powers` of each; those to whom the same statements on powers apply are asked once for all.

    The same but for which policies are not known, and the labels of those that are.
    """
    found: dict[tuple[object, ...], tuple[Power, ...]] = {}
    for principal in principals:
        key = _standing(principal)
        if key not in found:
            found[key] = powers(principal)
        yield principal, found[key]


def _left_of_iam(principal: Principal, context: Context) -> Iterator[Verdict]:
    """Judge each path that takes IAM's own actions alone, as if over things that a Deny spares by name."""
    for path in PATHS:
        if path.of_iam and not path.remains and _spoken_of(path, principal):
            yield _walked(path, principal, context, {}, spared=True)


def _spoken_of(path: EscalationPath, principal: Principal) -> bool:
    """False where no policy of the principal's own can allow some step."""
    return principal.kind == "root" or all(
        any(principal.identity.slice(action).may_allow for action in step.actions) for step in path.steps
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """One policy's say on powers. `own`: whether it may depend on who or what the principal itself is.

    spares: it has a Deny that may leave things of a sort. others: the statements that count only beside one of those.
    """

    statements: frozenset[object] = frozenset()
    keys: frozenset[str] = frozenset()
    own: bool = False
    unseen: bool = False
    may_deny: bool = False
    spares: bool = False
    others: frozenset[object] = frozenset()


_ACTIONS = frozenset(action.lower() for path in PATHS for step in path.steps for action in step.actions)
_ANY_ACTION = min(_ACTIONS)
_OWN_ACTIONS = frozenset(action.lower() for path in PATHS if path.own for step in path.steps for action in step.actions)


def _standing(principal: Principal) -> tuple[object, ...]:
    """Equal for principals that have the same powers."""
    who = (principal.kind, principal.partition, principal.account)
    sides = [
        None if side is None else _joined([_said(item, *who[1:]) for item in side.documents])
        for side in (principal.identity, principal.limit, principal.session_limit)
    ]
    present = [side for side in sides if side is not None]
    others = tuple(side.others for side in present) if any(side.spares for side in present) else ()
    keys = frozenset[str]().union(*(side.keys for side in present))
    answers = frozenset((key, principal.own.find(key)) for key in keys)
    labels = tuple(source.label for source in principal.policies)
    itself = (principal.arn, principal.role_arn, principal.groups, labels) if any(side.own for side in present) else ()
    return (*who, *(_compare_powers(side) for side in sides), others, answers, itself)


def _compare_powers(side: _Said | None) -> object:
    """A side without what counts only beside a Deny that spares something."""
    return side and (side.statements, side.keys, side.own, side.unseen, side.may_deny)


def _joined(parts: Sequence[_Said]) -> _Said:
    return _Said(
        frozenset[object]().union(*(part.statements for part in parts)),
        frozenset[str]().union(*(part.keys for part in parts)),
        any(part.own for part in parts),
        any(part.unseen for part in parts),
        any(part.may_deny for part in parts),
        any(part.spares for part in parts),
        frozenset[object]().union(*(part.others for part in parts)),
    )


@lru_cache(maxsize=16384)
def _said(document: CompiledDocument, partition: str, account: str) -> _Said:
    """Statements that speak of no thing that is asked about stand apart."""
    asked = probes(partition, account)
    spoken: dict[CompiledStatement, list[str]] = {}
    for action in _ACTIONS:
        for item in document.slice(action).statements:
            spoken.setdefault(item, []).append(action)
    kept: dict[CompiledStatement, frozenset[str]] = {}
    own = False
    for item, actions in spoken.items():
        by_name = not _OWN_ACTIONS.isdisjoint(actions) and item.resources.telling(NOTHING_KNOWN) != ()
        if by_name or any(item.resources.matches(arn, NOTHING_KNOWN).value is not False for arn in asked):
            kept[item] = frozenset(actions)
        own = own or by_name
    part = document.slice(_ANY_ACTION)
    return _Said(
        frozenset((item.meaning, actions) for item, actions in kept.items()),
        frozenset[str]().union(*(item.keys for item in spoken)),
        own,
        bool(part.allow_unseen),
        bool(part.deny_unseen),
        any(map(may_spare, spoken)),
        frozenset((item.meaning, frozenset(actions)) for item, actions in spoken.items() if item not in kept),
    )


def _walked(
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
        verdict = _stepped(step, path.own, principal, context, targets.get(step.on, ()))
        if verdict.denied:
            return verdict
        steps.append(verdict)
    return conjunction(steps)


def _stepped(step: Step, own: bool, principal: Principal, context: Context, targets: tuple[str, ...]) -> Verdict:
    def answers() -> Iterator[Verdict]:
        named = (*(_own(principal, step.on) if own else ()), *targets)
        for action in step.actions:
            if step.on != "self":
                yield over_sort(principal, action, step.on, context, spared=step.spared)
            for resource in named:
                yield evaluate(principal, action, resource, context)

    return best_of(answers())


def _own(principal: Principal, on: str) -> tuple[str, ...]:
    """The principal itself, its groups, or the managed policies that it has."""
    if on == "self":
        return (principal.role_arn or principal.arn,) if principal.is_role else ()
    if on == "group":
        return principal.groups
    if on == "user":
        return (principal.arn,) if principal.kind == "user" else ()
    mark = f":iam::{principal.account}:policy/"
    return tuple(source.label for source in principal.policies if on == "policy" and mark in source.label)
