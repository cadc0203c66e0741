"""Compare principals by the parts of their policies that decide about powers, so that equal ones are evaluated once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reconciler.access.compiled_policies import CompiledDocument, CompiledStatement
from reconciler.access.context import NOTHING_KNOWN
from reconciler.access.escalation_paths import EscalationPath, PathStep, load_paths
from reconciler.access.principal import Principal
from reconciler.access.probes import beginning_of, make_probes, may_spare, resource_types_of
from reconciler.access.templates import MANY, ONE
from reconciler.model.account_caches import cache_for_account


@dataclass(frozen=True, slots=True)
class _PathActions:
    """The actions of all paths, in lower case, sorted (`all`) and as a set (`everything`).

    everywhere: those for which any single resource can decide: of services other than IAM and STS.
    on_self: those that count on the principal itself.
    beginnings: how the last part of the ARN of their resources begins.
    """

    all: tuple[str, ...]
    everything: frozenset[str]
    everywhere: frozenset[str]
    on_self: frozenset[str]
    beginnings: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def _list_actions() -> _PathActions:
    steps = [(path, step) for path in load_paths() for step in path.steps]
    actions = frozenset(step.action.lower() for _, step in steps)
    return _PathActions(
        tuple(sorted(actions)),
        actions,
        frozenset(step.action.lower() for _, step in steps if step.resource_type.startswith("arn:")),
        frozenset(
            step.action.lower() for path, step in steps if path.counts_on_self and step.resource_type != "everything"
        ),
        _map_beginnings(step for _, step in steps),
    )


def _map_beginnings(steps: Iterable[PathStep]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for step in steps:
        kinds = ("role",) if step.resource_type == "self" else resource_types_of(step.resource_type)
        own = tuple(map(beginning_of, kinds))
        found[step.action.lower()] = tuple({*found.get(step.action.lower(), ()), *own})
    return found


@dataclass(frozen=True, slots=True)
class AllowedActions:
    """The actions of paths, in lower case, that policies of known content may allow.

    somewhere: on something. everywhere: on all resources of their type.
    """

    somewhere: frozenset[str]
    everywhere: frozenset[str]

    def may_take(self, path: EscalationPath) -> bool:
        """Return whether every step of a broad path may be allowed."""
        return all(
            step.action.lower() in (self.somewhere if step.accepts_any or path.counts_on_self else self.everywhere)
            for step in path.steps
            if step.resource_type != "self"
        ) and self.somewhere.issuperset(step.action.lower() for step in path.steps)


@cache_for_account(maxsize=16384)
def _find_allowed_actions(document: CompiledDocument) -> AllowedActions:
    beginnings = _list_actions().beginnings
    somewhere = document.find_allowed_actions(_list_actions().everything)
    return AllowedActions(
        somewhere,
        frozenset(
            action
            for action in somewhere
            if any(_is_wide(item, beginnings[action]) for item in document.statements_for(action).allows)
        ),
    )


def allowed_actions_of(principal: Principal) -> AllowedActions:
    """Return what the policies of a principal may allow, as far as their content is known."""
    return find_allowed_actions(principal.compiled_policies.documents)


@cache_for_account(maxsize=65536)
def find_allowed_actions(documents: tuple[CompiledDocument, ...]) -> AllowedActions:
    """Return what policies may allow together, as far as their content is known."""
    found = [item for item in map(_find_allowed_actions, documents) if item.somewhere]
    if len(found) == 1:
        return found[0]
    return AllowedActions(
        frozenset[str]().union(*(item.somewhere for item in found)),
        frozenset[str]().union(*(item.everywhere for item in found)),
    )


def _is_wide(statement: CompiledStatement, beginnings: tuple[str, ...]) -> bool:
    """Return False if no resource that nobody named can match a statement.

    beginnings: how the last part of the ARNs begins; a pattern that goes on from there with a letter names something.
    """
    texts = statement.resources.resolve_patterns(NOTHING_KNOWN)
    if not texts or statement.resources.negated:
        return True
    for text in texts:
        *head, name = text.split(":", 5)
        literal = name.replace(ONE, MANY).partition(MANY)[0]
        if len(head) < 5 or any(beginning.startswith(literal) for beginning in beginnings):
            return True
    return False


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


def power_key_of(principal: Principal) -> tuple[object, ...]:
    """Return a key that is equal for principals with the same powers."""
    identity = (principal.kind, principal.partition, principal.account)
    sides = [
        None if side is None else _merge_summaries([_summarize_policy(item, *identity[1:]) for item in side.documents])
        for side in principal.policy_sets
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


def named_key_of(principal: Principal) -> tuple[object, ...]:
    """Return a key that is equal for principals with the same rights over every user, role, group and policy."""
    identity = (principal.kind, principal.partition, principal.account)
    sides = [
        None if side is None else _merge_summaries([_summarize_policy(item, *identity[1:]) for item in side.documents])
        for side in principal.policy_sets
    ]
    keys = frozenset[str]().union(*(side.keys for side in sides if side is not None))
    answers = frozenset((key, principal.request_context.find(key)) for key in keys)
    return (*identity, *(side and (_comparable_part_of(side), side.others) for side in sides), answers)


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


@cache_for_account(maxsize=16384)
def _summarize_policy(document: CompiledDocument, partition: str, account: str) -> _PolicySummary:
    """Return the summary of a policy; statements that cover no probe go into `others`."""
    actions, probes = _list_actions(), make_probes(partition, account)
    covered: dict[CompiledStatement, list[str]] = {}
    for action in actions.all:
        for item in document.statements_for(action).statements:
            covered.setdefault(item, []).append(action)
    relevant: dict[CompiledStatement, frozenset[str]] = {}
    depends_on_self = False
    for item, names in covered.items():
        by_name = not actions.on_self.isdisjoint(names) and item.resources.resolve_patterns(NOTHING_KNOWN) != ()
        if (
            by_name
            or not actions.everywhere.isdisjoint(names)
            or any(item.resources.matches(arn, NOTHING_KNOWN).value is not False for arn in probes)
        ):
            relevant[item] = frozenset(names)
        depends_on_self = depends_on_self or by_name
    part = document.statements_for(actions.all[0])
    others = {item: frozenset(names) for item, names in covered.items() if item not in relevant}
    return _PolicySummary(
        frozenset((item.equivalence_key, names) for item, names in relevant.items()),
        frozenset[str]().union(*(item.keys for item in covered)),
        depends_on_self,
        bool(part.unknown_allows),
        bool(part.unknown_denies),
        any(map(may_spare, covered)),
        frozenset((item.equivalence_key, names) for item, names in others.items()),
    )
