"""Find ways to administrator power over one administrator that a policy names: its trust, its keys, its policies.

`powers.py` finds rights over all users, roles or groups. A right over one of them leads to administrator power only if
that one is an administrator, so this module needs the administrators of the account. It skips rights over a whole type:
for those `escalation_paths.py` lists the other actions that they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.escalation_paths import PATHS, SINGLE_TARGET_STEPS, EscalationPath, Grade, PathStep
from reconciler.access.powers import UNSEEN_POLICIES, Power, find_powers
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.probes import PROBE_ACTION, evaluate_resource_type
from reconciler.access.templates import MANY, ONE
from reconciler.access.verdicts import Verdict, require_all


class AdminTargets:
    """The administrators of an account, and the groups and policies that make them administrators.

    names: maps type (user, role, group, policy) and ARN to the name to show.
    """

    def __init__(self, names: Mapping[str, Mapping[str, str]]) -> None:
        self.names = names
        self._covered: dict[tuple[str, CompiledStatement], tuple[str, ...]] = {}

    def __bool__(self) -> bool:
        return any(self.names.values())

    def exclude(self, others: AdminTargets) -> AdminTargets:
        """Return the targets that are not among the others."""
        return AdminTargets(
            {
                kind: {arn: name for arn, name in names.items() if arn not in others.names[kind]}
                for kind, names in self.names.items()
            }
        )

    def find_covered(self, statement: CompiledStatement, kind: str, context: Context) -> tuple[str, ...]:
        """Return the ARNs of a type that the resources of a statement may match; cached if it has no variables."""
        if statement.resources.variables:
            return self._match_targets(statement, kind, context)
        arns = self._covered.get((kind, statement))
        if arns is None:
            arns = self._covered[kind, statement] = self._match_targets(statement, kind, context)
        return arns

    def _match_targets(self, statement: CompiledStatement, kind: str, context: Context) -> tuple[str, ...]:
        names, resources = self.names.get(kind, {}), statement.resources
        texts = resources.resolve_patterns(context)
        if texts and not resources.negated and not any(MANY in text or ONE in text for text in texts):
            return tuple(text for text in texts if text in names)
        return tuple(arn for arn in names if resources.matches(arn, context).value is not False)


_MAX_LISTED = 5
_PASS_ROLE_PATHS = tuple(path for path in PATHS if path.steps[0].actions == ("iam:PassRole",))


def is_administrator(principal: Principal) -> bool:
    """Return whether the principal's policies make it an administrator, perhaps under conditions.

    Policies whose content is unknown do not count.
    """
    part = principal.compiled_policies.statements_for(f"iam:{PROBE_ACTION}")
    return bool(part.allows) and any(
        power.name != UNSEEN_POLICIES for power in find_powers(principal, grades=(Grade.ADMINISTRATOR,))
    )


def has_named_rights(principal: Principal) -> bool:
    """Return whether the principal may have a right over single entities that helps if one is an administrator."""
    return any(_relevant_allows_of(principal, step) for step in (*SINGLE_TARGET_STEPS, *_list_pass_role_steps()))


def find_powers_over(principal: Principal, targets: AdminTargets) -> Iterator[Power]:
    """Yield a Power for each right over each administrator; more than five targets become one Power with a count."""
    for step in SINGLE_TARGET_STEPS:
        (action,) = step.actions
        yield from _summarize_powers(action, _find_allowed_targets(principal, step, targets))
    over_roles = [
        target for step in _list_pass_role_steps() for target in _find_allowed_targets(principal, step, targets)
    ]
    for path in _PASS_ROLE_PATHS if over_roles else ():
        other_verdict = _evaluate_other_steps(principal, path)
        if not other_verdict.denied:
            yield from _summarize_powers(
                path.name, [(name, require_all([verdict, other_verdict])) for name, verdict in over_roles]
            )


def _list_pass_role_steps() -> tuple[PathStep, ...]:
    return tuple({path.steps[0] for path in _PASS_ROLE_PATHS})


def _evaluate_other_steps(principal: Principal, path: EscalationPath) -> Verdict:
    """Return the verdict on the actions that a path needs beside iam:PassRole, on resources that nobody named."""
    step_verdicts = []
    for step in path.steps[1:]:
        verdicts = [
            evaluate_resource_type(principal, item, step.resource_type, NOTHING_KNOWN, include_spared=False)
            for item in step.actions
        ]
        step_verdicts.append(next((item for item in verdicts if not item.denied), verdicts[0]))
    return require_all(step_verdicts)


def _summarize_powers(name: str, target_verdicts: Iterable[tuple[str, Verdict]]) -> Iterator[Power]:
    listed = sorted(target_verdicts, key=lambda item: item[0])
    if len(listed) > _MAX_LISTED:
        verdict = next((verdict for _, verdict in listed if verdict.allowed), listed[0][1])
        yield Power(f"{name} on {len(listed)} administrators", Grade.ESCALATION, verdict)
        return
    for target, verdict in listed:
        yield Power(f"{name} on {target}", Grade.ESCALATION, verdict)


def _find_allowed_targets(principal: Principal, step: PathStep, targets: AdminTargets) -> Iterator[tuple[str, Verdict]]:
    """Yield the targets on which the principal may do a step, except itself, each with its verdict."""
    (action,) = step.actions
    arns = dict.fromkeys(
        arn
        for item in _relevant_allows_of(principal, step)
        for arn in targets.find_covered(item, step.resource_type, principal.request_context)
    )
    if not arns or _covers_whole_type(principal, step):
        return
    itself = principal.role_arn or principal.arn
    for arn in arns:
        verdict = evaluate(principal, action, arn)
        unread = verdict.keys and all(key.startswith("policy:") for key in verdict.keys)
        if arn != itself and not verdict.denied and not unread:
            yield targets.names[step.resource_type][arn], verdict


def _relevant_allows_of(principal: Principal, step: PathStep) -> tuple[CompiledStatement, ...]:
    """Return the Allows of an action; none if all of them cover everything and nothing limits them."""
    (action,) = step.actions
    part = principal.compiled_policies.statements_for(action)
    limited = principal.compiled_boundary is not None or principal.compiled_session is not None
    if (
        part.denies
        or limited
        or any(item.resources.resolve_patterns(principal.request_context) != () for item in part.allows)
    ):
        return part.allows
    return ()


def _covers_whole_type(principal: Principal, step: PathStep) -> bool:
    (action,) = step.actions
    return not evaluate_resource_type(principal, action, step.resource_type, NOTHING_KNOWN, include_spared=False).denied
